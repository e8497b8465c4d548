package synthetic

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// variant is a variant of any kind of feature.
type variant struct {
	base
	feature *feature
	types   []*variantType
	single  *profile // its own molecular profile
}

func drawVariant(v *variant, x *dice.Dice) {
	v.feature = dice.Of(x, v.d.features)
	if v.i < len(v.d.features) {
		v.feature = v.d.features[v.i]
	}
	v.drawName(*x)
	v.types = dice.Some(x, x.N(3), v.d.types[:len(v.d.types)-unusedTypes])
	v.deprecated = v.i >= featureCount && x.Chance(3)
}

func (v *variant) drawName(x dice.Dice) {
	if v.feature.featureType == "GENE" {
		v.named = geneVariantName(&x, v.id)
	} else {
		v.named = word(&x, v.feature.featureType+" variant")
	}
}

func geneVariantName(x *dice.Dice, id int) string {
	switch {
	case x.Chance(14):
		return "Mutation"
	case x.Chance(24):
		return word(x, "common variant")
	case x.Chance(5):
		return fmt.Sprintf("c.%d+1G>A-demo, splice", id)
	}
	return fmt.Sprintf("%s%d%s-demo", word(x, "amino acid"), 1+x.N(1500), word(x, "amino acid"))
}

// TypeName is the variant's type by the kind of its feature.
func (v *variant) TypeName(abstract string) string {
	if abstract == "MolecularProfileSegment" {
		return "Variant"
	}
	return v.feature.object() + "Variant"
}

var variantFields = fieldsOf(map[string]func(*variant) any{
	"feature fusion":                  func(v *variant) any { return v.feature },
	"featureId":                       func(v *variant) any { return v.feature.id },
	"featureName":                     func(v *variant) any { return v.feature.named },
	"featureLink":                     func(v *variant) any { return fmt.Sprintf("/features/%d", v.feature.id) },
	"featureDeprecated":               func(v *variant) any { return v.feature.deprecated },
	"category":                        func(v *variant) any { return v.feature.featureType },
	"variantTypes":                    func(v *variant) any { return record.List(v.types) },
	"singleVariantMolecularProfileId": func(v *variant) any { return v.single.id },
	"singleVariantMolecularProfile":   func(v *variant) any { return v.single },
	"molecularProfiles":               func(v *variant) any { return record.RowsOf(v.profiles()) },
	"evidenceItemCount":               func(v *variant) any { return v.d.evidenceCount(v.profiles()) },
	"creationActivity":                func(v *variant) any { return v.firstOf("VARIANT_CREATED") },
	// Fields of one kind of variant only.
	"alleleRegistryId": func(v *variant) any { return when(!v.dice(4).Chance(30), fmt.Sprintf("CA9%06d", v.id)) },
	"clinvarIds":       func(v *variant) any { return numbers(v.dice(4), "9%06d") },
	"hgvsDescriptions": func(v *variant) any {
		return append(numbers(v.dice(4), "NM_99%04d.1:c.1A>T,demo"), v.genomic()...)
	},
	"coordinates primaryCoordinates": func(v *variant) any { return coordinate{v, 0} },
	"fivePrimeCoordinates":           func(v *variant) any { return coordinate{v, 1} },
	"threePrimeCoordinates":          func(v *variant) any { return coordinate{v, 2} },
	"fivePrimeStartExonCoordinates":  func(v *variant) any { return coordinate{v, 3} },
	"fivePrimeEndExonCoordinates":    func(v *variant) any { return coordinate{v, 4} },
	"threePrimeStartExonCoordinates": func(v *variant) any { return coordinate{v, 5} },
	"threePrimeEndExonCoordinates":   func(v *variant) any { return coordinate{v, 6} },
	"viccCompliantName":              func(v *variant) any { return v.feature.named + "(demo)" },
	"iscnName":                       func(v *variant) any { return "ish demo(" + v.feature.named + ")" },
	"ncitId": func(v *variant) any {
		return when(!v.dice(4).Chance(50), fmt.Sprintf("C8%05d", v.id))
	},
})

