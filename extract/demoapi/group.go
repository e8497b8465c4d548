package demoapi

import "fmt"

type group struct {
	i        int32
	id       int
	variants []int32
}

// makeGroups makes 30 groups. The second holds 257 variants, more than a
// nested connection shows; the third none.
func makeGroups(d *data) []group {
	seq := ids{dice: d.throw(groupKind, 0, 1), gap: 3}
	out := make([]group, 30)
	for i := range out {
		g := group{i: int32(i), id: seq.next()}
		x := d.throw(groupKind, g.id, 2)
		size := 2 + x.n(20)
		if i == 1 {
			size = 257
		}
		if i == 2 {
			size = 0
		}
		for at := int32(x.n(len(d.variants))); len(g.variants) < size; at = (at + 7) % int32(len(d.variants)) {
			if !d.variants[at].deprecated {
				g.variants = append(g.variants, at)
			}
		}
		out[i] = g
	}
	return out
}

func (g *group) name() string { return fmt.Sprintf("Synthetic Group %d", g.id) }

func (g *group) get(d *data, field string) any {
	switch field {
	case "id":
		return g.id
	case "name":
		return g.name()
	case "description":
		return d.statement(groupKind, g.id, g.name())
	case "link":
		return fmt.Sprintf("/variant-groups/%d", g.id)
	case "variants":
		return rows{of: pick(d.variants, g.variants)}
	case "variantCount":
		return len(g.variants)
	case "variantNames":
		out := []string{}
		for _, v := range g.variants {
			out = append(out, d.variants[v].name)
		}
		return out
	case "featureNames":
		out := []string{}
		for _, v := range g.variants {
			out = append(out, d.features[d.variants[v].feature].name)
		}
		return out
	case "evidenceItemCount":
		n := 0
		for _, v := range g.variants {
			n += d.evidenceCount(d.profilesOf.variant()[v])
		}
		return n
	case "sources":
		x := d.throw(groupKind, g.id, 3)
		return pick(d.sources, x.some(x.n(3), len(d.sources)))
	}
	return d.curated(row{groupKind, g.i}, field)
}
