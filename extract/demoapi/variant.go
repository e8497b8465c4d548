package demoapi

import (
	"fmt"
	"strings"
)

// variant is a variant of any kind of feature; its kind is the feature's.
type variant struct {
	i          int32
	id         int
	feature    int32
	kind       uint8
	name       string
	types      []int32
	deprecated bool
	single     int32 // its own molecular profile
}

var variantObjects = []string{"GeneVariant", "FactorVariant", "FusionVariant", "RegionVariant"}

// variants is how many there are.
const variants = 4000

// common are the names that hundreds of variants share.
var common = []string{"Mutation", "Amplification", "Expression", "Overexpression", "Loss", "Deletion", "Wildtype", "Loss-of-function"}

func makeVariants(d *data) []variant {
	seq := ids{dice: d.throw(variantKind, 0, 1), gap: 7}
	out := make([]variant, variants)
	for i := range out {
		v := variant{i: int32(i), id: seq.next()}
		x := d.throw(variantKind, v.id, 2)
		v.feature = int32(x.n(len(d.features)))
		if i < len(d.features) {
			v.feature = int32(i)
		}
		v.kind = d.features[v.feature].kind
		v.name = variantName(x, v.kind, v.id)
		v.types = x.some(x.n(3), len(d.types)-10)
		v.deprecated = i >= 600 && x.chance(3)
		out[i] = v
	}
	return out
}

func variantName(x dice, kind uint8, id int) string {
	switch kind {
	case factorFeature:
		return x.of([]string{"High", "Low", "Demo Status", "Methylation"})
	case fusionFeature:
		return x.of([]string{"Fusion", "Fusion", "e6-demo::e20", "e13-demo::e20"})
	case regionFeature:
		return x.of([]string{"Amplification", "Deletion", "Duplication"})
	}
	switch {
	case x.chance(14):
		return "Mutation"
	case x.chance(24):
		return x.of(common)
	case x.chance(5):
		return fmt.Sprintf("c.%d+1G>A-demo, splice", id)
	}
	return fmt.Sprintf("%s%d%s-demo", x.of(amino), 1+x.n(1500), x.of(amino))
}

func (v *variant) get(d *data, field string) any {
	x := d.throw(variantKind, v.id, 3)
	switch field {
	case "id":
		return v.id
	case "name":
		return v.name
	case "link":
		return fmt.Sprintf("/variants/%d", v.id)
	case "feature":
		return &d.features[v.feature]
	case "featureId":
		return d.features[v.feature].id
	case "featureName":
		return d.features[v.feature].name
	case "featureLink":
		return d.features[v.feature].get(d, "link")
	case "featureDeprecated":
		return d.features[v.feature].deprecated
	case "category":
		return featureTypes[v.kind]
	case "deprecated":
		return v.deprecated
	case "deprecationReason":
		if v.deprecated {
			return "DUPLICATE"
		}
		return nil
	case "variantAliases":
		return aliases(x, v.name)
	case "variantTypes":
		return pick(d.types, v.types)
	case "singleVariantMolecularProfileId":
		return d.profiles[v.single].id
	case "singleVariantMolecularProfile":
		return &d.profiles[v.single]
	case "molecularProfiles":
		return rows{of: pick(d.profiles, d.profilesOf.variant()[v.i])}
	case "evidenceItemCount":
		return d.evidenceCount(d.profilesOf.variant()[v.i])
	case "creationActivity":
		return d.log().firstOf(row{variantKind, v.i}, createVariant)
	}
	if value := v.own(d, field); value != (unset{}) {
		return value
	}
	return d.curated(row{variantKind, v.i}, field)
}

