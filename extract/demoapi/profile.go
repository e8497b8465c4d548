package demoapi

import (
	"fmt"
	"strings"
)

// profile is a molecular profile: one variant, or several joined by AND, OR
// and NOT. glue[i] stands before variants[i].
type profile struct {
	i          int32
	id         int
	variants   []int32
	glue       []string
	deprecated bool
}

// profiles of several variants, after one of each variant's own.
const complexProfiles = 500

func makeProfiles(d *data) []profile {
	seq := ids{dice: d.throw(profileKind, 0, 1), gap: 10}
	out := make([]profile, len(d.variants)+complexProfiles)
	for i := range out {
		p := profile{i: int32(i), id: seq.next()}
		if i < len(d.variants) {
			p.variants, p.glue = []int32{int32(i)}, []string{""}
			p.deprecated = d.variants[i].deprecated
			d.variants[i].single = int32(i)
		} else {
			p.join(d)
		}
		out[i] = p
	}
	return out
}

func (p *profile) join(d *data) {
	x := d.throw(profileKind, p.id, 2)
	for _, v := range x.some(2+x.n(3), len(d.variants)) {
		if d.variants[v].deprecated {
			continue
		}
		glue := []string{" AND ", " AND ", " OR ", " AND NOT "}[x.n(4)]
		if len(p.variants) == 0 {
			glue = []string{"", "", "", "NOT "}[x.n(4)]
		}
		p.variants, p.glue = append(p.variants, v), append(p.glue, glue)
	}
	if len(p.variants) == 0 {
		p.variants, p.glue = []int32{0}, []string{""}
	}
}

func (p *profile) name(d *data) string {
	if len(p.variants) == 1 {
		v := &d.variants[p.variants[0]]
		return p.glue[0] + d.features[v.feature].name + " " + v.name
	}
	var b strings.Builder
	for i, at := range p.variants {
		v := &d.variants[at]
		b.WriteString(p.glue[i] + d.features[v.feature].name + " " + v.name)
	}
	return b.String()
}

func (p *profile) rawName(d *data) string {
	var b strings.Builder
	for i, at := range p.variants {
		fmt.Fprintf(&b, "%s#VID%d", p.glue[i], d.variants[at].id)
	}
	return b.String()
}

// parsedName gives the name in segments: text, feature, variant.
func (p *profile) parsedName(d *data) []record {
	out := []record{}
	for i, at := range p.variants {
		if p.glue[i] != "" {
			out = append(out, textSegment(strings.TrimSpace(p.glue[i])))
		}
		v := &d.variants[at]
		out = append(out, &d.features[v.feature], v)
	}
	return out
}

func (p *profile) get(d *data, field string) any {
	switch field {
	case "id":
		return p.id
	case "name":
		return p.name(d)
	case "rawName":
		return p.rawName(d)
	case "parsedName":
		return p.parsedName(d)
	case "link":
		return fmt.Sprintf("/molecular-profiles/%d", p.id)
	case "description":
		if p.id%4 == 0 {
			return nil
		}
		return d.statement(profileKind, p.id, p.name(d))
	case "variants":
		return pick(d.variants, p.variants)
	case "variantCount":
		return len(p.variants)
	case "isComplex", "isMultiVariant":
		return len(p.variants) > 1
	case "deprecated":
		return p.deprecated
	case "deprecationReason":
		if p.deprecated {
			return "VARIANT_DEPRECATED"
		}
		return nil
	case "molecularProfileAliases":
		return aliases(d.throw(profileKind, p.id, 3), p.rawName(d))
	case "molecularProfileScore":
		return d.scores()[p.i]
	case "sources":
		x := d.throw(profileKind, p.id, 4)
		return pick(d.sources, x.some(x.n(3), len(d.sources)))
	case "evidenceItems":
		return rows{of: pick(d.evidence, d.evidenceOf.profile()[p.i])}
	case "assertions":
		return rows{of: pick(d.assertions, d.assertedOf.profile()[p.i])}
	case "evidenceItemCount":
		return len(d.evidenceOf.profile()[p.i])
	case "assertionCount":
		return len(d.assertedOf.profile()[p.i])
	case "evidenceCountsByStatus", "evidenceCountsByType":
		return evidenceCounts{p}
	}
	return d.curated(row{profileKind, p.i}, field)
}

// score gives every profile's: the accepted evidence's levels times ratings.
func (d *data) score() []float64 {
	weight := []float64{10, 5, 3, 1, 0.25}
	out := make([]float64, len(d.profiles))
	for i := range d.evidence {
		if e := &d.evidence[i]; e.status == accepted {
			out[e.profile] += weight[e.level] * float64(e.rating)
		}
	}
	return out
}

// evidenceCount is how much evidence the profiles have together.
func (d *data) evidenceCount(profiles []int32) int {
	n := 0
	for _, p := range profiles {
		n += len(d.evidenceOf.profile()[p])
	}
	return n
}

// evidenceCounts counts a profile's evidence by status and by type.
type evidenceCounts struct{ *profile }

func (c evidenceCounts) get(d *data, field string) any {
	if field == "molecularProfileId" {
		return c.id
	}
	want := strings.ToUpper(strings.TrimSuffix(field, "Count"))
	n := 0
	for _, e := range d.evidenceOf.profile()[c.i] {
		if evidenceStatuses[d.evidence[e].status] == want || evidenceTypes[d.evidence[e].kind] == want {
			n++
		}
	}
	return n
}

// textSegment is plain text between links, in names and in comments.
type textSegment string

func (s textSegment) get(_ *data, field string) any {
	if field == "text" {
		return string(s)
	}
	return unset{}
}
