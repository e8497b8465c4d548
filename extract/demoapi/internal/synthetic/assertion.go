package synthetic

import (
	"fmt"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

type assertion struct {
	base
	profile    *profile
	disease    *disease // may be nil
	evidence   []*evidence
	therapies  []*therapy
	phenotypes []*phenotype
	acmg       []*code
	clingen    []*code
	status     uint8
	kind       uint8
	direction  uint8
	amp        uint8 // of ampLevels
	origin     uint8
	signif     string
}

var (
	assertionTypes         = []string{"PREDICTIVE", "PROGNOSTIC", "DIAGNOSTIC", "PREDISPOSING", "ONCOGENIC"}
	assertionSignificances = [][]string{
		{"SENSITIVITYRESPONSE", "RESISTANCE", "ADVERSE_RESPONSE", "REDUCED_SENSITIVITY"},
		{"BETTER_OUTCOME", "POOR_OUTCOME", "NA"},
		{"POSITIVE", "NEGATIVE"},
		{"PATHOGENIC", "LIKELY_PATHOGENIC", "BENIGN", "LIKELY_BENIGN", "UNCERTAIN_SIGNIFICANCE"},
		{"ONCOGENIC", "LIKELY_ONCOGENIC", "UNCERTAIN_SIGNIFICANCE"},
	}
	ampLevels = []any{nil, "TIER_I_LEVEL_A", "TIER_I_LEVEL_B", "TIER_II_LEVEL_C", "TIER_II_LEVEL_D",
		"TIER_III", "TIER_IV", "NA"}
	acmgCodes    = []string{"PVS1", "PS1", "PS3", "PM1", "PM2", "PP1", "PP3", "BA1", "BS1", "BP4"}
	clingenCodes = []string{"OVS1", "OS1", "OS2", "OM1", "OM4", "OP1", "OP4", "SBVS1", "SBS1", "SBP1"}
)

func drawAssertion(a *assertion, x *dice.Dice) {
	a.status = x.Weighted(60, 33, 7)
	a.kind = x.Weighted(50, 10, 15, 12, 13)
	a.direction = x.Weighted(90, 10)
	a.amp = x.Weighted(20, 30, 8, 12, 10, 8, 4, 8)
	a.origin = x.Weighted(75, 8, 3, 8, 2, 1, 3)
	a.signif = dice.Of(x, assertionSignificances[a.kind])
	a.evidence = dice.Some(x, 1+x.N(12), a.d.evidence)
	first := a.evidence[0]
	a.profile, a.disease, a.therapies, a.phenotypes = first.profile, first.disease, first.therapies, first.phenotypes
	switch assertionTypes[a.kind] {
	case "PREDISPOSING":
		a.acmg = dice.Some(x, 1+x.N(4), a.d.acmgCodes)
	case "ONCOGENIC":
		a.clingen = dice.Some(x, 1+x.N(4), a.d.clingenCodes)
	}
}

// Field implements record.Record.
func (a *assertion) Field(name string) any { return value(assertionFields, a, name) }

var assertionFields = record.NewFields(map[string]func(*assertion) any{
	"status":             func(a *assertion) any { return evidenceStatuses[a.status] },
	"assertionType":      func(a *assertion) any { return assertionTypes[a.kind] },
	"assertionDirection": func(a *assertion) any { return evidenceDirections[a.direction] },
	"significance":       func(a *assertion) any { return a.signif },
	"ampLevel":           func(a *assertion) any { return ampLevels[a.amp] },
	"variantOrigin":      func(a *assertion) any { return variantOrigins[a.origin] },
	"summary": func(a *assertion) any {
		return fmt.Sprintf("Synthetic summary of AID%d, with a comma.", a.id)
	},
	descriptions:             func(a *assertion) any { return a.statement(a.profile.name()) },
	taggedDescriptions:       func(a *assertion) any { return segment(a.statement("it")) },
	"molecularProfile":       func(a *assertion) any { return a.profile },
	"disease":                func(a *assertion) any { return optional(a.disease) },
	"evidenceItems":          func(a *assertion) any { return record.List(a.evidence) },
	"evidenceItemsCount":     func(a *assertion) any { return len(a.evidence) },
	"therapies":              func(a *assertion) any { return record.List(a.therapies) },
	"therapyInteractionType": func(a *assertion) any { return when(len(a.therapies) > 1, "COMBINATION") },
	"phenotypes":             func(a *assertion) any { return record.List(a.phenotypes) },
	"acmgCodes":              func(a *assertion) any { return record.List(a.acmg) },
	"clingenCodes":           func(a *assertion) any { return record.List(a.clingen) },
	"submissionActivity":     func(a *assertion) any { return a.firstOf(submitAssertion) },
	"approvals":              func(a *assertion) any { return record.RowsOf(a.d.log().approvals.of[&a.base]) },
	"nccnGuideline":          func(a *assertion) any { return when(a.id%3 != 0, a.d.guidelines[a.id%12]) },
	"nccnGuidelineVersion":   func(a *assertion) any { return []any{nil, "", "2.2018", "1.2024"}[a.id%4] },
	"fdaCompanionTest regulatoryApproval": func(a *assertion) any {
		return []any{nil, true, false}[a.id%3]
	},
	"fdaCompanionTestLastUpdated regulatoryApprovalLastUpdated": func(a *assertion) any {
		return when(a.id%2 == 1, moment(a.id*day))
	},
})

// code is an ACMG or ClinGen code.
type code struct {
	base
	code string
}

// Field implements record.Record.
func (c *code) Field(name string) any { return value(codeFields, c, name) }

var codeFields = record.NewFields(map[string]func(*code) any{
	"code name":           func(c *code) any { return c.code },
	"description tooltip": func(c *code) any { return c.code + ": a synthetic description" },
	"exclusive":           func(*code) any { return false },
})

// guideline is an NCCN guideline.
type guideline struct{ base }

// Field implements record.Record.
func (g *guideline) Field(name string) any { return value(nil, g, name) }

// approval is the approval of an assertion by an organization.
type approval struct {
	base
	assertion    *assertion
	user         *user
	organization *organization
	when         int
	reviewed     int
	status       uint8
}

const approvals = 190

var approvalStatuses = []string{"ACTIVE", "REQUIRES_REVIEW", "REVOKED"}

func (l *log) drawApproval(a *approval, x *dice.Dice) {
	a.when = a.i * (decade / approvals)
	a.assertion = dice.Of(x, a.d.assertions)
	a.organization = a.d.organizations[x.N(20)*7]
	a.reviewed = (a.when/day + x.N(3)) / 60 * 60 * day // many share a day: long ties
	a.status = x.Weighted(70, 20, 10)
	a.user = l.add(x, approveAssertion, a.when, a.assertion, a).user
	if approvalStatuses[a.status] == "REVOKED" {
		l.add(x, revokeApproval, a.when+day*x.N(90), a.assertion, a)
	}
}

// Field implements record.Record.
func (a *approval) Field(name string) any { return value(approvalFields, a, name) }

var approvalFields = record.NewFields(map[string]func(*approval) any{
	"assertion":                 func(a *approval) any { return a.assertion },
	"organization":              func(a *approval) any { return a.organization },
	"user":                      func(a *approval) any { return a.user },
	"status":                    func(a *approval) any { return approvalStatuses[a.status] },
	"createdAt updatedAt":       func(a *approval) any { return moment(a.when) },
	"lastReviewed":              func(a *approval) any { return moment(a.reviewed) },
	"clinvarAccession":          func(a *approval) any { return when(a.id%2 == 1, fmt.Sprintf("SCV9%08d", a.id)) },
	"clinvarAccessionVisible":   func(a *approval) any { return []any{nil, true, false}[a.id%3] },
	"readyForClinvarSubmission": func(a *approval) any { return a.id%2 == 0 },
	"approvalActivity":          func(a *approval) any { return a.firstFrom(approveAssertion) },
	"revocationActivity":        func(a *approval) any { return a.firstFrom(revokeApproval) },
})
