package demoapi

import (
	"errors"
	"strings"
	"sync"
)

// filter keeps the records that the arguments and, at the root, the default
// filters leave. Edits of the data take place before `ids` is looked at.
func (x *exec) filter(l listing, a *asked, rs rows, base ordered) (ordered, error) {
	checks := x.checks(l, a, rs)
	if len(checks) == 0 && !rs.all {
		return base, nil
	}
	out, err := base.filter(func(r record) (bool, error) {
		for _, c := range checks {
			if ok, err := c(r); !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil || !rs.all {
		return out, err
	}
	out = x.edited(out, a)
	for _, name := range []string{"ids", "id"} {
		f := l.filters[name]
		if name == "ids" {
			f = x.byIDs(f)
		}
		if want := a.args[name]; want != nil && f.test != nil {
			if out, err = out.filter(x.check(f, want)); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// checks gives the tests of a request, `ids` left out at the root.
func (x *exec) checks(l listing, a *asked, rs rows) []func(record) (bool, error) {
	var out []func(record) (bool, error)
	for name, f := range l.filters {
		want := a.args[name]
		if rs.all && (name == "ids" || name == "id") {
			continue
		}
		if want == nil && rs.all && name == l.status {
			want = map[string]string{"status": "NON_REJECTED", "evidenceStatusFilter": "WITH_ACCEPTED_OR_SUBMITTED"}[name]
		}
		if want != nil {
			out = append(out, x.check(f, want))
		}
	}
	if rs.all && l.hidden != "" && a.args["includeAutomatedEvents"] != true {
		out = append(out, x.visible(l.hidden))
	}
	if !rs.all && l.status == "status" && a.args["includeRejected"] != true {
		out = append(out, x.check(l.filters["status"], "NON_REJECTED"))
	}
	return out
}

// check is one filter with its argument. A record from a file that lacks the
// field of a default filter passes it.
func (x *exec) check(f filter, want any) func(record) (bool, error) {
	state := newFiltering(x.d, want)
	return func(r record) (bool, error) {
		var err error
		state.rec = r
		ok := f.test(state, func(yield func(any) bool) {
			if f.path != "" {
				err = walk(x.d, r, f.path, yield)
			}
		})
		if errors.As(err, &lack{}) && (want == "NON_REJECTED" || want == "WITH_ACCEPTED_OR_SUBMITTED") {
			return true, nil
		}
		return ok, err
	}
}

// visible keeps records for which none of the paths is true. "!" turns one
// round: such a record shows where its count is above zero.
func (x *exec) visible(hidden string) func(record) (bool, error) {
	return func(r record) (bool, error) {
		for _, p := range strings.Fields(hidden) {
			v := r.get(x.d, strings.TrimPrefix(p, "!"))
			if v == true || p[0] == '!' && v == 0 {
				return false, nil
			}
		}
		return true, nil
	}
}

// keptOrders bounds the lists that are kept.
const keptOrders = 200

// orders keeps the lists that were worked out: whole tables in an order, and
// what filters left of them.
type orders struct {
	mu   sync.Mutex
	made map[string]func() (ordered, error)
}

func (o *orders) get(key string, make func() (ordered, error)) (ordered, error) {
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

// byIDs is the filter of the argument ids, with what is wrong with it.
func (x *exec) byIDs(f filter) filter {
	switch {
	case x.ignored:
		return filter{}
	case f.test == nil || x.wrongIDs == wrongIDs{}:
		return f
	}
	test := f.test
	f.test = func(state *filtering, values func(func(any) bool)) bool {
		return test(state, func(yield func(any) bool) {
			values(func(v any) bool { return yield(x.wrongIDs.asked(number(v))) })
		})
	}
	return f
}
