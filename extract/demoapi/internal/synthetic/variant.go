package synthetic

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/genome"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// variant is a variant of any kind of feature.
type variant struct {
	base
	feature *feature
	types   []*variantType
	single  *profile        // its own molecular profile
	known   *genome.Variant // if it is a well-known one
	build   string          // of its coordinates
	change  *genome.Change  // on GRCh37; nil if it is no change of some bases
}

func drawVariant(v *variant, x *dice.Dice) {
	v.feature = dice.Of(x, v.d.features[:featureCount])
	if v.i < featureCount {
		v.feature = v.d.features[v.i]
	}
	v.drawName(*x)
	v.types = dice.Some(x, x.N(3), v.d.types[:len(v.d.types)-unusedTypes])
	v.deprecated = v.i >= featureCount && x.Chance(3)
	v.drawPlace(v.dice(5))
	v.takeKnown(v.i - firstKnown)
}

func (v *variant) drawName(x dice.Dice) {
	if v.feature.featureType == "GENE" {
		v.named = geneVariantName(&x, v.id)
	} else {
		v.named = word(&x, v.feature.featureType+" variant")
	}
}

// drawPlace draws the build of the coordinates and, for variants of a gene whose names say so, a change of bases.
func (v *variant) drawPlace(x *dice.Dice) {
	v.build = word(x, "build")
	if v.feature.featureType == "GENE" && strings.Contains(v.named, "-demo") {
		change := v.feature.region.Change(x)
		v.change = &change
	}
}

