package synthetic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// profile is a molecular profile: one variant, or several joined by AND, OR and NOT. words are its name: operators,
// parentheses, and the places of variants.
type profile struct {
	base
	variants []*variant
	words    []string
}

// complexProfiles of several variants follow one profile for each variant.
const complexProfiles = 500

// knownProfiles are the first complex ones: places among the well-known variants, and how they are joined.
var knownProfiles = []struct {
	variants []int
	shape    string
}{
	{[]int{1, 2}, "0 AND 1"},
	{[]int{0, 4}, "0 AND NOT 1"},
	{[]int{0, 6, 4}, "0 AND ( 1 OR 2 )"},
	{[]int{0, 1, 6, 4, 5}, "0 AND ( 1 OR 2 AND 3 OR 4 )"},
}

func drawProfile(p *profile, x *dice.Dice) {
	all := p.d.variants
	if p.i < len(all) {
		v := all[p.i]
		p.variants, p.words, p.deprecated = []*variant{v}, []string{"0"}, v.deprecated
		v.single = p
		return
	}
	if i := p.i - len(all); i < len(knownProfiles) {
		for _, n := range knownProfiles[i].variants {
			p.variants = append(p.variants, all[firstKnown+n])
		}
		p.words = strings.Fields(knownProfiles[i].shape)
		return
	}
	drawn := append(dice.Some(x, 2+x.N(3), all), all[x.N(featureCount)])
	if p.i%5 > 0 {
		drawn = drawn[:len(drawn)-1]
	}
	for _, v := range drawn {
		if !v.deprecated && !slices.Contains(p.variants, v) {
			p.variants = append(p.variants, v)
		}
	}
	if len(p.variants) == 0 {
		p.variants = all[:1]
	}
	p.drawWords(x)
}

// drawWords joins the variants. Some profiles have AND and OR side by side, which is ambiguous; the API has such too.
func (p *profile) drawWords(x *dice.Dice) {
	shape := "0"
	last := fmt.Sprint(len(p.variants) - 1)
	for last != "0" && (!strings.Contains(shape, last) || strings.Contains(shape, fmt.Sprint(len(p.variants)))) {
		shape = word(x, "profile shape")
	}
	for w := range strings.FieldsSeq(shape) {
		if isPlace(w) && x.Chance(20) {
			p.words = append(p.words, "NOT")
		}
		p.words = append(p.words, w)
	}
}

// isPlace reports whether a word of a profile is the place of a variant.
func isPlace(word string) bool { return word[0] >= '0' && word[0] <= '9' }

func (p *profile) name() string {
	return p.join(func(v *variant) string { return v.feature.named + " " + v.named })
}

func (p *profile) rawName() string {
	return p.join(func(v *variant) string { return fmt.Sprintf("#VID%d", v.id) })
}

func (p *profile) join(name func(*variant) string) string {
	return strings.Join(record.Map(p.words, func(w string) string {
		if isPlace(w) {
			return name(p.variants[w[0]-'0'])
		}
		return w
	}), " ")
}

// parsedName returns the segments of the name: text, feature, variant.
func (p *profile) parsedName() []record.Record {
	out, text := []record.Record{}, []string(nil)
	for _, w := range p.words {
		if !isPlace(w) {
			text = append(text, w)
			continue
		}
		if len(text) > 0 {
			out, text = append(out, textSegment(strings.Join(text, " "))), nil
		}
		v := p.variants[w[0]-'0']
		out = append(out, v.feature, v)
	}
	if len(text) > 0 {
		out = append(out, textSegment(strings.Join(text, " ")))
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
