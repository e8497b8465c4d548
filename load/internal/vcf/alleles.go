package vcf

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Reasons why a row is left out.
const (
	noPlace    = "no position"
	noContig   = "unknown chromosome"
	outside    = "position outside the chromosome"
	noBases    = "no bases"
	otherBases = "bases other than A, C, G, T and N"
	unfit      = "bases do not fit start and stop"
	noChange   = "reference and variant bases are equal"
	noFASTA    = "indel without reference sequence"
	differing  = "bases differ from the reference sequence"
)

// place is where a row's change is, in the columns' terms.
type place struct {
	chromosome         string
	start, stop        int64 // stop 0: unknown
	reference, variant string
}

// record is a row in VCF's terms.
type record struct {
	contig   int
	pos      int64
	ref, alt string
	padded   bool // both alleles begin with a base that the row does not have
}

func (f fields) place(batch arrow.RecordBatch, row int) (p place, ok bool) {
	chromosome, start := batch.Column(f.chromosome), batch.Column(f.start)
	if chromosome.IsNull(row) || start.IsNull(row) || f.build >= 0 && batch.Column(f.build).IsNull(row) {
		return p, false
	}
	p.chromosome, p.start = chromosome.(*array.String).Value(row), integer(start, row)
	p.reference, p.variant = bases(batch.Column(f.reference), row), bases(batch.Column(f.variant), row)
	if f.stop >= 0 && batch.Column(f.stop).IsValid(row) {
		p.stop = integer(batch.Column(f.stop), row)
	}
	return p, p.chromosome != "" && p.start > 0
}

func integer(a arrow.Array, row int) int64 {
	if a, ok := a.(*array.Int32); ok {
		return int64(a.Value(row))
	}
	return a.(*array.Int64).Value(row)
}

// bases is the text of a cell; an absent allele is empty, or written as a dash.
func bases(a arrow.Array, row int) string {
	if a.IsNull(row) || a.(*array.String).Value(row) == "-" {
		return ""
	}
	return a.(*array.String).Value(row)
}

// record returns the place as a record, or the reason why VCF cannot express it. genome may be nil.
func (p place) record(build string, genome *genome) (r record, reason string, err error) {
	if r.contig = contigIndex(build, p.chromosome); r.contig < 0 {
		return r, noContig, nil
	}
	length := contigs[build][r.contig].length
	if max(p.start, p.stop, p.start+int64(len(p.reference))-1) > length {
		return r, outside, nil
	}
	if reason := p.fault(); reason != "" {
		return r, reason, nil
	}
	r.pos, r.ref, r.alt = p.start, p.reference, p.variant
	if genome != nil && genome.names[r.contig] == "" { // hg19 has another mitochondrial genome than GRCh37
		genome = nil
	}
	if genome != nil && p.reference != "" {
		sequence, err := genome.bases(r.contig, p.start, len(p.reference))
		if err != nil {
			return r, "", err
		}
		if !strings.EqualFold(sequence, p.reference) {
			return r, differing, nil
		}
	}
	if p.reference != "" && p.variant != "" {
		return r, "", nil
	}
	if genome == nil {
		return r, noFASTA, nil
	}
	return r, "", r.pad(genome)
}

// fault is the reason why no record can express the place.
func (p place) fault() string {
	span := p.stop - p.start + 1
	switch {
	case p.reference == "" && p.variant == "":
		return noBases
	case strings.Trim(p.reference+p.variant, "ACGTNacgtn") != "":
		return otherBases
	case strings.EqualFold(p.reference, p.variant):
		return noChange
	case p.stop != 0 && p.reference != "" && span != int64(len(p.reference)):
		return unfit
	case p.reference == "" && span != 2: // an insertion lies between start and stop
		return unfit
	case p.variant == "" && p.start == 1: // no base is before it
		return outside
	}
	return ""
}

// pad adds the base before a deletion or insertion to both alleles.
func (r *record) pad(genome *genome) error {
	if r.ref != "" { // a deletion
		r.pos--
	}
	base, err := genome.bases(r.contig, r.pos, 1)
	if err != nil {
		return err
	}
	base = strings.ToUpper(base)
	r.ref, r.alt, r.padded = base+r.ref, base+r.alt, true
	return nil
}
