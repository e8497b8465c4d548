package demoapi

import "fmt"

type approval struct {
	i         int32
	id        int
	assertion int32
	user      int32
	org       int32
	when      int
	reviewed  int
	status    uint8
}

var approvalStatuses = []string{"ACTIVE", "REQUIRES_REVIEW", "REVOKED"}

func (c *curation) makeApprovals(d *data) {
	seq := ids{dice: d.throw(approvalKind, 0, 1), gap: 9}
	c.approvals = make([]approval, 190)
	for i := range c.approvals {
		a := approval{i: int32(i), id: seq.next(), when: i * (decade / 190)}
		x := d.throw(approvalKind, a.id, 2)
		a.assertion, a.org = int32(x.n(len(d.assertions))), int32(x.n(20)*7)
		a.reviewed = (a.when/86400 + x.n(3)) / 60 * 60 * 86400 // long ties
		a.status = x.weighted(70, 20, 10)
		at := row{assertionKind, a.assertion}
		a.user = c.add(&x, approveAssertion, a.when, at, row{approvalKind, a.i}).user
		if a.status == 2 {
			c.add(&x, revokeApproval, a.when+86400*x.n(90), at, row{approvalKind, a.i})
		}
		c.approvals[i] = a
	}
}

func (c *curation) approvalsOf(assertion int32) []record {
	out := []record{}
	for i := range c.approvals {
		if c.approvals[i].assertion == assertion {
			out = append(out, &c.approvals[i])
		}
	}
	return out
}

func (a *approval) get(d *data, field string) any {
	at := row{approvalKind, a.i}
	switch field {
	case "id":
		return a.id
	case "assertion":
		return &d.assertions[a.assertion]
	case "organization":
		return &d.orgs[a.org]
	case "user":
		return &d.users[a.user]
	case "status":
		return approvalStatuses[a.status]
	case "createdAt", "updatedAt":
		return moment(a.when)
	case "lastReviewed":
		return moment(a.reviewed)
	case "clinvarAccession":
		return []any{nil, fmt.Sprintf("SCV9%08d", a.id)}[a.id%2]
	case "clinvarAccessionVisible":
		return []any{nil, true, false}[a.id%3]
	case "readyForClinvarSubmission":
		return a.id%2 == 0
	case "approvalActivity":
		return d.log().firstFrom(at, approveAssertion)
	case "revocationActivity":
		return d.log().firstFrom(at, revokeApproval)
	}
	return unset{}
}

// suggestion is a source somebody thinks worth curating.
type suggestion struct {
	i       int32
	id      int
	source  int32
	disease int32
	profile int32
	user    int32
	when    int
	status  uint8
}

func (c *curation) makeSuggestions(d *data) {
	seq := ids{dice: d.throw(suggestionKind, 0, 1), gap: 9}
	c.suggestions = make([]suggestion, 160)
	for i := range c.suggestions {
		s := suggestion{i: int32(i), id: seq.next(), when: i * (decade / 160)}
		x := d.throw(suggestionKind, s.id, 2)
		s.source, s.disease, s.profile = d.drawSource(&x), int32(x.n(100))-10, int32(x.n(60))-10
		s.status = x.weighted(50, 40, 10)
		s.user = c.add(&x, suggestSource, s.when, row{sourceKind, s.source}, row{suggestionKind, s.i}).user
		c.suggestions[i] = s
	}
}

func (s *suggestion) get(d *data, field string) any {
	switch field {
	case "id":
		return s.id
	case "name":
		return fmt.Sprintf("Source suggestion %d", s.id)
	case "link":
		return fmt.Sprintf("/source-suggestions/%d", s.id)
	case "createdAt":
		return moment(s.when)
	case "source":
		return &d.sources[s.source]
	case "disease":
		return d.disease(s.disease)
	case "molecularProfile":
		if s.profile < 0 {
			return nil
		}
		return &d.profiles[s.profile]
	case "user":
		return &d.users[s.user]
	case "status":
		return []string{"NEW", "CURATED", "REJECTED"}[s.status]
	case "initialComment":
		return d.statement(suggestionKind, s.id, "a source")
	case "reason":
		return []any{nil, "A synthetic reason"}[s.id%2]
	case "creationActivity":
		return d.log().firstFrom(row{suggestionKind, s.i}, suggestSource)
	}
	return d.curated(row{suggestionKind, s.i}, field)
}
