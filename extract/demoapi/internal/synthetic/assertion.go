package synthetic

import (
	"fmt"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

type assertion struct {
	claim
	evidence      []*evidence
	acmg          []*code
	clingen       []*code
	assertionType string
	amp           string // "": null
}

func drawAssertion(a *assertion, x *dice.Dice) {
	a.status = word(x, "assertion status")
	a.assertionType = word(x, "assertion type")
	a.direction = word(x, "assertion direction")
	a.amp = word(x, "AMP level")
	a.origin = word(x, "variant origin")
	a.significance = word(x, a.assertionType+" assertion")
	a.evidence = dice.Some(x, 1+x.N(12), a.d.evidence[:evidenceCount])
	first := a.evidence[0]
	a.profile, a.disease, a.therapies, a.phenotypes = first.profile, first.disease, first.therapies, first.phenotypes
	switch a.assertionType {
	case "PREDISPOSING":
		a.acmg = dice.Some(x, 1+x.N(4), a.d.acmgCodes)
	case "ONCOGENIC":
		a.clingen = dice.Some(x, 1+x.N(4), a.d.clingenCodes)
	}
}

var assertionFields = fieldsOf(map[string]func(*assertion) any{
	"assertionType": func(a *assertion) any { return a.assertionType },
	"ampLevel":      func(a *assertion) any { return when(a.amp != "", a.amp) },
	"summary": func(a *assertion) any {
		return fmt.Sprintf("Synthetic summary of AID%d, with a comma.", a.id)
	},
	taggedDescriptions:       func(a *assertion) any { return segment(a.statement("it")) },
	"evidenceItems":          func(a *assertion) any { return record.List(a.evidence) },
	"evidenceItemsCount":     func(a *assertion) any { return len(a.evidence) },
	"therapyInteractionType": func(a *assertion) any { return when(len(a.therapies) > 1, "COMBINATION") },
	"acmgCodes":              func(a *assertion) any { return record.List(a.acmg) },
	"clingenCodes":           func(a *assertion) any { return record.List(a.clingen) },
	"submissionActivity":     func(a *assertion) any { return a.firstOf("ASSERTION_SUBMITTED") },
	"approvals":              func(a *assertion) any { return record.RowsOf(a.d.log().approvalsOf[&a.base]) },
	"nccnGuideline":          func(a *assertion) any { return when(a.id%3 != 0, a.d.guidelines[a.id%12]) },
	"nccnGuidelineVersion":   func(a *assertion) any { return []any{nil, "", "2.2018", "1.2024"}[a.id%4] },
	"fdaCompanionTest regulatoryApproval": func(a *assertion) any {
		return []any{nil, true, false}[a.id%3]
	},
	"fdaCompanionTestLastUpdated regulatoryApprovalLastUpdated": func(a *assertion) any {
		return when(a.id%2 == 1, moment(a.id*day))
	},
}, claimFields)

// code is an ACMG or ClinGen code.
type code struct{ base }

var codeFields = fieldsOf(map[string]func(*code) any{
	"code":                func(c *code) any { return c.named },
	"description tooltip": func(c *code) any { return c.named + ": a synthetic description" },
})

// guideline is an NCCN guideline.
type guideline struct{ base }

// approval is the approval of an assertion by an organization.
type approval struct {
	entry
	organization *organization
	reviewed     int
	status       string
}

const approvals = 190

func (l *log) drawApproval(a *approval, x *dice.Dice) {
	a.when = a.i * (decade / approvals)
	assertion := dice.Of(x, a.d.assertions)
	a.organization = a.d.organizations[x.N(20)*7]
	a.reviewed = (a.when/day + x.N(3)) / 60 * 60 * day // many share a day: long ties
	a.status = word(x, "approval status")
	l.enter(x, "ASSERTION_APPROVED", &a.entry, assertion)
	if a.status == "REVOKED" {
		l.add(x, "ASSERTION_APPROVAL_REVOKED", a.when+day*x.N(90), assertion, a)
	}
}

var approvalFields = fieldsOf(map[string]func(*approval) any{
	"assertion":                 func(a *approval) any { return a.about },
	"organization":              func(a *approval) any { return a.organization },
	"status":                    func(a *approval) any { return a.status },
	"updatedAt":                 func(a *approval) any { return moment(a.when) },
	"lastReviewed":              func(a *approval) any { return moment(a.reviewed) },
	"clinvarAccession":          func(a *approval) any { return when(a.id%2 == 1, fmt.Sprintf("SCV9%08d", a.id)) },
	"clinvarAccessionVisible":   func(a *approval) any { return []any{nil, true, false}[a.id%3] },
	"readyForClinvarSubmission": func(a *approval) any { return a.id%2 == 0 },
	"approvalActivity":          func(a *approval) any { return a.firstFrom("ASSERTION_APPROVED") },
	"revocationActivity":        func(a *approval) any { return a.firstFrom("ASSERTION_APPROVAL_REVOKED") },
}, entryFields)
