package demoapi

import "fmt"

type evidence struct {
	i           int32
	id          int
	profile     int32
	source      int32
	disease     int32 // -1: null
	therapies   []int32
	phenotypes  []int32
	status      uint8
	kind        uint8
	level       uint8
	rating      uint8 // 0: null
	direction   uint8
	interaction uint8 // therapyInteractions; 0: null
	origin      uint8
	signif      string
}

const (
	accepted uint8 = iota
	submitted
	rejected
)

var (
	evidenceStatuses    = []string{"ACCEPTED", "SUBMITTED", "REJECTED"}
	evidenceTypes       = []string{"PREDICTIVE", "PROGNOSTIC", "DIAGNOSTIC", "PREDISPOSING", "FUNCTIONAL", "ONCOGENIC"}
	evidenceLevels      = []string{"A", "B", "C", "D", "E"}
	evidenceDirections  = []string{"SUPPORTS", "DOES_NOT_SUPPORT", "NA"}
	therapyInteractions = []any{nil, "COMBINATION", "SEQUENTIAL", "SUBSTITUTES"}
	variantOrigins      = []string{"SOMATIC", "RARE_GERMLINE", "COMMON_GERMLINE", "UNKNOWN", "COMBINED", "MIXED", "NA"}
	// evidenceSignificances holds, for each of evidenceTypes, what may be said.
	evidenceSignificances = [][]string{
		{"SENSITIVITYRESPONSE", "SENSITIVITYRESPONSE", "SENSITIVITYRESPONSE", "RESISTANCE", "RESISTANCE", "ADVERSE_RESPONSE", "REDUCED_SENSITIVITY", "NA"},
		{"POOR_OUTCOME", "POOR_OUTCOME", "BETTER_OUTCOME", "NA"},
		{"POSITIVE", "POSITIVE", "NEGATIVE"},
		{"PREDISPOSITION", "PROTECTIVENESS", "PATHOGENIC", "LIKELY_PATHOGENIC", "BENIGN", "LIKELY_BENIGN", "UNCERTAIN_SIGNIFICANCE", "NA"},
		{"GAIN_OF_FUNCTION", "LOSS_OF_FUNCTION", "UNALTERED_FUNCTION", "NEOMORPHIC", "DOMINANT_NEGATIVE", "UNKNOWN"},
		{"ONCOGENICITY", "LIKELY_ONCOGENIC", "UNCERTAIN_SIGNIFICANCE", "BENIGN", "LIKELY_BENIGN"},
	}
)

func makeEvidence(d *data) []evidence {
	seq := ids{dice: d.throw(evidenceKind, 0, 1), gap: 13}
	out := make([]evidence, 12000)
	for i := range out {
		out[i] = evidence{i: int32(i), id: seq.next()}
		out[i].draw(d)
	}
	return out
}

func (e *evidence) draw(d *data) {
	x := d.throw(evidenceKind, e.id, 2)
	e.status = x.weighted(404, 560, 36)
	e.kind = x.weighted(56, 16, 10, 8, 5, 5)
	e.level = x.weighted(3, 35, 25, 33, 4)
	e.rating = x.weighted(5, 8, 22, 38, 22, 5)
	e.direction = x.weighted(85, 14, 1)
	e.origin = x.weighted(75, 8, 3, 8, 2, 1, 3)
	e.signif = x.of(evidenceSignificances[e.kind])
	e.profile = d.drawProfile(&x)
	e.source = d.drawSource(&x)
	e.disease = -1
	if !x.chance(4) {
		e.disease = int32(x.n(len(d.diseases) - deprecatedTail))
	}
	if e.kind == 0 && !x.chance(1) {
		e.therapies = x.some(1+int(x.weighted(70, 20, 8, 2)), len(d.therapies)-deprecatedTail)
	}
	if len(e.therapies) > 1 {
		e.interaction = 1 + x.weighted(70, 10, 20)
	}
	if x.chance(12) {
		e.phenotypes = x.some(1+x.n(4), len(d.phenotypes))
	}
	if x.n(300) == 0 {
		e.source = d.drawRetracted(&x)
	}
}

// drawProfile favours some, as curators do; none is deprecated.
func (d *data) drawProfile(x *dice) int32 {
	for {
		limit := len(d.profiles)
		if x.chance(30) {
			limit = 60
		}
		if p := int32(x.n(limit)); !d.profiles[p].deprecated {
			return p
		}
	}
}

func (e *evidence) get(d *data, field string) any {
	switch field {
	case "id":
		return e.id
	case "name":
		return fmt.Sprintf("EID%d", e.id)
	case "link":
		return fmt.Sprintf("/evidence/%d", e.id)
	case "status":
		return evidenceStatuses[e.status]
	case "evidenceType":
		return evidenceTypes[e.kind]
	case "evidenceLevel":
		return evidenceLevels[e.level]
	case "evidenceRating":
		if e.rating == 0 {
			return nil
		}
		return int(e.rating)
	case "evidenceDirection":
		return evidenceDirections[e.direction]
	case "significance":
		return e.signif
	case "variantOrigin":
		return variantOrigins[e.origin]
	case "description", "descriptionReplaceEidWithSource", "descriptionWithNames", "descriptionWithNamesReplaceEidWithSource":
		return d.statement(evidenceKind, e.id, d.profiles[e.profile].name(d))
	case "descriptionWithTags", "descriptionWithTagsReplaceEidWithSource":
		return []record{textSegment(d.statement(evidenceKind, e.id, d.profiles[e.profile].name(d)))}
	case "molecularProfile":
		return &d.profiles[e.profile]
	case "disease":
		return d.disease(e.disease)
	case "therapies":
		return pick(d.therapies, e.therapies)
	case "therapyInteractionType":
		return therapyInteractions[e.interaction]
	case "phenotypes":
		return pick(d.phenotypes, e.phenotypes)
	case "source":
		return &d.sources[e.source]
	case "assertions":
		return pick(d.assertions, d.assertedOf.evidence()[e.i])
	case "variantHgvs":
		return fmt.Sprintf("NP_99%04d.1:p.demo", e.id)
	case "submissionActivity":
		return d.log().firstOf(row{evidenceKind, e.i}, submitEvidence)
	}
	return d.moderated(row{evidenceKind, e.i}, field)
}

func (d *data) disease(i int32) any {
	if i < 0 {
		return nil
	}
	return &d.diseases[i]
}
