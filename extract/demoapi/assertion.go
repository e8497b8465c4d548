package demoapi

import "fmt"

type assertion struct {
	i          int32
	id         int
	profile    int32
	disease    int32 // -1: null
	evidence   []int32
	therapies  []int32
	phenotypes []int32
	acmg       []int32
	clingen    []int32
	status     uint8
	kind       uint8
	direction  uint8
	amp        uint8 // ampLevels; 0: null
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
	ampLevels    = []any{nil, "TIER_I_LEVEL_A", "TIER_I_LEVEL_B", "TIER_II_LEVEL_C", "TIER_II_LEVEL_D", "TIER_III", "TIER_IV", "NA"}
	acmgCodes    = []string{"PVS1", "PS1", "PS3", "PM1", "PM2", "PP1", "PP3", "BA1", "BS1", "BP4"}
	clingenCodes = []string{"OVS1", "OS1", "OS2", "OM1", "OM4", "OP1", "OP4", "SBVS1", "SBS1", "SBP1"}
)

func makeAssertions(d *data) []assertion {
	seq := ids{dice: d.throw(assertionKind, 0, 1), gap: 6}
	out := make([]assertion, 152)
	for i := range out {
		out[i] = assertion{i: int32(i), id: seq.next()}
		out[i].draw(d)
	}
	return out
}

func (a *assertion) draw(d *data) {
	x := d.throw(assertionKind, a.id, 2)
	a.status = x.weighted(60, 33, 7)
	a.kind = x.weighted(50, 10, 15, 12, 13)
	a.direction = x.weighted(90, 10)
	a.amp = x.weighted(20, 30, 8, 12, 10, 8, 4, 8)
	a.origin = x.weighted(75, 8, 3, 8, 2, 1, 3)
	a.signif = x.of(assertionSignificances[a.kind])
	a.evidence = x.some(1+x.n(12), len(d.evidence))
	a.profile = d.evidence[a.evidence[0]].profile
	a.disease = d.evidence[a.evidence[0]].disease
	a.therapies = d.evidence[a.evidence[0]].therapies
	a.phenotypes = d.evidence[a.evidence[0]].phenotypes
	if a.kind == 3 {
		a.acmg = x.some(1+x.n(4), len(acmgCodes))
	}
	if a.kind == 4 {
		a.clingen = x.some(1+x.n(4), len(clingenCodes))
	}
}

func (a *assertion) get(d *data, field string) any {
	switch field {
	case "id":
		return a.id
	case "name":
		return fmt.Sprintf("AID%d", a.id)
	case "link":
		return fmt.Sprintf("/assertions/%d", a.id)
	case "status":
		return evidenceStatuses[a.status]
	case "assertionType":
		return assertionTypes[a.kind]
	case "assertionDirection":
		return evidenceDirections[a.direction]
	case "significance":
		return a.signif
	case "ampLevel":
		return ampLevels[a.amp]
	case "variantOrigin":
		return variantOrigins[a.origin]
	case "summary":
		return "Synthetic summary of AID" + fmt.Sprint(a.id) + ", with a comma."
	case "description", "descriptionReplaceEidWithSource", "descriptionWithNames", "descriptionWithNamesReplaceEidWithSource":
		return d.statement(assertionKind, a.id, d.profiles[a.profile].name(d))
	case "descriptionWithTags", "descriptionWithTagsReplaceEidWithSource":
		return []record{textSegment(d.statement(assertionKind, a.id, "it"))}
	case "molecularProfile":
		return &d.profiles[a.profile]
	case "disease":
		return d.disease(a.disease)
	case "evidenceItems":
		return pick(d.evidence, a.evidence)
	case "evidenceItemsCount":
		return len(a.evidence)
	case "therapies":
		return pick(d.therapies, a.therapies)
	case "therapyInteractionType":
		if len(a.therapies) > 1 {
			return "COMBINATION"
		}
		return nil
	case "phenotypes":
		return pick(d.phenotypes, a.phenotypes)
	case "acmgCodes":
		return codeRecords(acmgCodes, a.acmg)
	case "clingenCodes":
		return codeRecords(clingenCodes, a.clingen)
	case "submissionActivity":
		return d.log().firstOf(row{assertionKind, a.i}, submitAssertion)
	case "approvals":
		return rows{of: d.log().approvalsOf(a.i)}
	}
	if v := a.guideline(field); v != (unset{}) {
		return v
	}
	return d.moderated(row{assertionKind, a.i}, field)
}

// guideline gives the fields about guidelines and regulators.
func (a *assertion) guideline(field string) any {
	switch field {
	case "nccnGuideline":
		if a.id%3 == 0 {
			return nil
		}
		return guideline(1 + a.id%12)
	case "nccnGuidelineVersion":
		return []any{nil, "", "2.2018", "1.2024"}[a.id%4]
	case "fdaCompanionTest", "regulatoryApproval":
		return []any{nil, true, false}[a.id%3]
	case "fdaCompanionTestLastUpdated", "regulatoryApprovalLastUpdated":
		return []any{nil, moment(a.id * 86400)}[a.id%2]
	}
	return unset{}
}

// code is an ACMG or ClinGen code.
type code struct {
	id   int
	code string
}

func codeRecords(codes []string, at []int32) []record {
	out := make([]record, len(at))
	for i, c := range at {
		out[i] = code{int(c) + 1, codes[c]}
	}
	return out
}

func (c code) get(_ *data, field string) any {
	switch field {
	case "id":
		return c.id
	case "code", "name":
		return c.code
	case "description", "tooltip":
		return c.code + ": a synthetic description"
	case "exclusive":
		return false
	}
	return unset{}
}

// guideline is an NCCN guideline, by its id.
type guideline int

func (g guideline) get(_ *data, field string) any {
	switch field {
	case "id":
		return int(g)
	case "name":
		return fmt.Sprintf("Synthetic Guideline %d, Demo", int(g))
	}
	return unset{}
}