func (v *variant) profiles() []*profile { return v.d.profilesOf()[&v.base] }

// numbers generates up to two texts with a number.
func numbers(x *dice.Dice, format string) []string {
	out := []string{}
	for range x.N(3) {
		out = append(out, fmt.Sprintf(format, x.N(9999)))
	}
	return out
}

// accessions are those of some chromosomes in GRCh37 and GRCh38.
var accessions = [][2]string{{"NC_000001.10", "NC_000001.11"}, {"NC_000007.13", "NC_000007.14"},
	{"NC_000017.10", "NC_000017.11"}, {"NC_000023.10", "NC_000023.11"}}

// genomic generates an invented change on both builds, for about a third of the variants.
func (v *variant) genomic() []string {
	x := v.dice(5)
	on, start := dice.Of(x, accessions), 1000+x.N(100000000)
	change := word(x, "genomic change")
	if !x.Chance(33) {
		return nil
	}
	out := []string{}
	for build, accession := range on {
		at := []any{start + 5000*build, start + 5000*build + 1}[:strings.Count(change, "%d")]
		out = append(out, accession+":g."+fmt.Sprintf(change, at...))
	}
	return out
}

// coordinate is the place of a variant, or of one end of a fusion. About a quarter have no values: the API returns an
// object with nulls.
type coordinate struct {
	of   *variant
	part int // of coordinateTypes
}

var coordinateTypes = []string{"GENE_VARIANT_COORDINATE",
	"FIVE_PRIME_FUSION_COORDINATE", "THREE_PRIME_FUSION_COORDINATE",
	"FIVE_PRIME_START_EXON_COORDINATE", "FIVE_PRIME_END_EXON_COORDINATE",
	"THREE_PRIME_START_EXON_COORDINATE", "THREE_PRIME_END_EXON_COORDINATE"}

// Field implements record.Record.
func (c coordinate) Field(name string) any {
	if generate := coordinateFields[name]; generate != nil {
		return generate(c)
	}
	x := c.of.dice(20 + uint64(c.part))
	empty, start := x.Chance(25), 1000+x.N(100000000)
	if empty && placeFields[name] != nil {
		return nil
	}
	return placeFields.Value(place{x, c.of.id, start}, name)
}

var coordinateFields = record.NewFields(map[string]func(coordinate) any{
	"id":             func(c coordinate) any { return c.of.id*8 + c.part },
	"coordinateType": func(c coordinate) any { return coordinateTypes[c.part] },
	"name":           func(c coordinate) any { return c.of.named + " coordinates" },
	"link":           func(c coordinate) any { return fmt.Sprintf("/variants/%d", c.of.id) },
})

// place generates the fields of a coordinate that may have no values.
type place struct {
	*dice.Dice
	id    int // of the variant
	start int
}

var placeFields = record.NewFields(map[string]func(place) any{
	"chromosome":                  func(p place) any { return word(p.Dice, "chromosome") },
	"start":                       func(p place) any { return p.start },
	"stop":                        func(p place) any { return p.start + p.id%40 },
	"referenceBuild":              func(p place) any { return word(p.Dice, "build") },
	"ensemblVersion":              func(place) any { return 75 },
	"referenceBases variantBases": func(p place) any { return dice.Of(p.Dice, []any{nil, "", "A", "T", "CTG"}) },
	"representativeTranscript":    func(p place) any { return fmt.Sprintf("ENST9%010d.1", p.id) },
	"ensemblId":                   func(p place) any { return fmt.Sprintf("ENSE9%010d", p.id) },
	"exon":                        func(p place) any { return 1 + p.N(30) },
	"exonOffset":                  func(p place) any { return p.N(3) },
	"exonOffsetDirection strand":  func(p place) any { return word(p.Dice, "strand") },
})
