package synthetic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// base is the part that all records of the data set share.
type base struct {
	d          *Data
	kind       *kind
	i          int // place in its table
	id         int
	named      string // name, if the kind has no format of it
	deprecated bool
	own        fields
	self       entity // the whole record
}

// entity is a record with a base, whose address is its identity.
type entity interface {
	record.Record
	header() *base
}

func (b *base) header() *base { return b }

// TypeName is the object type of the record's kind.
func (b *base) TypeName(string) string { return b.kind.object }

func (b *base) name() string { return b.format(b.kind.name, b.named) }

// format returns a text with the id, or another text if there is no format.
func (b *base) format(format, other string) string {
	if format == "" {
		return other
	}
	return fmt.Sprintf(format, b.id)
}

func (b *base) dice(salt uint64) *dice.Dice { return dice.New(b.d.seed, b.kind.number, b.id, salt) }

// Field generates a field: by the type's own generator, else as all records have it.
func (b *base) Field(name string) any {
	if generate := b.own[name]; generate != nil {
		return generate(b.self)
	}
	if generate := sharedFields[name]; generate != nil {
		if v := generate(b); v != "" {
			return v
		}
	} else if generate := curatedFields[name]; generate != nil && b.kind.subject != "" {
		return generate(b)
	}
	return record.Unknown{}
}

// fields are the generators of a type's fields, by name.
type fields map[string]func(entity) any

// fieldsOf makes fields, and adds inherited ones. Names with the same generator stand in one key, separated by spaces.
func fieldsOf[T entity](generators map[string]func(T) any, inherited ...fields) fields {
	out := fields{}
	for _, f := range inherited {
		for name, generate := range f {
			out[name] = generate
		}
	}
	for names, generate := range generators {
		for name := range strings.FieldsSeq(names) {
			out[name] = func(r entity) any { return generate(r.(T)) }
		}
	}
	return out
}

// sharedFields are the fields that all records may have. An empty text means that the kind lacks the field.
var sharedFields = record.NewFields(map[string]func(*base) any{
	"id":                func(b *base) any { return b.id },
	"name":              func(b *base) any { return b.name() },
	"link":              func(b *base) any { return b.format(b.kind.link, "") },
	"url therapyUrl":    func(b *base) any { return b.format(b.kind.url, "") },
	"assertionCount":    func(b *base) any { return len(b.d.assertionsOf()[b]) },
	"deprecated":        func(b *base) any { return b.deprecated },
	"deprecationReason": func(b *base) any { return when(b.deprecated, "DUPLICATE") },
	"evidenceCount evidenceItemCount variantCount molecularProfileCount": func(b *base) any {
		return len(b.d.evidenceOf()[b])
	},
	"featureAliases variantAliases diseaseAliases therapyAliases": func(b *base) any {
		return aliases(b.dice(3), b.named)
	},
})

// curatedFields are what curators said about a record and did to it.
var curatedFields = record.NewFields(map[string]func(*base) any{
	"comments":  func(b *base) any { return record.RowsOf(b.d.log().commentsOf[b]) },
	"flags":     func(b *base) any { return record.RowsOf(b.d.log().flagsOf[b]) },
	"revisions": func(b *base) any { return record.RowsOf(b.d.log().revisionsOf[b]) },
	"events": func(b *base) any {
		events := eventsOf(b.d.log().actsOf[b])
		slices.Reverse(events)
		return record.RowsOf(events)
	},
	"flagged": func(b *base) any {
		return slices.ContainsFunc(b.d.log().flagsOf[b], func(f *flag) bool { return f.open })
	},
	"openRevisionCount": func(b *base) any {
		return count(b.d.log().revisionsOf[b], func(r *revision) bool { return r.status == "NEW" })
	},
	"lastCommentEvent":           func(b *base) any { return b.lastEvent("COMMENTED") },
	"lastSubmittedRevisionEvent": func(b *base) any { return b.lastEvent("REVISION_SUGGESTED") },
	"lastAcceptedRevisionEvent":  func(b *base) any { return b.lastEvent("REVISION_ACCEPTED") },
	"submissionEvent":            func(b *base) any { return b.lastEvent("SUBMITTED", "ASSERTION_SUBMITTED") },
	"acceptanceEvent":            func(b *base) any { return b.lastEvent("ACCEPTED", "ASSERTION_ACCEPTED") },
	"rejectionEvent":             func(b *base) any { return b.lastEvent("REJECTED", "ASSERTION_REJECTED") },
})

// when returns v under a condition, else null.
func when(is bool, v any) any {
	if is {
		return v
	}
	return nil
}

// optional returns a record, or null for a nil pointer.
func optional[T any](r *T) any {
	if r == nil {
		return nil
	}
	return r
}

func count[T any](list []T, is func(T) bool) int {
	n := 0
	for _, v := range list {
		if is(v) {
			n++
		}
	}
	return n
}

// total sums a number of each element.
func total[T any](list []T, number func(T) int) int {
	n := 0
	for _, v := range list {
		n += number(v)
	}
	return n
}
