package synthetic

import "github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"

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
