package genome

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
)

//go:embed known.tsv
var knownLines string

// Gene is a well-known gene at its real place on GRCh37.
type Gene struct {
	Region
	Name   string
	Entrez int
	Known  []Variant
}

// Variant is a well-known variant of a gene.
type Variant struct {
	Change
	Name       string
	Transcript string // HGVS on the transcript
	RSID       string
}

// Genes returns the well-known genes. Those that are only partners of fusions have no variants.
func Genes() []*Gene {
	var genes []*Gene
	for line := range strings.Lines(knownLines) {
		if line[0] == '#' {
			continue
		}
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(genes) == 0 || genes[len(genes)-1].Name != f[0] {
			genes = append(genes, readGene(f))
		}
		if f[7] != "-" {
			g := genes[len(genes)-1]
			g.Known = append(g.Known, readVariant(g.Region, f[7:]))
		}
	}
	return genes
}

func readGene(f []string) *Gene {
	g := &Gene{Name: f[0], Entrez: number(f[1])}
	g.Region = Region{Chromosome: f[2], Start: number(f[3]), Stop: number(f[4]), Strand: strands[0], shift: number(f[6])}
	if f[5] == "-" {
		g.Strand = strands[1]
	}
	g.number = slices.IndexFunc(chromosomes, func(c chromosome) bool { return c.name == g.Chromosome })
	return g
}

func readVariant(r Region, f []string) Variant {
	v := Variant{Name: f[0], Transcript: f[5], RSID: strings.TrimPrefix(f[6], "-")}
	r.Start, r.Stop = number(f[1]), number(f[2])
	v.Change = Change{Region: r, Reference: strings.TrimPrefix(f[3], "-"), Bases: strings.TrimPrefix(f[4], "-")}
	return v
}

func number(text string) int {
	n, _ := strconv.Atoi(text) // embedded: cannot fail
	return n
}
