package synthetic

import (
	"fmt"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

type evidence struct {
	base
	profile     *profile
	source      *source
	disease     *disease // may be nil
	therapies   []*therapy
	phenotypes  []*phenotype
	status      uint8
	kind        uint8
	level       uint8
	rating      uint8 // 0: null
	direction   uint8
	interaction uint8 // of therapyInteractions
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
	// evidenceSignificances holds the legal significances of each of evidenceTypes; repeated ones are more frequent.
	evidenceSignificances = [][]string{
		{"SENSITIVITYRESPONSE", "SENSITIVITYRESPONSE", "SENSITIVITYRESPONSE",
			"RESISTANCE", "RESISTANCE", "ADVERSE_RESPONSE", "REDUCED_SENSITIVITY", "NA"},
		{"POOR_OUTCOME", "POOR_OUTCOME", "BETTER_OUTCOME", "NA"},
		{"POSITIVE", "POSITIVE", "NEGATIVE"},
		{"PREDISPOSITION", "PROTECTIVENESS", "PATHOGENIC", "LIKELY_PATHOGENIC",
			"BENIGN", "LIKELY_BENIGN", "UNCERTAIN_SIGNIFICANCE", "NA"},
		{"GAIN_OF_FUNCTION", "LOSS_OF_FUNCTION", "UNALTERED_FUNCTION", "NEOMORPHIC", "DOMINANT_NEGATIVE", "UNKNOWN"},
		{"ONCOGENICITY", "LIKELY_ONCOGENIC", "UNCERTAIN_SIGNIFICANCE", "BENIGN", "LIKELY_BENIGN"},
	}
)

func drawEvidence(e *evidence, x *dice.Dice) {
	d := e.d
	e.status = x.Weighted(404, 560, 36)
	e.kind = x.Weighted(56, 16, 10, 8, 5, 5)
	e.level = x.Weighted(3, 35, 25, 33, 4)
	e.rating = x.Weighted(5, 8, 22, 38, 22, 5)
	e.direction = x.Weighted(85, 14, 1)
	e.origin = x.Weighted(75, 8, 3, 8, 2, 1, 3)
	e.signif = dice.Of(x, evidenceSignificances[e.kind])
	e.profile = d.curatedProfile(x)
	e.source = d.sourceWhere(x, false)
	if !x.Chance(4) {
		e.disease = dice.Of(x, d.diseases[:diseaseCount-deprecatedTail])
	}
	if e.kind == 0 && !x.Chance(1) {
		e.therapies = dice.Some(x, 1+int(x.Weighted(70, 20, 8, 2)), d.therapies[:therapyCount-deprecatedTail])
	}
	if len(e.therapies) > 1 {
		e.interaction = 1 + x.Weighted(70, 10, 20)
	}
	if x.Chance(12) {
		e.phenotypes = dice.Some(x, 1+x.N(4), d.phenotypes)
	}
	if x.N(300) == 0 {
		e.source = d.sourceWhere(x, true)
	}
}

// curatedProfile draws a profile. It favours some, as curators do; none is deprecated.
func (d *Data) curatedProfile(x *dice.Dice) *profile {
	for {
		list := d.profiles
		if x.Chance(30) {
			list = list[:60]
		}
		if p := dice.Of(x, list); !p.deprecated {
			return p
		}
	}
}

// Field implements record.Record.
func (e *evidence) Field(name string) any { return value(evidenceFields, e, name) }

// Names of the texts of evidence items and assertions.
const (
	descriptions = "description descriptionReplaceEidWithSource descriptionWithNames " +
		"descriptionWithNamesReplaceEidWithSource"
	taggedDescriptions = "descriptionWithTags descriptionWithTagsReplaceEidWithSource"
)

var evidenceFields = record.NewFields(map[string]func(*evidence) any{
	"status":                 func(e *evidence) any { return evidenceStatuses[e.status] },
	"evidenceType":           func(e *evidence) any { return evidenceTypes[e.kind] },
	"evidenceLevel":          func(e *evidence) any { return evidenceLevels[e.level] },
	"evidenceRating":         func(e *evidence) any { return when(e.rating > 0, int(e.rating)) },
	"evidenceDirection":      func(e *evidence) any { return evidenceDirections[e.direction] },
	"significance":           func(e *evidence) any { return e.signif },
	"variantOrigin":          func(e *evidence) any { return variantOrigins[e.origin] },
	descriptions:             func(e *evidence) any { return e.statement(e.profile.name()) },
	taggedDescriptions:       func(e *evidence) any { return segment(e.statement(e.profile.name())) },
	"molecularProfile":       func(e *evidence) any { return e.profile },
	"disease":                func(e *evidence) any { return optional(e.disease) },
	"therapies":              func(e *evidence) any { return record.List(e.therapies) },
	"therapyInteractionType": func(e *evidence) any { return therapyInteractions[e.interaction] },
	"phenotypes":             func(e *evidence) any { return record.List(e.phenotypes) },
	"source":                 func(e *evidence) any { return e.source },
	"assertions":             func(e *evidence) any { return record.List(e.d.assertionsOf()[&e.base]) },
	"variantHgvs":            func(e *evidence) any { return fmt.Sprintf("NP_99%04d.1:p.demo", e.id) },
	"submissionActivity":     func(e *evidence) any { return e.firstOf(submitEvidence) },
})
