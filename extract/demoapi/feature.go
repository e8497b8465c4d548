package demoapi

import "fmt"

// feature is a gene, factor, fusion or region. instance is the id of that
// kind's own table, which `ids` of genes, factors, fusions and regions matches.
type feature struct {
	i          int32
	id         int
	instance   int
	kind       uint8
	name       string
	deprecated bool
	five       int32 // of a fusion: its partner genes, -1 for none
	three      int32
}

const (
	geneFeature uint8 = iota
	factorFeature
	fusionFeature
	regionFeature
)

var (
	featureTypes   = []string{"GENE", "FACTOR", "FUSION", "REGION"}
	featureObjects = []string{"Gene", "Factor", "Fusion", "Region"}
)

func makeFeatures(d *data) []feature {
	const genes = 470
	seq := ids{dice: d.throw(featureKind, 0, 1), gap: 9}
	out := make([]feature, 600)
	for i := range out {
		f := feature{i: int32(i), id: seq.next(), five: -1, three: -1}
		x := d.throw(featureKind, f.id, 2)
		switch {
		case i < genes:
			f.name = fmt.Sprintf("SYN%d", i+1)
		case i < 500:
			f.kind, f.name = factorFeature, fmt.Sprintf("Synthetic Signature %d", i-genes+1)
		case i < 585:
			f.kind = fusionFeature
			f.name = f.partners(x, out[:genes])
		default:
			f.kind, f.name = regionFeature, fmt.Sprintf("demo %dq%d.%d", 1+i%22, 11+i%20, i%4)
		}
		f.instance = 3000 + 7*(600-i) // falls as id rises, and never equals an id
		f.deprecated = x.chance(2)
		out[i] = f
	}
	return out
}

// partners draws a fusion's genes and gives its name; a partner that is not
// known is v, one of many is +.
func (f *feature) partners(x dice, genes []feature) string {
	two := x.some(2, len(genes))
	five, three := "v", genes[two[1]].name
	f.three = two[1]
	if x.chance(70) {
		f.five, five = two[0], genes[two[0]].name
	} else if x.chance(15) {
		f.three, three = -1, "v"
		f.five, five = two[0], genes[two[0]].name
	}
	return five + "::" + three
}

func (f *feature) get(d *data, field string) any {
	x := d.throw(featureKind, f.id, 3)
	switch field {
	case "id":
		return f.id
	case "name":
		return f.name
	case "link":
		return fmt.Sprintf("/features/%d", f.id)
	case "fullName":
		if f.kind == fusionFeature || x.chance(20) {
			return nil
		}
		return "synthetic " + f.name + ", an invented feature"
	case "description":
		if x.chance(15) {
			return ""
		}
		return d.statement(featureKind, f.id, f.name)
	case "featureAliases":
		return aliases(x, f.name)
	case "featureType", "featureInstanceType":
		return featureTypes[f.kind]
	case "featureInstance":
		return f
	case "featureInstanceId":
		return f.instance
	case "deprecated":
		return f.deprecated
	case "deprecationReason":
		if f.deprecated {
			return "DUPLICATE"
		}
		return nil
	case "sources":
		return pick(d.sources, x.some(x.n(3), len(d.sources)))
	case "variants":
		return rows{of: pick(d.variants, d.variantsOf.feature()[f.i])}
	case "variantCount":
		return len(d.variantsOf.feature()[f.i])
	case "stats":
		return featureStats{f}
	case "molecularProfileCount", "evidenceItemCount", "assertionCount":
		return featureStats{f}.get(d, field)
	case "creationActivity":
		return d.log().firstOf(row{featureKind, f.i}, createFeature)
	}
	if v := f.own(d, field); v != (unset{}) {
		return v
	}
	return d.curated(row{featureKind, f.i}, field)
}

// own gives the fields of one kind of feature only.
func (f *feature) own(d *data, field string) any {
	switch field {
	case "entrezId":
		return 900000000 + f.id
	case "ncitId":
		if f.id%3 == 0 {
			return nil
		}
		return fmt.Sprintf("C9%05d", f.id)
	case "fivePrimeGene":
		return d.gene(f.five)
	case "threePrimeGene":
		return d.gene(f.three)
	case "fivePrimePartnerStatus":
		return partnerStatus(f.five)
	case "threePrimePartnerStatus":
		return partnerStatus(f.three)
	case "knownPartnerGenes":
		out := []record{}
		for _, g := range []int32{f.five, f.three} {
			if g >= 0 {
				out = append(out, &d.features[g])
			}
		}
		return out
	}
	return unset{}
}

func (d *data) gene(i int32) any {
	if i < 0 {
		return nil
	}
	return &d.features[i]
}

func partnerStatus(i int32) string {
	if i < 0 {
		return "MULTIPLE"
	}
	return "KNOWN"
}

func aliases(x dice, name string) []string {
	out := []string{}
	for n := range x.n(4) {
		out = append(out, fmt.Sprintf("%s alias %d, with a comma", name, n+1))
	}
	return out
}

// featureStats counts what hangs on a feature.
type featureStats struct{ *feature }

func (s featureStats) get(d *data, field string) any {
	profiles, ev, as := 0, 0, 0
	for _, v := range d.variantsOf.feature()[s.i] {
		for _, p := range d.profilesOf.variant()[v] {
			profiles++
			ev += len(d.evidenceOf.profile()[p])
			as += len(d.assertedOf.profile()[p])
		}
	}
	switch field {
	case "molecularProfileCount":
		return profiles
	case "evidenceItemCount":
		return ev
	case "assertionCount":
		return as
	case "variantCount":
		return len(d.variantsOf.feature()[s.i])
	}
	return unset{}
}