// takeKnown makes the variant the well-known one at a place, if there is one.
func (v *variant) takeKnown(place int) {
	for i, g := range v.d.genes {
		if place >= 0 && place < len(g.Known) {
			v.feature = v.d.features[firstKnown+i]
			v.known = &g.Known[place]
			v.named, v.change, v.build = v.known.Name, &v.known.Change, genome.GRCh37
			if v.i%6 == 0 {
				v.build = genome.GRCh38
			}
		}
		place -= len(g.Known)
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
	"alleleRegistryId":               func(v *variant) any { return v.alleleRegistryID(v.dice(4)) },
	"clinvarIds":                     func(v *variant) any { return v.clinvarIDs(v.dice(4)) },
	"hgvsDescriptions":               func(v *variant) any { return v.hgvs() },
	"variantAliases":                 func(v *variant) any { return v.aliases() },
	"maneSelectTranscript":           func(v *variant) any { return when(v.change != nil, v.maneSelect()) },
	"myVariantInfo":                  func(v *variant) any { return v.annotation() },
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

// alleleRegistryID generates an id; some are words that stand for none.
func (v *variant) alleleRegistryID(x *dice.Dice) any {
	if x.Chance(30) {
		return nil
	}
	if none := word(x, "allele registry"); none != "" {
		return none
	}
	return fmt.Sprintf("CA9%06d", v.id)
}

// clinvarIDs generates up to two ids; some lists hold words that stand for none.
func (v *variant) clinvarIDs(x *dice.Dice) []string {
	ids := numbers(x, "9%06d")
	if none := word(x, "no ClinVar id"); none != "" && len(ids) == 0 {
		return []string{none}
	}
	return ids
}

// hgvs generates invented texts on a transcript, and those of the change on the chromosome in one build or in two.
// Some have white space around them.
func (v *variant) hgvs() []string {
	out := numbers(v.dice(4), "NM_99%04d.1:c.1A>T,demo")
	x := v.dice(7)
	if v.known != nil {
		out = append(out, v.known.Transcript)
	}
	if n := x.N(100); v.change != nil && (n < 65 || v.known != nil) {
		if n < 55 || v.known != nil || n%2 == 0 {
			out = append(out, v.change.HGVS(genome.GRCh37))
		}
		if n < 60 || v.known != nil {
			out = append(out, v.change.HGVS(genome.GRCh38))
		}
	}
	for i := range out {
		if x.N(15) == 0 {
			out[i] = fmt.Sprintf(word(x, "outer space"), out[i])
		}
	}
	return out
}

// rsID is the variant's number at dbSNP, or "".
func (v *variant) rsID() string {
	switch {
	case v.known != nil:
		return v.known.RSID
	case v.change == nil || v.id%4 != 0:
		return ""
	}
	return fmt.Sprintf("rs99%09d", v.id)
}

// aliases are other names. rs numbers among them have capital letters, as many have at CIViC.
func (v *variant) aliases() []string {
	out := aliases(v.dice(3), v.named)
	switch id := v.rsID(); {
	case id == "":
	case v.id%8 == 0:
		out = append(out, id)
	default:
		out = append(out, strings.ToUpper(id))
	}
	return out
}

func (v *variant) maneSelect() string {
	if v.known != nil {
		return v.known.Transcript
	}
	return fmt.Sprintf("NM_99%04d.2:c.%dA>T", v.id, 1+v.i%3000)
}

// annotation is what MyVariant.info says of a variant, or nil.
func (v *variant) annotation() any {
	if v.change == nil || v.known == nil && v.dice(8).Chance(40) {
		return nil
	}
	return annotation{v}
}

type annotation struct{ of *variant }

// Field implements record.Record.
func (a annotation) Field(name string) any { return annotationFields.Value(a.of, name) }

var annotationFields = record.NewFields(map[string]func(*variant) any{
	"myVariantInfoId": func(v *variant) any {
		_, edit, _ := strings.Cut(v.change.HGVS(genome.GRCh37), ":")
		return "chr" + v.change.Chromosome + ":" + edit
	},
	"dbsnpRsid": func(v *variant) any { return when(v.rsID() != "", v.rsID()) },
	"cosmicId":  func(v *variant) any { return when(v.id%3 == 0, fmt.Sprintf("COSM99%06d", v.id)) },
	"clinvarId": func(v *variant) any { return when(v.id%2 == 0, 900000000+v.id) },
	"clinvarHgvsGenomic": func(v *variant) any {
		return []string{v.change.HGVS(genome.GRCh37), v.change.HGVS(genome.GRCh38)}
	},
	"clinvarHgvsCoding": func(v *variant) any { return []string{v.maneSelect()} },
	"gnomadExomeAlleleFrequency gnomadGenomeAlleleFrequency": func(v *variant) any {
		return when(v.id%5 > 1, float64(v.id%997)*4e-7)
	},
	"gnomadExomeAlleleCount gnomadGenomeAlleleCount":   func(v *variant) any { return when(v.id%5 > 1, v.id%997) },
	"gnomadExomeAlleleNumber gnomadGenomeAlleleNumber": func(v *variant) any { return when(v.id%5 > 1, 250000) },
	"caddPhred":  func(v *variant) any { return when(v.id%4 > 0, float64(v.id%350)/10) },
	"revelScore": func(v *variant) any { return []any{float64(v.id%1000) / 1000} },
})

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
	if placeFields[name] == nil {
		return record.Unknown{}
	}
	p := place{Dice: c.of.dice(20 + uint64(c.part)), id: c.of.id, build: c.of.build, gene: c.gene()}
	if empty := p.Chance(25); p.gene == nil || empty && c.of.known == nil {
		return nil
	}
	p.change, p.exon = c.at()
	return placeFields[name](p)
}

// gene is the gene that the coordinate lies on, or nil.
func (c coordinate) gene() *feature {
	f := c.of.feature
	switch {
	case c.part == 0 && f.featureType == "GENE":
		return f
	case f.featureType != "FUSION" || c.part == 0:
		return nil
	case c.part == 1 || c.part == 3 || c.part == 4:
		return f.five
	}
	return f.three
}

// at is the coordinate's place on its build, as a change without bases if it is not one of bases, and the number of
// the exon.
func (c coordinate) at() (genome.Change, int) {
	if c.part == 0 && c.of.change != nil {
		return c.of.change.On(c.of.build), 0
	}
	region := c.gene().region
	x := c.of.dice(9)
	five, three := 2+x.N(20), 2+x.N(20)
	first := []int{0, 1, three, 1, five, three, genome.Exons}[c.part]
	last := []int{0, five, genome.Exons, 1, five, three, genome.Exons}[c.part]
	if c.part > 0 {
		region = region.Exon(first, last)
	}
	return genome.Change{Region: region.On(c.of.build)}, first
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
	id     int // of the variant
	gene   *feature
	change genome.Change
	build  string
	exon   int
}

var placeFields = record.NewFields(map[string]func(place) any{
	"chromosome":     func(p place) any { return p.change.Chromosome },
	"start":          func(p place) any { return p.change.Start },
	"stop":           func(p place) any { return p.change.Stop },
	"ensemblVersion": func(place) any { return 75 },
	"referenceBuild": func(p place) any { return p.build },
	"referenceBases": func(p place) any { return p.bases(p.change.Reference) },
	"variantBases":   func(p place) any { return p.bases(p.change.Bases) },
	"representativeTranscript": func(p place) any {
		return fmt.Sprintf("ENST9%010d.1", p.gene.id)
	},
	"ensemblId":           func(p place) any { return fmt.Sprintf("ENSE9%06d%04d", p.gene.id, p.exon) },
	"exon":                func(p place) any { return p.exon },
	"exonOffset":          func(p place) any { return p.N(3) },
	"exonOffsetDirection": func(p place) any { return word(p.Dice, "strand") },
	"strand":              func(p place) any { return p.change.Strand },
})

// bases writes no bases as the API does: null, an empty text or a dash.
func (p place) bases(text string) any {
	if text == "" {
		text = word(p.Dice, "no bases")
		return when(text != "" || p.id%2 == 0, text)
	}
	return text
}
