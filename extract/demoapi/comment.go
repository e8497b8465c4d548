package demoapi

import "fmt"

type comment struct {
	i       int32
	id      int
	about   row
	user    int32
	when    int
	deleted bool
}

func (c *curation) makeComments(d *data) {
	seq := ids{dice: d.throw(commentKind, 0, 1), gap: 9}
	c.comments = make([]comment, 900)
	for i := range c.comments {
		m := comment{i: int32(i), id: seq.next(), when: i * (decade / 900)}
		x := d.throw(commentKind, m.id, 2)
		m.about, m.deleted = d.someone(&x), x.chance(2)
		m.user = c.add(&x, commented, m.when, m.about, row{commentKind, m.i}).user
		c.comments[i] = m
		c.comment[m.about] = append(c.comment[m.about], m.i)
	}
}

func (m *comment) get(d *data, field string) any {
	switch field {
	case "id":
		return m.id
	case "name":
		return fmt.Sprintf("Comment %d", m.id)
	case "link":
		return fmt.Sprintf("/comments/%d", m.id)
	case "title":
		return []any{nil, "Synthetic title"}[m.id%2]
	case "comment":
		return d.statement(commentKind, m.id, "a comment")
	case "parsedComment":
		return []record{textSegment(d.statement(commentKind, m.id, "a comment"))}
	case "commentable":
		return d.at(m.about)
	case "commenter":
		return &d.users[m.user]
	case "createdAt":
		return moment(m.when)
	case "creationEvent":
		return d.log().lastEvent(m.about, commented)
	case "deleted":
		return m.deleted
	case "deletedAt":
		return []any{nil, moment(m.when + 86400)}[boolean(m.deleted)]
	case "subjectType":
		return subjectTypes[m.about.kind]
	}
	return d.curated(row{commentKind, m.i}, field)
}

type flag struct {
	i        int32
	id       int
	about    row
	user     int32
	resolver int32
	when     int
	open     bool
}

func (c *curation) makeFlags(d *data) {
	seq := ids{dice: d.throw(flagKind, 0, 1), gap: 9}
	c.flags = make([]flag, 220)
	for i := range c.flags {
		f := flag{i: int32(i), id: seq.next(), when: i * (decade / 220)}
		x := d.throw(flagKind, f.id, 2)
		f.about, f.open = d.someone(&x), x.chance(40)
		f.user = c.add(&x, flagged, f.when, f.about, row{flagKind, f.i}).user
		if !f.open {
			f.resolver = c.add(&x, resolveFlag, f.when+86400*x.n(90), f.about, row{flagKind, f.i}).user
		}
		c.flags[i] = f
		c.flag[f.about] = append(c.flag[f.about], f.i)
	}
}

func (f *flag) get(d *data, field string) any {
	switch field {
	case "id":
		return f.id
	case "name":
		return fmt.Sprintf("Flag %d", f.id)
	case "link":
		return fmt.Sprintf("/flags/%d", f.id)
	case "flaggable":
		return d.at(f.about)
	case "flaggingUser":
		return &d.users[f.user]
	case "resolvingUser":
		if f.open {
			return nil
		}
		return &d.users[f.resolver]
	case "createdAt":
		return moment(f.when)
	case "state":
		return []string{"RESOLVED", "OPEN"}[boolean(f.open)]
	case "openActivity":
		return d.log().firstFrom(row{flagKind, f.i}, flagged)
	case "resolutionActivity":
		return d.log().firstFrom(row{flagKind, f.i}, resolveFlag)
	case "subjectType":
		return subjectTypes[f.about.kind]
	}
	return d.curated(row{flagKind, f.i}, field)
}
