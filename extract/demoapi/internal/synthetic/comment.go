package synthetic

import (
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// How many comments and flags there are.
const (
	comments = 900
	flags    = 220
)

type comment struct {
	base
	about   entity
	user    *user
	when    int
	deleted bool
}

func (l *log) drawComment(c *comment, x *dice.Dice) {
	c.when = c.i * (decade / comments)
	c.about, c.deleted = l.subject(x), x.Chance(2)
	c.user = l.add(x, commented, c.when, c.about, c).user
}

// Field implements record.Record.
func (c *comment) Field(name string) any { return value(commentFields, c, name) }

var commentFields = record.NewFields(map[string]func(*comment) any{
	"title":         func(c *comment) any { return when(c.id%2 == 1, "Synthetic title") },
	"comment":       func(c *comment) any { return c.statement("a comment") },
	"parsedComment": func(c *comment) any { return segment(c.statement("a comment")) },
	"commentable":   func(c *comment) any { return c.about },
	"commenter":     func(c *comment) any { return c.user },
	"createdAt":     func(c *comment) any { return moment(c.when) },
	"creationEvent": func(c *comment) any { return c.about.header().lastEvent(commented) },
	"deleted":       func(c *comment) any { return c.deleted },
	"deletedAt":     func(c *comment) any { return when(c.deleted, moment(c.when+day)) },
	"subjectType":   func(c *comment) any { return subjectType(c.about) },
})

type flag struct {
	base
	about    entity
	user     *user
	resolver *user // nil while the flag is open
	when     int
	open     bool
}

func (l *log) drawFlag(f *flag, x *dice.Dice) {
	f.when = f.i * (decade / flags)
	f.about, f.open = l.subject(x), x.Chance(40)
	f.user = l.add(x, flagged, f.when, f.about, f).user
	if !f.open {
		f.resolver = l.add(x, resolveFlag, f.when+day*x.N(90), f.about, f).user
	}
}

// Field implements record.Record.
func (f *flag) Field(name string) any { return value(flagFields, f, name) }

var flagFields = record.NewFields(map[string]func(*flag) any{
	"flaggable":          func(f *flag) any { return f.about },
	"flaggingUser":       func(f *flag) any { return f.user },
	"resolvingUser":      func(f *flag) any { return optional(f.resolver) },
	"createdAt":          func(f *flag) any { return moment(f.when) },
	"openActivity":       func(f *flag) any { return f.firstFrom(flagged) },
	"resolutionActivity": func(f *flag) any { return f.firstFrom(resolveFlag) },
	"subjectType":        func(f *flag) any { return subjectType(f.about) },
	"state": func(f *flag) any {
		if f.open {
			return "OPEN"
		}
		return "RESOLVED"
	},
})
