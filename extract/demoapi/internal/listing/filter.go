package listing

import (
	"fmt"
	"iter"
	"slices"
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

// test reports whether a record with these values at the path stays.
type test func(c *check, values iter.Seq[any]) bool

// tests are the tests that listings.txt names.
var tests = map[string]test{
	"equal": equal, "contains": contains, "empty": empty, "positive": positive, "atLeast": atLeast, "atMost": atMost,
	"statusIs": statusIs, "organized": organized, "about": about, "associated": associated,
}

// check is a filter with its argument.
type check struct {
	want any             // the argument
	set  map[string]bool // the elements of the argument if it is a list, else the argument
	rec  record.Record
}

func newCheck(want any) *check {
	c := &check{want: want, set: map[string]bool{}}
	for _, v := range Elements(want) {
		c.set[fmt.Sprint(v)] = true
	}
	return c
}

// Elements returns the elements of a list, or a single value as a list.
func Elements(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// Check returns the test of records for an argument. An error tells what a recorded node lacks. The function must not
// run concurrently.
func (f Filter) Check(want any) func(record.Record) (bool, error) {
	c := newCheck(want)
	return func(r record.Record) (bool, error) {
		var err error
		c.rec = r
		ok := f.test(c, values(r, f.path, &err))
		return ok, err
	}
}

// ByID reports whether the filter selects records by their ids.
func (f Filter) ByID() bool { return f.path == "id" }

// Mapped returns a filter that tests changed values.
func (f Filter) Mapped(change func(any) any) Filter {
	return Filter{path: f.path, test: func(c *check, values iter.Seq[any]) bool {
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

// values returns the values at a path from a record; none for an empty path. It ends at an error, which tells what a
// recorded node lacks.
func values(rec record.Record, path string, err *error) iter.Seq[any] {
	return func(yield func(any) bool) {
		if path == "" {
			return
		}
		walk(rec, path, func(v any) bool {
			if e, failed := v.(error); failed {
				*err = e
				return false
			}
			return yield(v)
		})
	}
}

// walk yields the values at a path from a value, through lists and connections. It returns false once yield does.
func walk(v any, path string, yield func(any) bool) bool {
	switch v := v.(type) {
	case record.Unknown, nil:
		return true
	case record.Rows:
		return walkAll(v.Of, path, yield)
	case []record.Record:
		return walkAll(v, path, yield)
	case []string:
		return walkAll(v, path, yield)
	case []any:
		return walkAll(v, path, yield)
	case record.Record:
		if path != "" {
			name, rest, _ := strings.Cut(path, ".")
			return walk(v.Field(name), rest, yield)
		}
	}
	return yield(v)
}

func walkAll[T any](list []T, path string, yield func(any) bool) bool {
	for _, v := range list {
		if !walk(v, path, yield) {
			return false
		}
	}
	return true
}

// first returns the first value, or nil.
func first(values iter.Seq[any]) (out any) {
	values(func(v any) bool {
		out = v
		return false
	})
	return out
}

func equal(c *check, values iter.Seq[any]) bool {
	for v := range values {
		if c.set[text(v)] {
			return true
		}
	}
	return false
}

func contains(c *check, values iter.Seq[any]) bool {
	want := strings.ToLower(fmt.Sprint(c.want))
	for v := range values {
		if strings.Contains(strings.ToLower(text(v)), want) {
			return true
		}
	}
	return false
}

// empty keeps records without a value at the path if the argument is true, and all if it is false.
func empty(c *check, values iter.Seq[any]) bool { return first(values) == nil || c.want == false }

// positive keeps records whose count is above zero if the argument is true, else the others.
func positive(c *check, values iter.Seq[any]) bool {
	n := first(values)
	return (n != nil && n != 0) == (c.want == true)
}

func atLeast(c *check, values iter.Seq[any]) bool {
	v := first(values)
	return v != nil && text(v) >= c.want.(string)
}

func atMost(c *check, values iter.Seq[any]) bool {
	v := first(values)
	return v != nil && text(v) <= c.want.(string)
}

// statusIs takes an EvidenceStatusFilter.
func statusIs(c *check, values iter.Seq[any]) bool {
	switch c.want {
	case "ALL":
		return true
	case NonRejected:
		c.want, c.set = nil, map[string]bool{"ACCEPTED": true, "SUBMITTED": true}
	}
	return equal(c, values)
}

// organized takes an OrganizationFilter; the path leads to organizations.
func organized(c *check, values iter.Seq[any]) bool {
	want, _ := c.want.(map[string]any)
	for v := range values {
		if o, ok := v.(record.Record); ok && organizationIs(o, want) {
			return true
		}
	}
	return false
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
func about(c *check, values iter.Seq[any]) bool {
	kind := c.rec.Field("subjectType")
	id := first(values)
	if id == nil {
		id = c.rec.Field("subjectId")
	}
	return slices.ContainsFunc(Elements(c.want), func(w any) bool {
		subject, ok := w.(map[string]any)
		return ok && subject["id"] == id && subject["entityType"] == kind
	})
}

// associated takes an AssociatedEvidenceStatusFilter.
func associated(c *check, _ iter.Seq[any]) bool {
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
