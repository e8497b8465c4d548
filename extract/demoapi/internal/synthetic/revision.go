package synthetic

import (
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// revisionSet holds what one curator suggested at once: one or more revisions of one record.
type revisionSet struct {
	base
	about     entity
	when      int
	user      *user
	revisions []*revision
}

type revision struct {
	base
	set    *revisionSet
	status uint8
}

const (
	newRevision uint8 = iota
	acceptedRevision
	rejectedRevision
	supersededRevision
)

const revisionSets = 700

var (
	revisionStatuses = []string{"NEW", "ACCEPTED", "REJECTED", "SUPERSEDED"}
	revisedFields    = []string{"description", "disease_id", "evidence_level", "name", "therapy_ids", "variant_type_ids"}
	currentValues    = []record.JSON{`null`, `"a \"synthetic\" value"`, `[1,2,3]`, `12`}
	suggestedValues  = []record.JSON{`null`, `""`, `{"ids":[4,5],"note":"α"}`, `-1.5e3`, `true`}
)

// makeRevisions draws the sets, each with its revisions.
func (l *log) makeRevisions(d *Data) {
	ids := d.ids(revisionKind)
	fill(d, &l.sets, revisionSetKind, revisionSets, func(s *revisionSet, x *dice.Dice) {
		s.when, s.about = s.i*(decade/revisionSets), l.subject(x)
		s.user = l.add(x, suggestRevisions, s.when, s.about, s).user
		for range 1 + x.N(4) {
			r := &revision{base: base{d, revisionKind, len(l.revisions.all), ids()}, set: s}
			l.drawRevision(r, x)
			l.revisions.all, s.revisions = append(l.revisions.all, r), append(s.revisions, r)
		}
	})
}

func (l *log) drawRevision(r *revision, x *dice.Dice) {
	r.status = x.Weighted(20, 60, 12, 8)
	switch r.status {
	case acceptedRevision, supersededRevision:
		l.add(x, acceptRevisions, r.set.when+day*(1+x.N(90)), r.set.about, r)
	case rejectedRevision:
		l.add(x, rejectRevisions, r.set.when+day*(1+x.N(90)), r.set.about, r)
	}
}

// Field implements record.Record.
func (s *revisionSet) Field(name string) any { return value(revisionSetFields, s, name) }

var revisionSetFields = record.NewFields(map[string]func(*revisionSet) any{
	"displayName":         func(s *revisionSet) any { return s.name() },
	"createdAt updatedAt": func(s *revisionSet) any { return moment(s.when) },
	"creationActivity":    func(s *revisionSet) any { return s.firstFrom(suggestRevisions) },
	"revisions":           func(s *revisionSet) any { return record.List(s.revisions) },
	"subject":             func(s *revisionSet) any { return s.about },
	"subjectType":         func(s *revisionSet) any { return subjectType(s.about) },
	"user":                func(s *revisionSet) any { return s.user },
})

// Field implements record.Record.
func (r *revision) Field(name string) any { return value(revisionFields, r, name) }

var revisionFields = record.NewFields(map[string]func(*revision) any{
	"fieldName":          func(r *revision) any { return dice.Of(r.dice(3), revisedFields) },
	"fieldDisplayName":   func(r *revision) any { return "Demo " + dice.Of(r.dice(3), revisedFields) },
	"status":             func(r *revision) any { return revisionStatuses[r.status] },
	"revisionSetId":      func(r *revision) any { return r.set.id },
	"subject":            func(r *revision) any { return r.set.about },
	"subjectType":        func(r *revision) any { return subjectType(r.set.about) },
	"createdAt":          func(r *revision) any { return moment(r.set.when) },
	"updatedAt":          func(r *revision) any { return moment(r.set.when + day) },
	"currentValue":       func(r *revision) any { return dice.Of(r.dice(3), currentValues) },
	"suggestedValue":     func(r *revision) any { return dice.Of(r.dice(3), suggestedValues) },
	"creationActivity":   func(r *revision) any { return r.set.firstFrom(suggestRevisions) },
	"acceptanceActivity": func(r *revision) any { return r.firstFrom(acceptRevisions) },
	"rejectionActivity":  func(r *revision) any { return r.firstFrom(rejectRevisions) },
	"resolutionActivity": func(r *revision) any {
		if a := r.firstFrom(acceptRevisions); a != nil {
			return a
		}
		return r.firstFrom(rejectRevisions)
	},
})
