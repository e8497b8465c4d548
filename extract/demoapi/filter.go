package demoapi

import (
	"fmt"
	"strings"
)

// filter is one argument that chooses records: a test of the values at a path.
type filter struct {
	test test
	path string
}

// test tells whether a record stays: values yields what stands at the path.
type test func(f *filtering, values func(yield func(any) bool)) bool

// filtering is one filter of one request.
type filtering struct {
	d    *data
	want any             // the argument
	set  map[string]bool // the argument's elements if it is a list, or itself
	rec  record
}

func newFiltering(d *data, want any) *filtering {
	f := &filtering{d: d, want: want, set: map[string]bool{}}
	list, ok := want.([]any)
	if !ok {
		list = []any{want}
	}
	for _, v := range list {
		f.set[fmt.Sprint(v)] = true
	}
	return f
}

// walk yields the values at a path from a record, through lists and
// connections. Its error says what a recorded record lacks.
func walk(d *data, rec record, path string, yield func(any) bool) error {
	name, rest, _ := strings.Cut(path, ".")
	var err error
	var down func(v any) bool
	down = func(v any) bool {
		switch v := v.(type) {
		case error:
			err = v
			return false
		case unset, nil:
			return true
		case rows:
			return all(v.of, down)
		case []record:
			return all(v, down)
		case []string:
			return all(v, down)
		case []any:
			return all(v, down)
		case record:
			if rest != "" {
				e := walk(d, v, rest, yield)
				err = e
				return e == nil
			}
			return yield(v)
		}
		return yield(v)
	}
	down(rec.get(d, name))
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

func equal(f *filtering, values func(func(any) bool)) bool {
	found := false
	values(func(v any) bool {
		found = f.set[text(v)]
		return !found
	})
	return found
}

func contains(f *filtering, values func(func(any) bool)) bool {
	found := false
	want := strings.ToLower(fmt.Sprint(f.want))
	values(func(v any) bool {
		found = strings.Contains(strings.ToLower(text(v)), want)
		return !found
	})
	return found
}

// empty keeps records with no value at the path if the argument is true, and
// all if it is false.
func empty(f *filtering, values func(func(any) bool)) bool {
	found := false
	values(func(any) bool { found = true; return false })
	return !found || f.want == false
}

// positive keeps records whose count is above zero if the argument is true.
func positive(f *filtering, values func(func(any) bool)) bool {
	found := false
	values(func(v any) bool { found = v != 0; return false })
	return found == (f.want == true)
}

func atLeast(f *filtering, values func(func(any) bool)) bool {
	found := false
	values(func(v any) bool { found = text(v) >= f.want.(string); return false })
	return found
}

func atMost(f *filtering, values func(func(any) bool)) bool {
	found := false
	values(func(v any) bool { found = text(v) <= f.want.(string); return false })
	return found
}

// statusIs takes an EvidenceStatusFilter.
func statusIs(f *filtering, values func(func(any) bool)) bool {
	switch f.want {
	case "ALL":
		return true
	case "NON_REJECTED":
		f.want, f.set = nil, map[string]bool{"ACCEPTED": true, "SUBMITTED": true}
	}
	return equal(f, values)
}

// organized takes an OrganizationFilter; the path leads to organizations.
func organized(f *filtering, values func(func(any) bool)) bool {
	want, _ := f.want.(map[string]any)
	found := false
	values(func(v any) bool {
		o, ok := v.(*organization)
		found = ok && organizationIs(o, want)
		return !found
	})
	return found
}

func organizationIs(o *organization, want map[string]any) bool {
	if name, ok := want["name"].(string); ok && !strings.Contains(strings.ToLower(o.name()), strings.ToLower(name)) {
		return false
	}
	if list, ok := want["ids"].([]any); ok {
		return newFiltering(nil, list).set[fmt.Sprint(o.id)]
	}
	return true
}

// about takes an id with an entity type, or a list of those.
func about(f *filtering, values func(func(any) bool)) bool {
	list, ok := f.want.([]any)
	if !ok {
		list = []any{f.want}
	}
	kind := f.rec.get(f.d, "subjectType")
	id := f.rec.get(f.d, "subjectId")
	values(func(v any) bool { id = v; return false })
	for _, w := range list {
		if w, ok := w.(map[string]any); ok && w["id"] == id && w["entityType"] == kind {
			return true
		}
	}
	return false
}

// associated takes an AssociatedEvidenceStatusFilter.
func associated(f *filtering, _ func(func(any) bool)) bool {
	hasAccepted, hasSubmitted := f.d.evidenceStatus(f.rec)
	switch f.want {
	case "WITH_ACCEPTED":
		return hasAccepted
	case "WITH_SUBMITTED":
		return hasSubmitted
	case "WITH_ACCEPTED_OR_SUBMITTED":
		return hasAccepted || hasSubmitted
	}
	return true
}

// evidenceStatus tells whether a profile or feature has accepted and submitted
// evidence. Records from files were chosen by who recorded them.
func (d *data) evidenceStatus(rec record) (hasAccepted, hasSubmitted bool) {
	var profiles []int32
	switch r := rec.(type) {
	case *profile:
		profiles = []int32{r.i}
	case *feature:
		for _, v := range d.variantsOf.feature()[r.i] {
			profiles = append(profiles, d.profilesOf.variant()[v]...)
		}
	default:
		return true, true
	}
	for _, p := range profiles {
		for _, e := range d.evidenceOf.profile()[p] {
			hasAccepted = hasAccepted || d.evidence[e].status == accepted
			hasSubmitted = hasSubmitted || d.evidence[e].status == submitted
		}
	}
	return hasAccepted, hasSubmitted
}

// text is a value as filters compare it.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprint(v)
}
