package execute

import (
	"errors"
	"sync"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/listing"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/recorded"
)

// filter keeps the records that the arguments and, at the root, the default filters leave. The data are edited before
// `ids` is applied.
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
	if err != nil || !rs.Whole {
		return out, err
	}
	out = x.edited(out, a)
	for _, name := range []string{"ids", "id"} {
		f, ok := l.Filters[name]
		if want := a.args[name]; want != nil && ok && !(name == "ids" && x.ignored) {
			if out, err = out.Filter(x.byIDs(name, f).Check(want)); err != nil {
				return out, err
			}
		}
	}
	return out, nil
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

// byIDs is the filter of the arguments ids and id, ids with its faults.
func (x *execution) byIDs(name string, f listing.Filter) listing.Filter {
	if name != "ids" || x.wrongIDs == (wrongIDs{}) {
		return f
	}
	return f.Mapped(func(v any) any { return x.wrongIDs.asked(listing.Number(v)) })
}

// keptOrders bounds the lists that are kept.
const keptOrders = 200

// orders keeps lists that pages share: whole tables in an order, and their filtered forms.
type orders struct {
	mu   sync.Mutex
	made map[string]func() (listing.Ordered, error)
}

func (o *orders) once(key string, make func() (listing.Ordered, error)) (listing.Ordered, error) {
	o.mu.Lock()
	f := o.made[key]
	if f == nil {
		if len(o.made) >= keptOrders {
			clear(o.made)
		}
		f = sync.OnceValues(make)
		o.made[key] = f
	}
	o.mu.Unlock()
	return f()
}
