package synthetic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
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
}

// How many features there are, genes first.
const (
	featureCount = 600
	geneCount    = 470
)

func drawFeature(f *feature, x *dice.Dice) {
	switch {
	case f.i < geneCount:
		f.featureType, f.named = "GENE", fmt.Sprintf("SYN%d", f.i+1)
	case f.i < 500:
		f.featureType, f.named = "FACTOR", fmt.Sprintf("Synthetic Signature %d", f.i-geneCount+1)
	case f.i < 585:
		f.featureType = "FUSION"
		f.drawPartners(*x)
	default:
		f.featureType, f.named = "REGION", fmt.Sprintf("demo %dq%d.%d", 1+f.i%22, 11+f.i%20, f.i%4)
	}
	f.instance = 3000 + 7*(featureCount-f.i) // falls as id rises, and never equals an id
	f.deprecated = x.Chance(2)
}

// drawPartners draws the genes of a fusion, and its name. An unknown partner is named v.
func (f *feature) drawPartners(x dice.Dice) {
	two := dice.Some(&x, 2, f.d.features[:geneCount])
	five, three := "v", two[1].named
	f.three = two[1]
	if x.Chance(70) {
		f.five, five = two[0], two[0].named
	} else if x.Chance(15) {
		f.three, three = nil, "v"
		f.five, five = two[0], two[0].named
	}
	f.named = five + "::" + three
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
	"entrezId":                func(f *feature) any { return 900000000 + f.id },
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
