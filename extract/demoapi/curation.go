package demoapi

import (
	"cmp"
	"slices"
)

// curation is the log of what curators did: acts in the order they were done,
// and what they left behind.
type curation struct {
	acts        []act
	comments    []comment
	flags       []flag
	sets        []revisionSet
	revisions   []revision
	approvals   []approval
	suggestions []suggestion

	about    map[row][]int32 // acts by subject
	from     map[row][]int32 // acts by what they made or changed
	comment  map[row][]int32
	flag     map[row][]int32
	revision map[row][]int32
}

func makeCuration(d *data) *curation {
	c := &curation{comment: map[row][]int32{}, flag: map[row][]int32{}, revision: map[row][]int32{}}
	c.recordEvidence(d)
	c.recordAssertions(d)
	c.recordMaking(d)
	c.makeComments(d)
	c.makeFlags(d)
	c.makeRevisions(d)
	c.makeApprovals(d)
	c.makeSuggestions(d)
	slices.SortStableFunc(c.acts, func(a, b act) int { return cmp.Compare(a.when, b.when) })
	c.about, c.from = make(map[row][]int32, len(c.acts)), make(map[row][]int32, len(c.revisions))
	for i := range c.acts {
		a := &c.acts[i]
		a.id = i + 1
		c.about[a.subject] = append(c.about[a.subject], int32(i))
		if a.origin.kind != noKind {
			c.from[a.origin] = append(c.from[a.origin], int32(i))
		}
	}
	return c
}

// add logs an act by a curator drawn from x.
func (c *curation) add(x *dice, kind actKind, when int, subject, origin row) *act {
	c.acts = append(c.acts, act{kind: kind, when: min(when, decade), subject: subject, origin: origin,
		user: int32(x.n(420)), org: int32(x.n(organizations+20)) - 20})
	return &c.acts[len(c.acts)-1]
}

func (c *curation) recordEvidence(d *data) {
	for i := range d.evidence {
		e := &d.evidence[i]
		x := d.throw(evidenceKind, e.id, 5)
		when := i*(decade/len(d.evidence)) + x.n(9000)
		at := row{evidenceKind, e.i}
		c.add(&x, submitEvidence, when, at, row{})
		switch e.status {
		case accepted:
			c.add(&x, acceptEvidence, when+86400+x.n(20000000), at, row{})
		case rejected:
			c.add(&x, rejectEvidence, when+86400+x.n(20000000), at, row{})
		}
	}
}

func (c *curation) recordAssertions(d *data) {
	for i := range d.assertions {
		a := &d.assertions[i]
		x := d.throw(assertionKind, a.id, 5)
		when := i*(decade/len(d.assertions)) + x.n(9000)
		at := row{assertionKind, a.i}
		c.add(&x, submitAssertion, when, at, row{})
		switch a.status {
		case accepted:
			c.add(&x, acceptAssertion, when+86400+x.n(20000000), at, row{})
		case rejected:
			c.add(&x, rejectAssertion, when+86400+x.n(20000000), at, row{})
		}
	}
}

// recordMaking logs who made features and variants: whole batches in one
// second, and some of it by no person.
func (c *curation) recordMaking(d *data) {
	for i := range d.features {
		x := d.throw(featureKind, d.features[i].id, 5)
		a := c.add(&x, createFeature, i/50*(decade/15), row{featureKind, int32(i)}, row{})
		a.automated = x.chance(10)
	}
	for i := range d.variants {
		x := d.throw(variantKind, d.variants[i].id, 5)
		a := c.add(&x, createVariant, i/40*(decade/110), row{variantKind, int32(i)}, row{})
		a.automated = x.chance(10)
	}
}

// someone draws a record that curators comment on, flag and revise.
func (d *data) someone(x *dice) row {
	k := []kind{evidenceKind, evidenceKind, evidenceKind, variantKind, featureKind, profileKind, assertionKind, groupKind}[x.n(8)]
	size := d.size(k)
	if x.chance(50) {
		size = min(size, 40)
	}
	return row{k, int32(x.n(size))}
}

// firstOf gives the first act of a kind about a record, or nil.
func (c *curation) firstOf(r row, kind actKind) any {
	for _, i := range c.about[r] {
		if c.acts[i].kind == kind {
			return &c.acts[i]
		}
	}
	return nil
}

// firstFrom gives the first act of a kind that made or changed a record.
func (c *curation) firstFrom(r row, kind actKind) any {
	for _, i := range c.from[r] {
		if c.acts[i].kind == kind {
			return &c.acts[i]
		}
	}
	return nil
}

// lastEvent gives the newest event of a kind about a record, or nil.
func (c *curation) lastEvent(r row, kinds ...actKind) any {
	for _, i := range slices.Backward(c.about[r]) {
		if slices.Contains(kinds, c.acts[i].kind) {
			return event{&c.acts[i]}
		}
	}
	return nil
}

// lastBy gives a curator's newest act, or nil.
func (c *curation) lastBy(user int32) *act {
	for i := len(c.acts) - 1; i >= 0; i-- {
		if c.acts[i].user == user {
			return &c.acts[i]
		}
	}
	return nil
}

// eventsWhere gives the events of some acts, newest first, automated ones left out.
func (c *curation) eventsWhere(is func(*act) bool) []record {
	out := []record{}
	for i := len(c.acts) - 1; i >= 0; i-- {
		if a := &c.acts[i]; !a.automated && is(a) {
			out = append(out, event{a})
		}
	}
	return out
}

// curated gives the fields every curated record has: what was said and done
// about it.
func (d *data) curated(r row, field string) any {
	switch field {
	case "comments":
		return rows{of: pick(d.log().comments, d.log().comment[r])}
	case "flags":
		return rows{of: pick(d.log().flags, d.log().flag[r])}
	case "revisions":
		return rows{of: pick(d.log().revisions, d.log().revision[r])}
	case "events":
		return d.eventsAbout(r)
	case "flagged":
		return slices.ContainsFunc(d.log().flag[r], func(i int32) bool { return d.log().flags[i].open })
	case "openRevisionCount":
		n := 0
		for _, i := range d.log().revision[r] {
			n += boolean(d.log().revisions[i].status == newRevision)
		}
		return n
	case "lastCommentEvent":
		return d.log().lastEvent(r, commented)
	case "lastSubmittedRevisionEvent":
		return d.log().lastEvent(r, suggestRevisions)
	case "lastAcceptedRevisionEvent":
		return d.log().lastEvent(r, acceptRevisions)
	}
	return unset{}
}

// moderated gives curated fields and those of what editors accept or reject.
func (d *data) moderated(r row, field string) any {
	switch field {
	case "submissionEvent":
		return d.log().lastEvent(r, submitEvidence, submitAssertion)
	case "acceptanceEvent":
		return d.log().lastEvent(r, acceptEvidence, acceptAssertion)
	case "rejectionEvent":
		return d.log().lastEvent(r, rejectEvidence, rejectAssertion)
	}
	return d.curated(r, field)
}

func (d *data) eventsAbout(r row) rows {
	out := []record{}
	for _, i := range slices.Backward(d.log().about[r]) {
		out = append(out, event{&d.log().acts[i]})
	}
	return rows{of: out}
}
