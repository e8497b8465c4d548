package synthetic

import (
	"fmt"
	"slices"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// user is a curator.
type user struct {
	base
	role          string
	organizations []*organization
}

func drawUser(u *user, x *dice.Dice) {
	u.role = word(x, "role")
	u.organizations = dice.Some(x, x.N(3), u.d.organizations)
}

var userFields = fieldsOf(map[string]func(*user) any{
	"username displayName": func(u *user) any { return fmt.Sprintf("demo-curator-%d", u.id) },
	"name":                 func(u *user) any { return when(u.id%9 != 0, "Demo "+word(u.dice(3), "surname")) },
	"role":                 func(u *user) any { return u.role },
	"areaOfExpertise": func(u *user) any {
		return []any{nil, "PATIENT_ADVOCATE", "CLINICAL_SCIENTIST", "RESEARCH_SCIENTIST"}[u.id%4]
	},
	"bio":           func(u *user) any { return when(u.id%3 != 0, u.statement("nobody")) },
	"joinDate":      func(u *user) any { return moment(u.dice(3).N(decade / 4)) },
	"organizations": func(u *user) any { return record.List(u.organizations) },
	"events":        func(u *user) any { return record.RowsOf(u.d.log().eventsWhere(u.did)) },
	"mostRecentEvent": func(u *user) any {
		if a := u.lastAct(); a != nil {
			return event{a}
		}
		return nil
	},
	"mostRecentActivityTimestamp": func(u *user) any {
		if a := u.lastAct(); a != nil {
			return moment(a.when)
		}
		return nil
	},
	"mostRecentOrganizationId": func(u *user) any {
		if len(u.organizations) == 0 {
			return nil
		}
		return u.organizations[0].id
	},
})

func (u *user) did(a *act) bool { return a.user == u }

func (u *user) lastAct() *act {
	for _, a := range slices.Backward(u.d.log().acts) {
		if a.user == u {
			return a
		}
	}
	return nil
}

type organization struct {
	base
	parent *organization // may be nil
}

func drawOrganization(o *organization, _ *dice.Dice) {
	if o.i > 9 && o.i%3 == 0 {
		o.parent = o.d.organizations[o.i%10]
	}
}

var organizationFields = fieldsOf(map[string]func(*organization) any{
	"description": func(o *organization) any { return o.statement(o.name()) },
	"parentId": func(o *organization) any {
		if o.parent == nil {
			return nil
		}
		return o.parent.id
	},
	"subGroups childOrganizations": func(o *organization) any {
		all := slices.Clone(o.d.organizations)
		return record.List(slices.DeleteFunc(all, func(child *organization) bool { return child.parent != o }))
	},
	"canApprove isApprovedVcep": func(o *organization) any { return o.id%7 == 0 },
	"members":                   func(o *organization) any { return record.RowsOf(o.d.usersOf()[&o.base]) },
	"memberCount":               func(o *organization) any { return len(o.d.usersOf()[&o.base]) },
	"eventCount activityCount":  func(o *organization) any { return len(o.d.log().eventsWhere(o.did)) },
	"events":                    func(o *organization) any { return record.RowsOf(o.d.log().eventsWhere(o.did)) },
})

func (o *organization) did(a *act) bool { return a.organization == o }
