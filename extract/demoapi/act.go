package demoapi

import "fmt"

// act is one thing a curator did: an activity of the API, and the one event it
// consists of.
type act struct {
	id        int
	kind      actKind
	when      int
	subject   row
	origin    row // the comment, flag, revision … it made or changed
	user      int32
	org       int32 // negative: none
	automated bool
}

type actKind uint8

const (
	submitEvidence actKind = iota
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

// actNames holds, for each kind, the activity's type, its filter name, the
// event's action, and the words for it.
var actNames = [...]struct{ object, code, action, verb string }{
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

// subjectTypes are the names that filters have for kinds of record.
var subjectTypes = map[kind]string{
	featureKind: "FEATURE", variantKind: "VARIANT", evidenceKind: "EVIDENCE_ITEM", assertionKind: "ASSERTION",
	groupKind: "VARIANT_GROUP", profileKind: "MOLECULAR_PROFILE", sourceKind: "SOURCE", revisionKind: "REVISION",
	commentKind: "COMMENT", flagKind: "FLAG", revisionSetKind: "REVISION_SET", suggestionKind: "SOURCE_SUGGESTION",
}

func (a *act) get(d *data, field string) any {
	switch field {
	case "id":
		return a.id
	case "createdAt":
		return moment(a.when)
	case "user":
		return &d.users[a.user]
	case "organization":
		return d.org(a.org)
	case "subject":
		return d.at(a.subject)
	case "note":
		return []any{nil, "A synthetic note,\twith a tab."}[a.id%5/4]
	case "parsedNote":
		return []record{textSegment("A synthetic note.")}
	case "verbiage":
		return actNames[a.kind].verb
	case "events":
		return []record{event{a}}
	case "automated":
		return a.automated
	case "activityType":
		return actNames[a.kind].code
	case "subjectType":
		return subjectTypes[a.subject.kind]
	case "subjectId":
		return d.at(a.subject).(record).get(d, "id")
	}
	return a.own(d, field)
}

// own gives the fields of one kind of activity only.
func (a *act) own(d *data, field string) any {
	switch {
	case field == "assertion" && a.subject.kind == assertionKind:
		return d.at(a.subject)
	case field == "molecularProfile" && a.subject.kind == variantKind:
		return &d.profiles[d.variants[a.subject.i].single]
	case field == "revisions" && a.kind != suggestRevisions && a.origin.kind == revisionKind:
		return []record{&d.log().revisions[a.origin.i]}
	case field == "revisions" && a.origin.kind == revisionSetKind:
		return d.log().sets[a.origin.i].get(d, field)
	case field == "approval" && a.origin.kind == approvalKind:
		return &d.log().approvals[a.origin.i]
	case field == "comment" && a.origin.kind == commentKind,
		field == "flag" && a.origin.kind == flagKind,
		field == "revisionSet" && a.origin.kind == revisionSetKind,
		field == "sourceSuggestion" && a.origin.kind == suggestionKind:
		return d.at(a.origin)
	}
	return unset{}
}

func (d *data) org(i int32) any {
	if i < 0 {
		return nil
	}
	return &d.orgs[i]
}

// event is an act seen as an event.
type event struct{ *act }

func (e event) get(d *data, field string) any {
	switch field {
	case "id":
		return 1000 + 2*e.act.id
	case "name", "link":
		return fmt.Sprintf("event %d", e.act.id)
	case "action":
		return actNames[e.kind].action
	case "originatingUser":
		return &d.users[e.user]
	case "originatingObject":
		if e.origin.kind == noKind || e.origin.kind == revisionSetKind || e.origin.kind == approvalKind {
			return nil
		}
		return d.at(e.origin)
	}
	return e.act.get(d, field)
}
