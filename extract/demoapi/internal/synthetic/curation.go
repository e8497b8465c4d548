package synthetic

import (
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// revisionSet holds what one curator suggested at once: one or more revisions of one record.
type revisionSet struct {
	entry
	revisions []*revision
}

type revision struct {
	entry  // its subject and time are those of the set
	set    *revisionSet
	status string
}

const revisionSets = 700

// makeRevisions draws the sets, each with its revisions.
func (l *log) makeRevisions(d *Data) {
	k := kinds["revision"]
	nextID := d.ids(k)
	fill(d, l.tables, &l.sets, "revisionSet", revisionSetFields, revisionSets, func(s *revisionSet, x *dice.Dice) {
		s.when = s.i * (decade / revisionSets)
		l.enter(x, "REVISION_SUGGESTED", &s.entry, l.subject(x))
		for range 1 + x.N(4) {
			r := &revision{set: s, entry: s.entry}
			r.base = base{d: d, kind: k, i: len(l.revisions), id: nextID(), own: revisionFields, self: r}
			l.drawRevision(r, x)
			l.revisions, s.revisions = append(l.revisions, r), append(s.revisions, r)
		}
	})
	l.tables[k.table] = record.List(l.revisions)
}

func (l *log) drawRevision(r *revision, x *dice.Dice) {
	r.status = word(x, "revision status")
	switch r.status {
	case "ACCEPTED", "SUPERSEDED":
		l.add(x, "REVISION_ACCEPTED", r.when+day*(1+x.N(90)), r.about, r)
	case "REJECTED":
		l.add(x, "REVISION_REJECTED", r.when+day*(1+x.N(90)), r.about, r)
	}
}

var revisionSetFields = fieldsOf(map[string]func(*revisionSet) any{
	"displayName":      func(s *revisionSet) any { return s.name() },
	"updatedAt":        func(s *revisionSet) any { return moment(s.when) },
	"creationActivity": func(s *revisionSet) any { return s.firstFrom("REVISION_SUGGESTED") },
	"revisions":        func(s *revisionSet) any { return record.List(s.revisions) },
}, entryFields)

var revisionFields = fieldsOf(map[string]func(*revision) any{
	"fieldName":          func(r *revision) any { return word(r.dice(3), "revised field") },
	"fieldDisplayName":   func(r *revision) any { return "Demo " + word(r.dice(3), "revised field") },
	"status":             func(r *revision) any { return r.status },
	"revisionSetId":      func(r *revision) any { return r.set.id },
	"updatedAt":          func(r *revision) any { return moment(r.when + day) },
	"currentValue":       func(r *revision) any { return record.JSON(word(r.dice(3), "current value")) },
	"suggestedValue":     func(r *revision) any { return record.JSON(word(r.dice(3), "suggested value")) },
	"creationActivity":   func(r *revision) any { return r.set.firstFrom("REVISION_SUGGESTED") },
	"acceptanceActivity": func(r *revision) any { return r.firstFrom("REVISION_ACCEPTED") },
	"rejectionActivity":  func(r *revision) any { return r.firstFrom("REVISION_REJECTED") },
	"resolutionActivity": func(r *revision) any {
		if a := r.firstFrom("REVISION_ACCEPTED"); a != nil {
			return a
		}
		return r.firstFrom("REVISION_REJECTED")
	},
}, entryFields)

// How many comments and flags there are.
const (
	comments = 900
	flags    = 220
)

type comment struct {
	entry
	deleted bool
}

func (l *log) drawComment(c *comment, x *dice.Dice) {
	c.when = c.i * (decade / comments)
	about := l.subject(x)
	c.deleted = x.Chance(2)
	l.enter(x, "COMMENTED", &c.entry, about)
}

var commentFields = fieldsOf(map[string]func(*comment) any{
	"title":         func(c *comment) any { return when(c.id%2 == 1, "Synthetic title") },
	"comment":       func(c *comment) any { return c.statement("a comment") },
	"parsedComment": func(c *comment) any { return segment(c.statement("a comment")) },
	"commentable":   func(c *comment) any { return c.about },
	"commenter":     func(c *comment) any { return c.user },
	"creationEvent": func(c *comment) any { return c.subject().lastEvent("COMMENTED") },
	"deleted":       func(c *comment) any { return c.deleted },
	"deletedAt":     func(c *comment) any { return when(c.deleted, moment(c.when+day)) },
}, entryFields)

type flag struct {
	entry
	resolver *user // nil while the flag is open
	open     bool
}

func (l *log) drawFlag(f *flag, x *dice.Dice) {
	f.when = f.i * (decade / flags)
	about := l.subject(x)
	f.open = x.Chance(40)
	l.enter(x, "FLAGGED", &f.entry, about)
	if !f.open {
		f.resolver = l.add(x, "FLAG_RESOLVED", f.when+day*x.N(90), f.about, f).user
	}
}

var flagFields = fieldsOf(map[string]func(*flag) any{
	"flaggable":          func(f *flag) any { return f.about },
	"flaggingUser":       func(f *flag) any { return f.user },
	"resolvingUser":      func(f *flag) any { return optional(f.resolver) },
	"openActivity":       func(f *flag) any { return f.firstFrom("FLAGGED") },
	"resolutionActivity": func(f *flag) any { return f.firstFrom("FLAG_RESOLVED") },
	"state": func(f *flag) any {
		if f.open {
			return "OPEN"
		}
		return "RESOLVED"
	},
}, entryFields)