// own gives the fields of one kind of variant only.
func (v *variant) own(d *data, field string) any {
	x := d.throw(variantKind, v.id, 4)
	switch field {
	case "alleleRegistryId":
		if x.chance(30) {
			return nil
		}
		return fmt.Sprintf("CA9%06d", v.id)
	case "clinvarIds":
		return numbers(x, "9%06d")
	case "hgvsDescriptions":
		return append(numbers(x, "NM_99%04d.1:c.1A>T,demo"), v.genomic(d)...)
	case "maneSelectTranscript", "openCravatUrl", "myVariantInfo":
		return nil
	case "coordinates", "primaryCoordinates":
		return coordinate{v, "GENE_VARIANT_COORDINATE", 0}
	case "fivePrimeCoordinates":
		return coordinate{v, "FIVE_PRIME_FUSION_COORDINATE", 1}
	case "threePrimeCoordinates":
		return coordinate{v, "THREE_PRIME_FUSION_COORDINATE", 2}
	case "fivePrimeStartExonCoordinates":
		return coordinate{v, "FIVE_PRIME_START_EXON_COORDINATE", 3}
	case "fivePrimeEndExonCoordinates":
		return coordinate{v, "FIVE_PRIME_END_EXON_COORDINATE", 4}
	case "threePrimeStartExonCoordinates":
		return coordinate{v, "THREE_PRIME_START_EXON_COORDINATE", 5}
	case "threePrimeEndExonCoordinates":
		return coordinate{v, "THREE_PRIME_END_EXON_COORDINATE", 6}
	case "fusion":
		return &d.features[v.feature]
	case "viccCompliantName":
		return d.features[v.feature].name + "(demo)"
	case "iscnName":
		return "ish demo(" + d.features[v.feature].name + ")"
	case "ncitId":
		if x.chance(50) {
			return nil
		}
		return fmt.Sprintf("C8%05d", v.id)
	}
	return unset{}
}

func numbers(x dice, format string) []string {
	out := []string{}
	for range x.n(3) {
		out = append(out, fmt.Sprintf(format, x.n(9999)))
	}
	return out
}

// genomic gives the variant on the chromosomes of GRCh37 and GRCh38, for about
// a third; what it becomes there and where are invented.
func (v *variant) genomic(d *data) []string {
	x := d.throw(variantKind, v.id, 5)
	accessions := [][2]string{{"NC_000001.10", "NC_000001.11"}, {"NC_000007.13", "NC_000007.14"}, {"NC_000017.10", "NC_000017.11"}, {"NC_000023.10", "NC_000023.11"}}
	on, start := accessions[x.n(len(accessions))], 1000+x.n(100000000)
	change := []string{"%dA>T", "%dG>C", "%ddel", "%d_%ddel", "%d_%dinsCTG"}[x.weighted(50, 30, 5, 10, 5)]
	if !x.chance(33) {
		return nil
	}
	out := []string{}
	for build, accession := range on {
		at := []any{start + 5000*build, start + 5000*build + 1}[:strings.Count(change, "%d")]
		out = append(out, accession+":g."+fmt.Sprintf(change, at...))
	}
	return out
}

// coordinate is where a variant, or one end of a fusion, lies. About a quarter
// have no values: the API gives the object with nulls inside.
type coordinate struct {
	of    *variant
	kind  string
	place int
}

func (c coordinate) get(d *data, field string) any {
	x := d.throw(variantKind, c.of.id, 20+uint64(c.place))
	empty, start := x.chance(25), 1000+x.n(100000000)
	switch field {
	case "id":
		return c.of.id*8 + c.place
	case "coordinateType":
		return c.kind
	case "name":
		return c.of.name + " coordinates"
	case "link":
		return fmt.Sprintf("/variants/%d", c.of.id)
	}
	if empty {
		return c.constant(field)
	}
	switch field {
	case "chromosome":
		return []string{"1", "7", "17", "X", "Y", "MT"}[x.n(6)]
	case "start":
		return start
	case "stop":
		return start + c.of.id%40
	case "referenceBuild":
		return []string{"GRCH37", "GRCH38", "NCBI36"}[x.weighted(80, 15, 5)]
	case "ensemblVersion":
		return 75
	case "referenceBases", "variantBases":
		return []any{nil, "", "A", "T", "CTG"}[x.n(5)]
	case "representativeTranscript":
		return fmt.Sprintf("ENST9%010d.1", c.of.id)
	case "ensemblId":
		return fmt.Sprintf("ENSE9%010d", c.of.id)
	case "exon":
		return 1 + x.n(30)
	case "exonOffset":
		return x.n(3)
	case "exonOffsetDirection", "strand":
		return []string{"POSITIVE", "NEGATIVE"}[x.n(2)]
	}
	return c.constant(field)
}

func (c coordinate) constant(field string) any {
	switch field {
	case "events", "revisions":
		return rows{}
	case "openRevisionCount":
		return 0
	}
	return nil
}
