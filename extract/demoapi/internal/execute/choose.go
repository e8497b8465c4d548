package execute

import (
	"errors"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/listing"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/recorded"
)

// filter keeps the records that pass the arguments except ids and, at the root, the default filters. Edits apply last.
func (x *execution) filter(l listing.Listing, a *asked, rs record.Rows, base listing.Ordered) (listing.Ordered, error) {
	checks := x.checks(l, a, rs)
	if len(checks) == 0 && !rs.Whole {
		return base, nil
	}
	out, err := base.Filter(func(r record.Record) (bool, error) {
		for _, c := range checks {
			if ok, err := c(r); !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return out, err
	}
	if !rs.Whole {
		return x.edited(out, a, innerEditsOf(x.faults)), nil
	}
	return x.edited(out, a, x.edits), nil
}

// checks returns the tests of a request; at the root without `ids`.
func (x *execution) checks(l listing.Listing, a *asked, rs record.Rows) []func(record.Record) (bool, error) {
	var out []func(record.Record) (bool, error)
	for name, f := range l.Filters {
		want := a.args[name]
		if rs.Whole && (name == "ids" || name == "id") {
			continue
		}
		if want == nil && rs.Whole && name == l.Status {
			want = l.StatusDefault()
		}
		if want != nil {
			out = append(out, lenient(f, want))
		}
	}
	if rs.Whole && l.Hidden != "" && a.args["includeAutomatedEvents"] != true {
		out = append(out, l.Visible)
	}
	if !rs.Whole && l.Status == "status" && a.args["includeRejected"] != true {
		out = append(out, lenient(l.Filters["status"], listing.NonRejected))
	}
	return out
}

// lenient is the check of a filter. A recorded node passes a default filter whose field it lacks.
func lenient(f listing.Filter, want any) func(record.Record) (bool, error) {
	check := f.Check(want)
	if !listing.IsDefault(want) {
		return check
	}
	return func(r record.Record) (bool, error) {
		ok, err := check(r)
		if errors.As(err, &recorded.Missing{}) {
			return true, nil
		}
		return ok, err
	}
}

// selected applies the arguments ids and id of a root connection, ids with its faults.
func (x *execution) selected(l listing.Listing, a *asked, list shared) (shared, error) {
	for _, name := range []string{"ids", "id"} {
		f, ok := l.Filters[name]
		want := a.args[name]
		if want == nil || !ok || name == "ids" && x.faults.On("noids") {
			continue
		}
		if name == "ids" && (x.faults.On("otherids") || x.faults.On("someids")) {
			f = f.Mapped(func(v any) any { return x.faults.selectedID(listing.Number(v)) })
		} else if places := list.placesFor(f); places != nil {
			list = shared{Ordered: list.at(places, want)}
			continue
		}
		filtered, err := list.Filter(f.Check(want))
		if err != nil {
			return list, err
		}
		list = shared{Ordered: filtered}
	}
	return list, nil
}
