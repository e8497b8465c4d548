package synthetic

import (
	"cmp"
	"slices"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
)

// log holds what curators did, in the order they did it, and the records that they left behind.
type log struct {
	acts        entries[*act]
	comments    entries[*comment]
	flags       entries[*flag]
	revisions   entries[*revision]
	approvals   entries[*approval]
	sets        []*revisionSet
	suggestions []*suggestion
	from        map[*base][]*act // acts by the record that they made or changed
	subjects    [][]entity       // what curators comment on, flag and revise, by odds
}

// entries are the records of one type, and those about each subject.
type entries[T any] struct {
	all []T
	of  map[*base][]T
}

// index sorts the records by their subjects.
func (e *entries[T]) index(subject func(T) entity) {
	e.of = map[*base][]T{}
	for _, r := range e.all {
		of := subject(r).header()
		e.of[of] = append(e.of[of], r)
	}
}

func newLog(d *Data) *log {
	evidence := entities(d.evidence)
	l := &log{subjects: [][]entity{evidence, evidence, evidence, entities(d.variants), entities(d.features),
		entities(d.profiles), entities(d.assertions), entities(d.groups)}}
	for _, e := range d.evidence {
		l.moderate(e, e.status, len(d.evidence), submitEvidence)
	}
	for _, a := range d.assertions {
		l.moderate(a, a.status, len(d.assertions), submitAssertion)
	}
	l.recordMaking(d)
	fill(d, &l.comments.all, commentKind, comments, l.drawComment)
	fill(d, &l.flags.all, flagKind, flags, l.drawFlag)
	l.makeRevisions(d)
	fill(d, &l.approvals.all, approvalKind, approvals, l.drawApproval)
	fill(d, &l.suggestions, suggestionKind, suggestions, l.drawSuggestion)
	l.finish(d)
	return l
}

// finish puts the acts in order and makes the indexes.
func (l *log) finish(d *Data) {
	slices.SortStableFunc(l.acts.all, func(a, b *act) int { return cmp.Compare(a.when, b.when) })
	l.from = map[*base][]*act{}
	for i, a := range l.acts.all {
		a.base = base{d: d, i: i, id: i + 1}
		if a.origin != nil {
			l.from[a.origin.header()] = append(l.from[a.origin.header()], a)
		}
	}
	l.acts.index(func(a *act) entity { return a.subject })
	l.comments.index(func(c *comment) entity { return c.about })
	l.flags.index(func(f *flag) entity { return f.about })
	l.revisions.index(func(r *revision) entity { return r.set.about })
	l.approvals.index(func(a *approval) entity { return a.assertion })
}

func entities[T entity](table []T) []entity {
	out := make([]entity, len(table))
	for i, r := range table {
		out[i] = r
	}
	return out
}

// add logs an act by a curator drawn from x. origin may be nil.
func (l *log) add(x *dice.Dice, kind action, when int, subject, origin entity) *act {
	d := subject.header().d
	a := &act{kind: kind, when: min(when, decade), subject: subject, origin: origin, user: dice.Of(x, d.users)}
	if n := x.N(len(d.organizations)+20) - 20; n >= 0 {
		a.organization = d.organizations[n]
	}
	l.acts.all = append(l.acts.all, a)
	return a
}

// moderate logs the submission of one of n records and, by its status, its acceptance or rejection: the two actions
// that follow submit.
func (l *log) moderate(r entity, status uint8, n int, submit action) {
	x := r.header().dice(5)
	when := r.header().i*(decade/n) + x.N(9000)
	l.add(x, submit, when, r, nil)
	switch status {
	case accepted:
		l.add(x, submit+1, when+day+x.N(20000000), r, nil)
	case rejected:
		l.add(x, submit+2, when+day+x.N(20000000), r, nil)
	}
}

// recordMaking logs who made features and variants: whole batches in one second, and some of it by no person.
func (l *log) recordMaking(d *Data) {
	for i, f := range d.features {
		x := f.dice(5)
		l.add(x, createFeature, i/50*(decade/15), f, nil).automated = x.Chance(10)
	}
	for i, v := range d.variants {
		x := v.dice(5)
		l.add(x, createVariant, i/40*(decade/110), v, nil).automated = x.Chance(10)
	}
}

// subject draws a record that curators comment on, flag and revise.
func (l *log) subject(x *dice.Dice) entity {
	list := dice.Of(x, l.subjects)
	if x.Chance(50) {
		list = list[:min(len(list), 40)]
	}
	return dice.Of(x, list)
}

// firstOf returns the first act of a kind about the record, or nil.
func (b *base) firstOf(kind action) any { return first(b.d.log().acts.of[b], kind) }

// firstFrom returns the first act of a kind that made or changed the record, or nil.
func (b *base) firstFrom(kind action) any { return first(b.d.log().from[b], kind) }

func first(acts []*act, kind action) any {
	for _, a := range acts {
		if a.kind == kind {
			return a
		}
	}
	return nil
}

// lastEvent returns the newest event of some kinds about the record, or nil.
func (b *base) lastEvent(kinds ...action) any {
	for _, a := range slices.Backward(b.d.log().acts.of[b]) {
		if slices.Contains(kinds, a.kind) {
			return event{a}
		}
	}
	return nil
}

// eventsWhere returns the events of some acts, newest first, without automated ones.
func (l *log) eventsWhere(is func(*act) bool) []event {
	var acts []*act
	for _, a := range slices.Backward(l.acts.all) {
		if !a.automated && is(a) {
			acts = append(acts, a)
		}
	}
	return eventsOf(acts)
}

func eventsOf(acts []*act) []event {
	out := make([]event, len(acts))
	for i, a := range acts {
		out[i] = event{a}
	}
	return out
}

func backward[T any](list []T) []T {
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}
