// Package vcf writes and reads tables of places in the genome as VCF 4.3. It takes record batches and gives a sorted
// file, or takes a file and gives record batches or the checksums of its columns. Rows that VCF cannot express are left
// out and counted. Its decoder is strict: it accepts only files as its encoder writes them. It never opens another file
// than a reference sequence, and knows nothing of Parquet.
package vcf

import (
	"slices"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/schemas"
)

// Options describe the file of a table.
type Options struct {
	Format    format.Format
	Columns   []schemas.Column   // of the file
	Partition map[string]*string // of the file
	Select    []string           // ReadRows: the columns to give; nil is all
	MaxRow    int                // ReadRows: bytes of a line at most; 0 is no limit
}

// fields are the indexes of the columns with a place of their own in a record; -1 is none.
type fields struct {
	build, id, chromosome, start, stop, reference, variant int
	info                                                   []int // the other columns
}

func fieldsOf(columns []schemas.Column) fields {
	index := func(name string) int {
		return slices.IndexFunc(columns, func(c schemas.Column) bool { return c.Name == name })
	}
	f := fields{build: index(format.VCFBuild), id: index(format.VCFID), chromosome: index(format.VCFChromosome),
		start: index(format.VCFStart), stop: index(format.VCFStop), reference: index(format.VCFReference),
		variant: index(format.VCFVariant)}
	for i := range columns {
		if i != f.build && i != f.id && i != f.chromosome && i != f.start && i != f.reference && i != f.variant {
			f.info = append(f.info, i)
		}
	}
	return f
}

// infoType is the type of a column in the header. VCF has no type for dates, and its flags have no third state.
func infoType(t schemas.Type) (number, name string) {
	number = "1"
	if t.List {
		number = "."
	}
	switch t.Kind {
	case schemas.Int32, schemas.Int64:
		return number, "Integer"
	case schemas.Float64:
		return number, "Float"
	}
	return number, "String"
}

// isText reports whether values of the kind can be empty texts, which VCF cannot tell from absent ones.
func isText(k schemas.Kind) bool {
	return k == schemas.String || k == schemas.Enum || k == schemas.JSON
}

const titles = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
