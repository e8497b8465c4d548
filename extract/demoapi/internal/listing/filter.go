package listing

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// Values of status arguments that leave records out by default.
const (
	NonRejected  = "NON_REJECTED"
	withEvidence = "WITH_ACCEPTED_OR_SUBMITTED"
)

// Filter is an argument that selects records, by a test of the values at a path.
type Filter struct {
	test test
	path string
}

// test reports whether a record stays. values yields the values at the path.
type test func(c *check, values func(yield func(any) bool)) bool

// check is a filter with its argument.
type check struct {
	want any             // the argument
	set  map[string]bool // the elements of the argument if it is a list, else the argument
	rec  record.Record
}

func newCheck(want any) *check {
	c := &check{want: want, set: map[string]bool{}}
	list, ok := want.([]any)
	if !ok {
		list = []any{want}
	}
	for _, v := range list {
		c.set[fmt.Sprint(v)] = true
	}
	return c
}

// Check returns the test of records for an argument. An error tells what a recorded node lacks. The function must not
// run concurrently.
func (f Filter) Check(want any) func(record.Record) (bool, error) {
	c := newCheck(want)
	return func(r record.Record) (bool, error) {
		var err error
		c.rec = r
		ok := f.test(c, func(yield func(any) bool) {
			if f.path != "" {
				err = walk(r, f.path, yield)
			}
		})
		return ok, err
	}
}

// ByID reports whether the filter selects records by their ids.
func (f Filter) ByID() bool { return f.path == "id" }

// Mapped returns a filter that tests changed values.
func (f Filter) Mapped(change func(any) any) Filter {
	return Filter{path: f.path, test: func(c *check, values func(func(any) bool)) bool {
		return f.test(c, func(yield func(any) bool) {
			values(func(v any) bool { return yield(change(v)) })
		})
	}}
}

// Visible reports whether the root lists a record, unless asked for hidden ones.
func (l Listing) Visible(r record.Record) (bool, error) {
	for p := range strings.FieldsSeq(l.Hidden) {
		v := r.Field(strings.TrimPrefix(p, "!"))
		if v == true || p[0] == '!' && v == 0 {
			return false, nil
		}
	}
	return true, nil
}

// walk yields the values at a path from a record, through lists and connections. An error tells what a recorded node
// lacks.
func walk(rec record.Record, path string, yield func(any) bool) error {
	name, rest, _ := strings.Cut(path, ".")
	var err error
	var down func(v any) bool
	down = func(v any) bool {
		switch v := v.(type) {
		case error:
			err = v
			return false
		case record.Unknown, nil:
			return true
		case record.Rows:
			return all(v.Of, down)
		case []record.Record:
			return all(v, down)
		case []string:
			return all(v, down)
		case []any:
			return all(v, down)
		case record.Record:
			if rest != "" {
				e := walk(v, rest, yield)
				err = e
				return e == nil
			}
			return yield(v)
		}
		return yield(v)
	}
	down(rec.Field(name))
	return err
}

func all[T any](list []T, down func(any) bool) bool {
	for _, e := range list {
		if !down(e) {
			return false
		}
	}
	return true
}

func equal(c *check, values func(func(any) bool)) bool {
	found := false
	values(func(v any) bool {
		found = c.set[text(v)]
		return !found
	})
	return found
}

func contains(c *check, values func(func(any) bool)) bool {
	found := false
	want := strings.ToLower(fmt.Sprint(c.want))
	values(func(v any) bool {
		found = strings.Contains(strings.ToLower(text(v)), want)
		return !found
	})
	return found
}

// empty keeps records without a value at the path if the argument is true, and all if it is false.
func empty(c *check, values func(func(any) bool)) bool {
	found := false
	values(func(any) bool { found = true; return false })
	return !found || c.want == false
}

// positive keeps records whose count is above zero if the argument is true.
func positive(c *check, values func(func(any) bool)) bool {
	found := false
	values(func(v any) bool { found = v != 0; return false })
	return found == (c.want == true)
}

func atLeast(c *check, values func(func(any) bool)) bool {
	found := false
	values(func(v any) bool { found = text(v) >= c.want.(string); return false })
	return found
}

func atMost(c *check, values func(func(any) bool)) bool {
	found := false
	values(func(v any) bool { found = text(v) <= c.want.(string); return false })
	return found
}

// statusIs takes an EvidenceStatusFilter.
func statusIs(c *check, values func(func(any) bool)) bool {
	switch c.want {
	case "ALL":
		return true
	case NonRejected:
		c.want, c.set = nil, map[string]bool{"ACCEPTED": true, "SUBMITTED": true}
	}
	return equal(c, values)
}

// organized takes an OrganizationFilter; the path leads to organizations.
func organized(c *check, values func(func(any) bool)) bool {
	want, _ := c.want.(map[string]any)
	found := false
	values(func(v any) bool {
		o, ok := v.(record.Record)
		found = ok && organizationIs(o, want)
		return !found
	})
	return found
}

func organizationIs(o record.Record, want map[string]any) bool {
	name, ok := want["name"].(string)
	if ok && !strings.Contains(strings.ToLower(text(o.Field("name"))), strings.ToLower(name)) {
		return false
	}
	if list, ok := want["ids"].([]any); ok {
		return newCheck(list).set[text(o.Field("id"))]
	}
	return true
}

// about takes an id with an entity type, or a list of those.
func about(c *check, values func(func(any) bool)) bool {
	list, ok := c.want.([]any)
	if !ok {
		list = []any{c.want}
	}
	kind := c.rec.Field("subjectType")
	id := c.rec.Field("subjectId")
	values(func(v any) bool { id = v; return false })
	for _, w := range list {
		if w, ok := w.(map[string]any); ok && w["id"] == id && w["entityType"] == kind {
			return true
		}
	}
	return false
}

// associated takes an AssociatedEvidenceStatusFilter.
func associated(c *check, _ func(func(any) bool)) bool {
	r, ok := c.rec.(evidenced)
	if !ok {
		return true // a recorded node
	}
	hasAccepted, hasSubmitted := r.EvidenceStatus()
	switch c.want {
	case "WITH_ACCEPTED":
		return hasAccepted
	case "WITH_SUBMITTED":
		return hasSubmitted
	case withEvidence:
		return hasAccepted || hasSubmitted
	}
	return true
}

// evidenced is a record that evidence is about.
type evidenced interface {
	EvidenceStatus() (accepted, submitted bool)
}

// text is the form of a value that filters compare.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprint(v)
}
