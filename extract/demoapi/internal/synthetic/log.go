package synthetic

import (
	"cmp"
	"slices"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// log holds what curators did, in the order they did it, and the records that they left behind.
type log struct {
	acts        []*act
	comments    []*comment
	flags       []*flag
	revisions   []*revision
	approvals   []*approval
	sets        []*revisionSet
	suggestions []*suggestion
	tables      tables

	// Records by their subjects.
	actsOf      map[*base][]*act
	commentsOf  map[*base][]*comment
	flagsOf     map[*base][]*flag
	revisionsOf map[*base][]*revision
	approvalsOf map[*base][]*approval

	from     map[*base][]*act // acts by the record that they made or changed
	subjects [][]entity       // what curators comment on, flag and revise, by odds
}

// entry is the part that all records of the log share.
type entry struct {
	base
	about entity
	when  int
	user  *user
}

func (e *entry) subject() *base { return e.about.header() }

func (e *entry) logged() *entry { return e }

// loggedEntity is a record of the log.
type loggedEntity interface {
	entity
	logged() *entry
}

// entryFields are the fields that records of the log may have.
var entryFields = fieldsOf(map[string]func(loggedEntity) any{
	"createdAt":   func(e loggedEntity) any { return moment(e.logged().when) },
	"user":        func(e loggedEntity) any { return e.logged().user },
	"subject":     func(e loggedEntity) any { return e.logged().about },
	"subjectType": func(e loggedEntity) any { return e.logged().subject().kind.subject },
})

func newLog(d *Data) *log {
	evidence := entities(d.evidence[:evidenceCount])
	l := &log{tables: tables{}, subjects: [][]entity{evidence, evidence, evidence, entities(d.variants),
		entities(d.features[:featureCount]), entities(d.profiles), entities(d.assertions), entities(d.groups)}}
	for _, e := range d.evidence {
		l.moderate(e, e.status, evidenceCount, "")
	}
	for _, a := range d.assertions {
		l.moderate(a, a.status, len(d.assertions), "ASSERTION_")
	}
	l.recordMaking(d)
	fill(d, l.tables, &l.comments, "comment", commentFields, comments, l.drawComment)
	fill(d, l.tables, &l.flags, "flag", flagFields, flags, l.drawFlag)
	l.makeRevisions(d)
	fill(d, l.tables, &l.approvals, "approval", approvalFields, approvals, l.drawApproval)
	fill(d, l.tables, &l.suggestions, "sourceSuggestion", suggestionFields, suggestions, l.drawSuggestion)
	l.finish(d)
	return l
}

// finish puts the acts in order and makes the indexes.
func (l *log) finish(d *Data) {
	slices.SortStableFunc(l.acts, func(a, b *act) int { return cmp.Compare(a.when, b.when) })
	l.from = map[*base][]*act{}
	for i, a := range l.acts {
		a.base = base{d: d, kind: kinds["activity"], i: i, id: i + 1, own: actFields, self: a}
		if a.origin != nil {
			l.from[a.origin.header()] = append(l.from[a.origin.header()], a)
		}
	}
	l.tables["activities"] = record.List(l.acts)
	l.tables["events"] = record.List(eventsOf(l.acts))
	l.actsOf, l.commentsOf, l.flagsOf = bySubject(l.acts), bySubject(l.comments), bySubject(l.flags)
	l.revisionsOf, l.approvalsOf = bySubject(l.revisions), bySubject(l.approvals)
}

func bySubject[T interface{ subject() *base }](table []T) map[*base][]T {
	return invert(table, func(r T) []*base { return []*base{r.subject()} })()
}

func entities[T entity](table []T) []entity { return record.Map(table, func(r T) entity { return r }) }

// add logs an act by a curator drawn from x. origin may be nil.
func (l *log) add(x *dice.Dice, action string, when int, subject, origin entity) *act {
	d := subject.header().d
	a := &act{action: actions[action], origin: origin}
	a.when, a.about, a.user = min(when, decade), subject, dice.Of(x, d.users)
	if n := x.N(len(d.organizations)+20) - 20; n >= 0 {
		a.organization = d.organizations[n]
	}
	l.acts = append(l.acts, a)
	return a
}

// enter logs the act that makes a record of the log.
func (l *log) enter(x *dice.Dice, action string, e *entry, about entity) {
	e.about = about
	e.user = l.add(x, action, e.when, about, e.self).user
}

// moderate logs the submission of one of n records and, by its status, its acceptance or rejection. Records beyond n
// are spread over the same time. The prefix makes the action of a status.
func (l *log) moderate(r entity, status string, n int, prefix string) {
	x := r.header().dice(5)
	i := r.header().i
	if i >= n {
		i = 5 * (i - n) % n
	}
	when := i*(decade/n) + x.N(9000)
	l.add(x, prefix+"SUBMITTED", when, r, nil)
	if status != "SUBMITTED" {
		l.add(x, prefix+status, when+day+x.N(20000000), r, nil)
	}
}

// recordMaking logs who made features and variants: whole batches in one second, and some of it by no person.
func (l *log) recordMaking(d *Data) {
	for i, f := range d.features {
		x := f.dice(5)
		l.add(x, "FEATURE_CREATED", i/50*(decade/15), f, nil).automated = x.Chance(10)
	}
	for i, v := range d.variants {
		x := v.dice(5)
		l.add(x, "VARIANT_CREATED", i/40*(decade/110), v, nil).automated = x.Chance(10)
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

// firstOf returns the first act about the record by its action, or nil.
func (b *base) firstOf(action string) any { return first(b.d.log().actsOf[b], action) }

// firstFrom returns the first act that made or changed the record by its action, or nil.
func (b *base) firstFrom(action string) any { return first(b.d.log().from[b], action) }

func first(acts []*act, action string) any {
	for _, a := range acts {
		if a.action.name == action {
			return a
		}
	}
	return nil
}

// lastEvent returns the newest event of some actions about the record, or nil.
func (b *base) lastEvent(actions ...string) any {
	for _, a := range slices.Backward(b.d.log().actsOf[b]) {
		if slices.Contains(actions, a.action.name) {
			return event{a}
		}
	}
	return nil
}

// eventsWhere returns the events of some acts, newest first, without automated ones.
func (l *log) eventsWhere(is func(*act) bool) []event {
	var out []event
	for _, a := range slices.Backward(l.acts) {
		if !a.automated && is(a) {
			out = append(out, event{a})
		}
	}
	return out
}

func eventsOf(acts []*act) []event { return record.Map(acts, func(a *act) event { return event{a} }) }
