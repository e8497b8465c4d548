package synthetic

import (
	"fmt"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// act is one action of a curator: an activity of the API, and the one event that it consists of.
type act struct {
	base
	kind         action
	when         int
	subject      entity
	origin       entity // the comment, flag, revision … it made or changed; may be nil
	user         *user
	organization *organization // may be nil
	automated    bool
}

type action uint8

const (
	submitEvidence action = iota
	acceptEvidence
	rejectEvidence
	submitAssertion
	acceptAssertion
	rejectAssertion
	createFeature
	createVariant
	commented
	flagged
	resolveFlag
	suggestRevisions
	acceptRevisions
	rejectRevisions
	approveAssertion
	revokeApproval
	suggestSource
)

// actions holds the type of each activity, its name in filters, the event's action, and its verb.
var actions = [...]struct{ object, code, action, verb string }{
	submitEvidence:   {"SubmitEvidenceItemActivity", "SUBMIT_EVIDENCE_ITEM", "SUBMITTED", "submitted"},
	acceptEvidence:   {"ModerateEvidenceItemActivity", "MODERATE_EVIDENCE_ITEM", "ACCEPTED", "accepted"},
	rejectEvidence:   {"ModerateEvidenceItemActivity", "MODERATE_EVIDENCE_ITEM", "REJECTED", "rejected"},
	submitAssertion:  {"SubmitAssertionActivity", "SUBMIT_ASSERTION", "ASSERTION_SUBMITTED", "submitted"},
	acceptAssertion:  {"ModerateAssertionActivity", "MODERATE_ASSERTION", "ASSERTION_ACCEPTED", "accepted"},
	rejectAssertion:  {"ModerateAssertionActivity", "MODERATE_ASSERTION", "ASSERTION_REJECTED", "rejected"},
	createFeature:    {"CreateFeatureActivity", "CREATE_FEATURE", "FEATURE_CREATED", "created"},
	createVariant:    {"CreateVariantActivity", "CREATE_VARIANT", "VARIANT_CREATED", "created"},
	commented:        {"CommentActivity", "COMMENT", "COMMENTED", "commented on"},
	flagged:          {"FlagEntityActivity", "FLAG_ENTITY", "FLAGGED", "flagged"},
	resolveFlag:      {"ResolveFlagActivity", "RESOLVE_FLAG", "FLAG_RESOLVED", "resolved a flag on"},
	suggestRevisions: {"SuggestRevisionSetActivity", "SUGGEST_REVISION", "REVISION_SUGGESTED", "suggested a revision of"},
	acceptRevisions:  {"AcceptRevisionsActivity", "ACCEPT_REVISIONS", "REVISION_ACCEPTED", "accepted a revision of"},
	rejectRevisions:  {"RejectRevisionsActivity", "REJECT_REVISIONS", "REVISION_REJECTED", "rejected a revision of"},
	approveAssertion: {"ApproveAssertionActivity", "APPROVE_ASSERTION", "ASSERTION_APPROVED", "approved"},
	revokeApproval:   {"RevokeApprovalActivity", "REVOKE_APPROVAL", "ASSERTION_APPROVAL_REVOKED", "revoked approval of"},
	suggestSource:    {"SuggestSourceActivity", "SUGGEST_SOURCE", "PUBLICATION_SUGGESTED", "suggested a source for"},
}

// TypeName is the type of the activity.
func (a *act) TypeName(string) string { return actions[a.kind].object }

// Field implements record.Record.
func (a *act) Field(name string) any { return value(actFields, a, name) }

var actFields = record.NewFields(map[string]func(*act) any{
	"createdAt":        func(a *act) any { return moment(a.when) },
	"user":             func(a *act) any { return a.user },
	"organization":     func(a *act) any { return optional(a.organization) },
	"subject":          func(a *act) any { return a.subject },
	"note":             func(a *act) any { return when(a.id%5 == 4, "A synthetic note,\twith a tab.") },
	"parsedNote":       func(*act) any { return segment("A synthetic note.") },
	"verbiage":         func(a *act) any { return actions[a.kind].verb },
	"events":           func(a *act) any { return []record.Record{event{a}} },
	"automated":        func(a *act) any { return a.automated },
	"activityType":     func(a *act) any { return actions[a.kind].code },
	"subjectType":      func(a *act) any { return subjectType(a.subject) },
	"subjectId":        func(a *act) any { return a.subject.header().id },
	"assertion":        func(a *act) any { return only[*assertion](a.subject) },
	"approval":         func(a *act) any { return only[*approval](a.origin) },
	"comment":          func(a *act) any { return only[*comment](a.origin) },
	"flag":             func(a *act) any { return only[*flag](a.origin) },
	"revisionSet":      func(a *act) any { return only[*revisionSet](a.origin) },
	"sourceSuggestion": func(a *act) any { return only[*suggestion](a.origin) },
	"molecularProfile": func(a *act) any {
		if v, ok := a.subject.(*variant); ok {
			return v.single
		}
		return record.Unknown{}
	},
	"revisions": func(a *act) any {
		switch r := a.origin.(type) {
		case *revision:
			return []record.Record{r}
		case *revisionSet:
			return record.List(r.revisions)
		}
		return record.Unknown{}
	},
})

// only returns an entity if it is of the type, else Unknown.
func only[T entity](r entity) any {
	if r, ok := r.(T); ok {
		return r
	}
	return record.Unknown{}
}

func subjectType(r entity) string { return kinds[r.header().kind].subject }

// event is an act as an event.
type event struct{ act *act }

// Field implements record.Record.
func (e event) Field(name string) any {
	if generate := eventFields[name]; generate != nil {
		return generate(e.act)
	}
	return e.act.Field(name)
}

var eventFields = record.NewFields(map[string]func(*act) any{
	"id":              func(a *act) any { return 1000 + 2*a.id },
	"name link":       func(a *act) any { return fmt.Sprintf("event %d", a.id) },
	"action":          func(a *act) any { return actions[a.kind].action },
	"originatingUser": func(a *act) any { return a.user },
	"originatingObject": func(a *act) any {
		switch a.origin.(type) {
		case nil, *revisionSet, *approval:
			return nil
		}
		return a.origin
	},
})
