package demoapi

import "fmt"

type user struct {
	i    int32
	id   int
	role uint8
	orgs []int32
}

var userRoles = []string{"CURATOR", "EDITOR", "ADMIN"}

func makeUsers(d *data) []user {
	seq := ids{dice: d.throw(userKind, 0, 1), gap: 6}
	out := make([]user, 420)
	for i := range out {
		id := seq.next()
		x := d.throw(userKind, id, 2)
		out[i] = user{i: int32(i), id: id, role: x.weighted(85, 12, 3), orgs: x.some(x.n(3), organizations)}
	}
	return out
}

func (u *user) username() string { return fmt.Sprintf("demo-curator-%d", u.id) }

func (u *user) get(d *data, field string) any {
	x := d.throw(userKind, u.id, 3)
	switch field {
	case "id":
		return u.id
	case "username", "displayName":
		return u.username()
	case "name":
		if u.id%9 == 0 {
			return nil
		}
		return fmt.Sprintf("Demo %s", x.of(surnames))
	case "role":
		return userRoles[u.role]
	case "areaOfExpertise":
		return []any{nil, "PATIENT_ADVOCATE", "CLINICAL_SCIENTIST", "RESEARCH_SCIENTIST"}[u.id%4]
	case "bio":
		if u.id%3 == 0 {
			return nil
		}
		return d.statement(userKind, u.id, "nobody")
	case "joinDate":
		return moment(x.n(decade / 4))
	case "mostRecentActivityTimestamp":
		if a := d.log().lastBy(u.i); a != nil {
			return moment(a.when)
		}
		return nil
	case "organizations":
		return pick(d.orgs, u.orgs)
	case "mostRecentOrganizationId":
		if len(u.orgs) == 0 {
			return nil
		}
		return d.orgs[u.orgs[0]].id
	case "events":
		return rows{of: d.log().eventsWhere(func(a *act) bool { return a.user == u.i })}
	case "mostRecentEvent":
		if a := d.log().lastBy(u.i); a != nil {
			return event{a}
		}
		return nil
	}
	return unset{}
}

type organization struct {
	i      int32
	id     int
	parent int32
}

// organizations is how many there are; users are made first and refer to them.
const organizations = 140

func makeOrganizations(d *data) []organization {
	seq := ids{dice: d.throw(orgKind, 0, 1), gap: 12}
	out := make([]organization, organizations)
	for i := range out {
		out[i] = organization{i: int32(i), id: seq.next(), parent: -1}
		if i > 9 && i%3 == 0 {
			out[i].parent = int32(i % 10)
		}
	}
	return out
}

func (o *organization) name() string { return fmt.Sprintf("Demo Institute, Synthetic Unit %d", o.id) }

func (o *organization) get(d *data, field string) any {
	switch field {
	case "id":
		return o.id
	case "name":
		return o.name()
	case "description":
		return d.statement(orgKind, o.id, o.name())
	case "url":
		return fmt.Sprintf("https://demo.invalid/organizations/%d", o.id)
	case "parentId":
		if o.parent < 0 {
			return nil
		}
		return d.orgs[o.parent].id
	case "subGroups", "childOrganizations":
		return d.subGroups(o)
	case "hasApprovingSubgroups":
		return false
	case "canApprove", "isApprovedVcep":
		return o.id%7 == 0
	case "members":
		return rows{of: pick(d.users, d.membersOf.org()[o.i])}
	case "memberCount":
		return len(d.membersOf.org()[o.i])
	case "eventCount", "activityCount":
		return len(d.log().eventsWhere(func(a *act) bool { return a.org == o.i }))
	case "events":
		return rows{of: d.log().eventsWhere(func(a *act) bool { return a.org == o.i })}
	}
	return unset{}
}

func (d *data) subGroups(o *organization) []record {
	out := []record{}
	for i := range d.orgs {
		if d.orgs[i].parent == o.i {
			out = append(out, &d.orgs[i])
		}
	}
	return out
}
