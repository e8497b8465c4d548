package synthetic

import (
	"fmt"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// claim is the part that evidence items and assertions share.
type claim struct {
	base
	profile      *profile
	disease      *disease // may be nil
	therapies    []*therapy
	phenotypes   []*phenotype
	status       string
	direction    string
	origin       string
	significance string
}

func (c *claim) claimed() *claim { return c }

// topics returns the terms that the claim is about.
func (c *claim) topics() []*base {
	out := append(headers(c.therapies), headers(c.phenotypes)...)
	if c.disease != nil {
		out = append(out, &c.disease.base)
	}
	return out
}

type claimEntity interface {
	entity
	claimed() *claim
}

// claimFields are the fields of evidence items and assertions.
var claimFields = fieldsOf(map[string]func(claimEntity) any{
	"status":                               func(c claimEntity) any { return c.claimed().status },
	"significance":                         func(c claimEntity) any { return c.claimed().significance },
	"variantOrigin":                        func(c claimEntity) any { return c.claimed().origin },
	"molecularProfile":                     func(c claimEntity) any { return c.claimed().profile },
	"disease":                              func(c claimEntity) any { return optional(c.claimed().disease) },
	"therapies":                            func(c claimEntity) any { return record.List(c.claimed().therapies) },
	"phenotypes":                           func(c claimEntity) any { return record.List(c.claimed().phenotypes) },
	"evidenceDirection assertionDirection": func(c claimEntity) any { return c.claimed().direction },
	"description descriptionReplaceEidWithSource descriptionWithNames descriptionWithNamesReplaceEidWithSource": func(
		c claimEntity) any {
		return c.header().statement(c.claimed().profile.name())
	},
})

const taggedDescriptions = "descriptionWithTags descriptionWithTagsReplaceEidWithSource"

type evidence struct {
	claim
	source       *source
	evidenceType string
	level        string
	rating       uint8  // 0: null
	interaction  string // "": null
}

// How many evidence items there are: items of every status, and more that only wait for an editor, so that some two
// thirds are submitted.
const (
	evidenceCount = 12000
	waitingCount  = 2400
)

func drawEvidence(e *evidence, x *dice.Dice) {
	d := e.d
	e.status = word(x, "status")
	if e.i >= evidenceCount {
		e.status = "SUBMITTED"
	}
	e.evidenceType = word(x, "evidence type")
	e.level = word(x, "evidence level")
	e.rating = x.Weighted(5, 8, 22, 38, 22, 5)
	e.direction = word(x, "evidence direction")
	e.origin = word(x, "variant origin")
	e.significance = word(x, e.evidenceType+" evidence")
	e.profile = d.curatedProfile(x)
	e.source = d.sourceWhere(x, false)
	if !x.Chance(4) {
		e.disease = dice.Of(x, d.diseases[:diseaseCount-deprecatedTail])
	}
	if e.evidenceType == "PREDICTIVE" && !x.Chance(1) {
		e.therapies = dice.Some(x, 1+int(x.Weighted(70, 20, 8, 2)), d.therapies[:therapyCount-deprecatedTail])
	}
	if len(e.therapies) > 1 {
		e.interaction = word(x, "therapy interaction")
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

var evidenceFields = fieldsOf(map[string]func(*evidence) any{
	"evidenceType":           func(e *evidence) any { return e.evidenceType },
	"evidenceLevel":          func(e *evidence) any { return e.level },
	"evidenceRating":         func(e *evidence) any { return when(e.rating > 0, int(e.rating)) },
	taggedDescriptions:       func(e *evidence) any { return segment(e.statement(e.profile.name())) },
	"therapyInteractionType": func(e *evidence) any { return when(e.interaction != "", e.interaction) },
	"source":                 func(e *evidence) any { return e.source },
	"assertions":             func(e *evidence) any { return record.List(e.d.assertionsOf()[&e.base]) },
	"variantHgvs":            func(e *evidence) any { return fmt.Sprintf("NP_99%04d.1:p.demo", e.id) },
	"submissionActivity":     func(e *evidence) any { return e.firstOf("SUBMITTED") },
}, claimFields)
