package synthetic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/genome"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// feature is a gene, factor, fusion or region. instance is the id in that kind's own table, which the argument ids of
// genes, factors, fusions and regions matches.
type feature struct {
	base
	instance    int
	featureType string
	five        *feature // partner genes of a fusion; nil: unknown
	three       *feature
	region      genome.Region // of a gene
	gene        *genome.Gene  // if the gene is a well-known one
}

// How many features have variants, genes first; how many genes are only partners of fusions; where well-known genes
// and fusions begin.
const (
	featureCount = 600
	geneCount    = 470
	partnerCount = 20
	firstKnown   = 20
	firstFusion  = 500
)

// knownFusions are the partners of the first fusions.
var knownFusions = [][2]string{{"EML4", "ALK"}, {"BCR", "ABL1"}, {"KIF5B", "RET"}}

func drawFeature(f *feature, x *dice.Dice) {
	switch {
	case f.i < geneCount:
		f.drawGene(f.i, f.i-firstKnown, true)
	case f.i >= featureCount:
		f.drawGene(geneCount+f.i-featureCount, f.i-featureCount, false)
	case f.i < firstFusion:
		f.featureType, f.named = "FACTOR", fmt.Sprintf("Synthetic Signature %d", f.i-geneCount+1)
	case f.i < 585:
		f.featureType = "FUSION"
		f.drawPartners(*x)
	default:
		f.featureType, f.named = "REGION", fmt.Sprintf("demo %dq%d.%d", 1+f.i%22, 11+f.i%20, f.i%4)
	}
	f.instance = 3000 + 7*(featureCount-f.i) // falls as id rises, and never equals an id
	f.deprecated = x.Chance(2) && f.i < featureCount
}

// drawGene makes a gene: the well-known gene with a place among those with or without variants, or else an invented
// one with a number.
func (f *feature) drawGene(number, place int, withVariants bool) {
	f.featureType, f.named = "GENE", fmt.Sprintf("SYN%d", number+1)
	f.region = genome.Invented(f.dice(6))
	for _, g := range f.d.genes {
		if len(g.Known) > 0 == withVariants {
			if place == 0 {
				f.gene, f.named, f.region = g, g.Name, g.Region
			}
			place--
		}
	}
}

// drawPartners draws the genes of a fusion, and its name. An unknown partner is named v.
func (f *feature) drawPartners(x dice.Dice) {
	two := dice.Some(&x, 2, f.d.features[:geneCount])
	f.three = two[1]
	if x.Chance(70) {
		f.five = two[0]
	} else if x.Chance(15) {
		f.three, f.five = nil, two[0]
	}
	f.nameFusion()
}

func (f *feature) nameFusion() {
	name := func(gene *feature) string {
		if gene == nil {
			return "v"
		}
		return gene.named
	}
	f.named = name(f.five) + "::" + name(f.three)
}

// joinPartners makes the well-known fusions, and gives fusions the genes that have no variants of their own.
func (d *Data) joinPartners() {
	genes := map[string]*feature{}
	for _, f := range d.features {
		genes[f.named] = f
	}
	for i, f := range d.features[featureCount:] {
		fusion := d.features[firstFusion+i]
		switch {
		case i < len(knownFusions):
			fusion.five, fusion.three = genes[knownFusions[i][0]], genes[knownFusions[i][1]]
		case i%2 == 0 || fusion.three == nil:
			fusion.five = f
		default:
			fusion.three = f
		}
		fusion.nameFusion()
	}
}

// object is the object type of the kind of feature: Gene, Factor, Fusion or Region.
func (f *feature) object() string { return f.featureType[:1] + strings.ToLower(f.featureType[1:]) }

// TypeName is the feature's own type where instances of features are asked for.
func (f *feature) TypeName(abstract string) string {
	if abstract == "FeatureInstance" {
		return f.object()
	}
	return "Feature"
}

var featureFields = fieldsOf(map[string]func(*feature) any{
	"fullName": func(f *feature) any {
		known := f.featureType != "FUSION" && !f.dice(3).Chance(20)
		return when(known, "synthetic "+f.named+", an invented feature")
	},
	"description": func(f *feature) any {
		if f.dice(3).Chance(15) {
			return ""
		}
		return f.statement(f.named)
	},
	"featureType featureInstanceType": func(f *feature) any { return f.featureType },
	"featureInstance stats":           func(f *feature) any { return f },
	"featureInstanceId":               func(f *feature) any { return f.instance },
	"sources":                         func(f *feature) any { return f.d.someSources(f.dice(3)) },
	"variants":                        func(f *feature) any { return record.RowsOf(f.variants()) },
	"variantCount":                    func(f *feature) any { return len(f.variants()) },
	"molecularProfileCount":           func(f *feature) any { return len(f.profiles()) },
	"evidenceItemCount":               func(f *feature) any { return f.d.evidenceCount(f.profiles()) },
	"assertionCount": func(f *feature) any {
		return total(f.profiles(), func(p *profile) int { return len(f.d.assertionsOf()[&p.base]) })
	},
	"creationActivity": func(f *feature) any { return f.firstOf("FEATURE_CREATED") },
	// Fields of one kind of feature only.
	"entrezId":                func(f *feature) any { return f.entrezID() },
	"ncitId":                  func(f *feature) any { return when(f.id%3 != 0, fmt.Sprintf("C9%05d", f.id)) },
	"fivePrimeGene":           func(f *feature) any { return optional(f.five) },
	"threePrimeGene":          func(f *feature) any { return optional(f.three) },
	"fivePrimePartnerStatus":  func(f *feature) any { return partnerStatus(f.five) },
	"threePrimePartnerStatus": func(f *feature) any { return partnerStatus(f.three) },
	"knownPartnerGenes": func(f *feature) any {
		genes := []*feature{f.five, f.three}
		return record.List(slices.DeleteFunc(genes, func(g *feature) bool { return g == nil }))
	},
})

func (f *feature) entrezID() int {
	if f.gene != nil {
		return f.gene.Entrez
	}
	return 900000000 + f.id
}

func (f *feature) variants() []*variant { return f.d.variantsOf()[&f.base] }

// profiles returns the molecular profiles of the feature's variants, one once for each of its variants.
func (f *feature) profiles() []*profile {
	var out []*profile
	for _, v := range f.variants() {
		out = append(out, v.profiles()...)
	}
	return out
}

// EvidenceStatus reports whether the feature has accepted and submitted evidence.
func (f *feature) EvidenceStatus() (hasAccepted, hasSubmitted bool) {
	return f.d.evidenceStatus(f.profiles())
}

func partnerStatus(gene *feature) string {
	if gene == nil {
		return "MULTIPLE"
	}
	return "KNOWN"
}
