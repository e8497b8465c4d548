package synthetic

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// profile is a molecular profile: one variant, or several joined by AND, OR and NOT. operators[i] stands before
// variants[i].
type profile struct {
	base
	variants  []*variant
	operators []string
}

// complexProfiles of several variants follow one profile for each variant.
const complexProfiles = 500

func drawProfile(p *profile, x *dice.Dice) {
	if p.i < len(p.d.variants) {
		v := p.d.variants[p.i]
		p.variants, p.operators, p.deprecated = []*variant{v}, []string{""}, v.deprecated
		v.single = p
		return
	}
	for _, v := range dice.Some(x, 2+x.N(3), p.d.variants) {
		if v.deprecated {
			continue
		}
		operator := word(x, "later operator")
		if len(p.variants) == 0 {
			operator = word(x, "first operator")
		}
		p.variants, p.operators = append(p.variants, v), append(p.operators, operator)
	}
	if len(p.variants) == 0 {
		p.variants, p.operators = p.d.variants[:1], []string{""}
	}
}

func (p *profile) name() string {
	return p.join(func(v *variant) string { return v.feature.named + " " + v.named })
}

func (p *profile) rawName() string {
	return p.join(func(v *variant) string { return fmt.Sprintf("#VID%d", v.id) })
}

func (p *profile) join(name func(*variant) string) string {
	var b strings.Builder
	for i, v := range p.variants {
		b.WriteString(p.operators[i] + name(v))
	}
	return b.String()
}

// parsedName returns the segments of the name: text, feature, variant.
func (p *profile) parsedName() []record.Record {
	out := []record.Record{}
	for i, v := range p.variants {
		if p.operators[i] != "" {
			out = append(out, textSegment(strings.TrimSpace(p.operators[i])))
		}
		out = append(out, v.feature, v)
	}
	return out
}

var profileFields = fieldsOf(map[string]func(*profile) any{
	"name":                     func(p *profile) any { return p.name() },
	"rawName":                  func(p *profile) any { return p.rawName() },
	"parsedName":               func(p *profile) any { return p.parsedName() },
	"description":              func(p *profile) any { return when(p.id%4 != 0, p.statement(p.name())) },
	"variants":                 func(p *profile) any { return record.List(p.variants) },
	"variantCount":             func(p *profile) any { return len(p.variants) },
	"isComplex isMultiVariant": func(p *profile) any { return len(p.variants) > 1 },
	"deprecationReason":        func(p *profile) any { return when(p.deprecated, "VARIANT_DEPRECATED") },
	"molecularProfileAliases":  func(p *profile) any { return aliases(p.dice(3), p.rawName()) },
	"molecularProfileScore":    func(p *profile) any { return p.d.scores()[p] },
	"sources":                  func(p *profile) any { return p.d.someSources(p.dice(4)) },
	"evidenceItems":            func(p *profile) any { return record.RowsOf(p.evidence()) },
	"assertions":               func(p *profile) any { return record.RowsOf(p.d.assertionsOf()[&p.base]) },
	"evidenceItemCount":        func(p *profile) any { return len(p.evidence()) },
	"evidenceCountsByStatus evidenceCountsByType": func(p *profile) any { return evidenceCounts{p} },
})

func (p *profile) evidence() []*evidence { return p.d.evidenceOf()[&p.base] }

// EvidenceStatus reports whether the profile has accepted and submitted evidence.
func (p *profile) EvidenceStatus() (hasAccepted, hasSubmitted bool) {
	return p.d.evidenceStatus([]*profile{p})
}

func (d *Data) evidenceStatus(profiles []*profile) (hasAccepted, hasSubmitted bool) {
	for _, p := range profiles {
		for _, e := range p.evidence() {
			hasAccepted = hasAccepted || e.status == "ACCEPTED"
			hasSubmitted = hasSubmitted || e.status == "SUBMITTED"
		}
	}
	return hasAccepted, hasSubmitted
}

// evidenceCount counts the evidence of profiles.
func (d *Data) evidenceCount(profiles []*profile) int {
	return total(profiles, func(p *profile) int { return len(p.evidence()) })
}

// score sums, for each profile, levels times ratings of its accepted evidence.
func (d *Data) score() map[*profile]float64 {
	weights := map[string]float64{"A": 10, "B": 5, "C": 3, "D": 1, "E": 0.25}
	out := map[*profile]float64{}
	for _, e := range d.evidence {
		if e.status == "ACCEPTED" {
			out[e.profile] += weights[e.level] * float64(e.rating)
		}
	}
	return out
}

// evidenceCounts counts a profile's evidence by status and by type.
type evidenceCounts struct{ *profile }

// Field implements record.Record.
func (c evidenceCounts) Field(name string) any {
	if name == "molecularProfileId" {
		return c.id
	}
	want := strings.ToUpper(strings.TrimSuffix(name, "Count"))
	return count(c.evidence(), func(e *evidence) bool {
		return e.status == want || e.evidenceType == want
	})
}

// group is a group of variants.
type group struct {
	base
	variants []*variant
}

// drawGroup draws a group. The second holds 257 variants, more than a page of a nested connection; the third none.
func drawGroup(g *group, x *dice.Dice) {
	size := 2 + x.N(20)
	switch g.i {
	case 1:
		size = 257
	case 2:
		size = 0
	}
	all := g.d.variants
	for at := x.N(len(all)); len(g.variants) < size; at = (at + 7) % len(all) {
		if !all[at].deprecated {
			g.variants = append(g.variants, all[at])
		}
	}
}

var groupFields = fieldsOf(map[string]func(*group) any{
	"description":  func(g *group) any { return g.statement(g.name()) },
	"variants":     func(g *group) any { return record.RowsOf(g.variants) },
	"variantCount": func(g *group) any { return len(g.variants) },
	"variantNames": func(g *group) any { return record.Map(g.variants, func(v *variant) string { return v.named }) },
	"featureNames": func(g *group) any {
		return record.Map(g.variants, func(v *variant) string { return v.feature.named })
	},
	"sources": func(g *group) any { return g.d.someSources(g.dice(3)) },
	"evidenceItemCount": func(g *group) any {
		return total(g.variants, func(v *variant) int { return g.d.evidenceCount(v.profiles()) })
	},
})
