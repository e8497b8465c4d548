// Package genome invents genes and changes of bases at places that the human genome has, and knows the real places
// of some well-known ones.
//
// It takes dice and gives regions, changes and their HGVS texts. Bases of the reference depend on the place only, so
// that any two changes agree on them. The package knows no records of the API, and never reads a real genome.
package genome

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
)

// chromosome is a chromosome with its length in GRCh37 and the version of its accession there. In GRCh38 the version
// is one more. The mitochondrial chromosome is the same in both.
type chromosome struct {
	name            string
	length, version int
}

var chromosomes = []chromosome{{"1", 249250621, 10}, {"2", 243199373, 11}, {"3", 198022430, 11},
	{"4", 191154276, 11}, {"5", 180915260, 9}, {"6", 171115067, 11}, {"7", 159138663, 13}, {"8", 146364022, 10},
	{"9", 141213431, 11}, {"10", 135534747, 10}, {"11", 135006516, 9}, {"12", 133851895, 11}, {"13", 115169878, 10},
	{"14", 107349540, 8}, {"15", 102531392, 9}, {"16", 90354753, 9}, {"17", 81195210, 10}, {"18", 78077248, 9},
	{"19", 59128983, 9}, {"20", 63025520, 10}, {"21", 48129895, 8}, {"22", 51304566, 10}, {"X", 155270560, 10},
	{"Y", 59373566, 9}, {"MT", 16569, 1}}

// margin is what regions keep from the ends of chromosomes: builds differ in length by less.
const margin = 4000000

// Builds as the API names them.
const (
	NCBI36 = "NCBI36"
	GRCh37 = "GRCH37"
	GRCh38 = "GRCH38"
)

// Region is the place of a gene on a build. Positions count from 1 and include both ends.
type Region struct {
	Chromosome  string
	Start, Stop int
	Strand      string // POSITIVE or NEGATIVE
	number      int    // of the chromosome, from 0
	shift       int    // from GRCh37 to GRCh38
	moved       int    // from GRCh37 to the build of this region
}

// Invented draws a region on GRCh37.
func Invented(x *dice.Dice) Region {
	r := Region{number: x.N(24), Strand: dice.Of(x, strands)}
	if x.N(150) == 0 {
		r.number = 24
	}
	c := chromosomes[r.number]
	r.Chromosome = c.name
	if c.name == "MT" {
		r.Start = 1 + x.N(c.length-1000)
		r.Stop = r.Start + 999
		return r
	}
	r.Start = margin + x.N(c.length-2*margin)
	r.Stop = r.Start + 20000 + x.N(200000)
	r.shift = 1000 * (r.number - 12)
	return r
}

var strands = []string{"POSITIVE", "NEGATIVE"}

// On returns the region on another build.
func (r Region) On(build string) Region {
	to := map[string]int{NCBI36: -r.shift - r.number, GRCh38: r.shift}[build]
	r.Start, r.Stop, r.moved = r.Start-r.moved+to, r.Stop-r.moved+to, to
	return r
}

// Exons is the number of exons that a gene has.
const Exons = 30

// Exon returns the part of a gene from one exon to another, in the order of its strand, from 1.
func (r Region) Exon(first, last int) Region {
	step := (r.Stop - r.Start) / Exons
	start, length := (first-1)*step, (last-first)*step+step/2
	if r.Strand == strands[1] {
		r.Start, r.Stop = r.Stop-start-length, r.Stop-start
	} else {
		r.Start, r.Stop = r.Start+start, r.Start+start+length
	}
	return r
}

// Change replaces the reference bases from Start to Stop. An insertion has none: Start and Stop are its neighbours.
type Change struct {
	Region
	Reference, Bases string
}

// kinds of changes by odds.
var kinds = strings.Fields(strings.Repeat("substitution ", 39) + strings.Repeat("deletion ", 5) +
	"insertion insertion replacement replacement duplication duplication")

// Change draws a change in the region.
func (r Region) Change(x *dice.Dice) Change {
	at := r.Start + x.N(r.Stop-r.Start-20)
	switch dice.Of(x, kinds) {
	case "deletion":
		return r.change(at, at+x.N(16), "")
	case "insertion":
		return r.insertion(at, bases(x, 1+x.N(6)))
	case "duplication":
		return r.insertion(at+2, r.reference(at, at+2))
	case "replacement":
		return r.change(at, at+1+x.N(4), bases(x, 6+x.N(3)))
	}
	base := strings.Index(letters, r.reference(at, at))
	return r.change(at, at, letters[(base+1+x.N(3))%4:][:1])
}

func (r Region) change(start, stop int, text string) Change {
	c := Change{Region: r, Reference: r.reference(start, stop), Bases: text}
	c.Start, c.Stop = start, stop
	return c
}

func (r Region) insertion(after int, text string) Change {
	c := Change{Region: r, Bases: text}
	c.Start, c.Stop = after, after+1
	return c
}

// On returns the change on another build.
func (c Change) On(build string) Change {
	c.Region = c.Region.On(build)
	return c
}

// HGVS is the change as HGVS writes it on the chromosome; "" for NCBI36.
func (c Change) HGVS(build string) string {
	c = c.On(build)
	at, chromosome := strconv.Itoa(c.Start), chromosomes[c.number]
	if c.Stop > c.Start {
		at += "_" + strconv.Itoa(c.Stop)
	}
	version := chromosome.version
	switch {
	case build == NCBI36:
		return ""
	case chromosome.name == "MT":
		return "NC_012920.1:m." + at + c.edit()
	case build == GRCh38:
		version++
	}
	return fmt.Sprintf("NC_%06d.%d:g.%s%s", c.number+1, version, at, c.edit())
}

// edit is the part of an HGVS text behind the positions.
func (c Change) edit() string {
	switch {
	case c.Reference == "":
		return "ins" + c.Bases
	case c.Bases == "":
		return "del"
	case len(c.Reference) == 1 && len(c.Bases) == 1:
		return c.Reference + ">" + c.Bases
	}
	return "delins" + c.Bases
}

const letters = "ACGT"

func bases(x *dice.Dice, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(letters[x.N(4)])
	}
	return b.String()
}

// reference is the invented reference from start to stop, which depends on the place on GRCh37 only.
func (r Region) reference(start, stop int) string {
	var b strings.Builder
	for at := start; at <= stop; at++ {
		b.WriteByte(letters[dice.New(0, uint64(r.number), at-r.moved, 1).N(4)])
	}
	return b.String()
}
