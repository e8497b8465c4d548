package demoapi

import "fmt"

// revisionSet is what one curator suggested at once: one or more revisions of
// one record.
type revisionSet struct {
	i         int32
	id        int
	about     row
	when      int
	user      int32
	revisions []int32
}

type revision struct {
	i        int32
	id       int
	set      int32
	about    row
	when     int
	status   uint8
	resolver int32
}

const (
	newRevision uint8 = iota
	acceptedRevision
	rejectedRevision
	supersededRevision
)

var revisionStatuses = []string{"NEW", "ACCEPTED", "REJECTED", "SUPERSEDED"}

var revisedFields = []string{"description", "disease_id", "evidence_level", "name", "therapy_ids", "variant_type_ids"}

func (c *curation) makeRevisions(d *data) {
	sets := ids{dice: d.throw(revisionSetKind, 0, 1), gap: 9}
	seq := ids{dice: d.throw(revisionKind, 0, 1), gap: 9}
	c.sets = make([]revisionSet, 700)
	for i := range c.sets {
		s := revisionSet{i: int32(i), id: sets.next(), when: i * (decade / 700)}
		x := d.throw(revisionSetKind, s.id, 2)
		s.about = d.someone(&x)
		s.user = c.add(&x, suggestRevisions, s.when, s.about, row{revisionSetKind, s.i}).user
		for range 1 + x.n(4) {
			s.revisions = append(s.revisions, int32(len(c.revisions)))
			c.revise(&x, &s, seq.next())
		}
		c.sets[i] = s
	}
}

func (c *curation) revise(x *dice, s *revisionSet, id int) {
	r := revision{i: int32(len(c.revisions)), id: id, set: s.i, about: s.about, when: s.when, resolver: -1}
	r.status = x.weighted(20, 60, 12, 8)
	switch r.status {
	case acceptedRevision, supersededRevision:
		r.resolver = c.add(x, acceptRevisions, r.when+86400*(1+x.n(90)), r.about, row{revisionKind, r.i}).user
	case rejectedRevision:
		r.resolver = c.add(x, rejectRevisions, r.when+86400*(1+x.n(90)), r.about, row{revisionKind, r.i}).user
	}
	c.revisions = append(c.revisions, r)
	c.revision[r.about] = append(c.revision[r.about], r.i)
}

func (s *revisionSet) get(d *data, field string) any {
	switch field {
	case "id":
		return s.id
	case "name", "displayName":
		return fmt.Sprintf("Revision set %d", s.id)
	case "link":
		return fmt.Sprintf("/revision-sets/%d", s.id)
	case "createdAt", "updatedAt":
		return moment(s.when)
	case "creationActivity":
		return d.log().firstFrom(row{revisionSetKind, s.i}, suggestRevisions)
	case "revisions":
		return pick(d.log().revisions, s.revisions)
	case "subject":
		return d.at(s.about)
	case "subjectType":
		return subjectTypes[s.about.kind]
	case "user":
		return &d.users[s.user]
	}
	return d.curated(row{revisionSetKind, s.i}, field)
}

func (r *revision) get(d *data, field string) any {
	x := d.throw(revisionKind, r.id, 3)
	at := row{revisionKind, r.i}
	switch field {
	case "id":
		return r.id
	case "name":
		return fmt.Sprintf("Revision %d", r.id)
	case "link":
		return fmt.Sprintf("/revisions/%d", r.id)
	case "fieldName":
		return x.of(revisedFields)
	case "fieldDisplayName":
		return "Demo " + x.of(revisedFields)
	case "status":
		return revisionStatuses[r.status]
	case "revisionSetId":
		return d.log().sets[r.set].id
	case "subject":
		return d.at(r.about)
	case "subjectType":
		return subjectTypes[r.about.kind]
	case "createdAt":
		return moment(r.when)
	case "updatedAt":
		return moment(r.when + 86400)
	case "currentValue":
		return jsonValue([]string{`null`, `"a \"synthetic\" value"`, `[1,2,3]`, `12`}[x.n(4)])
	case "suggestedValue":
		return jsonValue([]string{`null`, `""`, `{"ids":[4,5],"note":"α"}`, `-1.5e3`, `true`}[x.n(5)])
	case "creationActivity":
		return d.log().firstFrom(row{revisionSetKind, r.set}, suggestRevisions)
	case "acceptanceActivity":
		return d.log().firstFrom(at, acceptRevisions)
	case "rejectionActivity":
		return d.log().firstFrom(at, rejectRevisions)
	case "resolutionActivity":
		if a := d.log().firstFrom(at, acceptRevisions); a != nil {
			return a
		}
		return d.log().firstFrom(at, rejectRevisions)
	}
	return d.curated(at, field)
}
