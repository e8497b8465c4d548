package format

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/schemas"
)

// Columns of a table that have a place of their own in a VCF record. All other columns are INFO fields.
const (
	VCFBuild      = "build" // ##reference; also as the partition
	VCFID         = "id"    // ID; a table can do without
	VCFChromosome = "chromosome"
	VCFStart      = "start" // POS
	VCFStop       = "stop"  // an INFO field too; a table can do without
	VCFReference  = "reference_bases"
	VCFVariant    = "variant_bases"
)

// VCFPadded is the INFO flag of records whose alleles begin with a base that the table does not have.
const VCFPadded = "reference_base_added"

// infoKey is a key of INFO, as VCF 4.3 defines it.
var infoKey = regexp.MustCompile(`^[A-Za-z_][0-9A-Za-z_.]*$`)

// reserved are the keys of INFO to which VCF 4.3 gives a meaning.
var reserved = strings.Fields("AA AC AD ADF ADR AF AN BQ CIGAR DB DP END H2 H3 MQ MQ0 NS SB SOMATIC VALIDATED " +
	"IMPRECISE NOVEL SVTYPE SVLEN CIPOS CIEND HOMLEN HOMSEQ BKPTID MEINFO METRANS DGVID DBVARID DBRIPID MATEID PARID " +
	"EVENT CILEN DPADJ CN CNADJ CICN CICNADJ")

// CheckTable checks that tables of this shape can be written in the format. The error is an *Error.
func (f Format) CheckTable(t *schemas.Table) error {
	if f.Name != "vcf" {
		return nil
	}
	fault := func(hint, what string, args ...any) error {
		return &Error{fmt.Sprintf("table %s cannot be written as vcf: ", t.Name) + fmt.Sprintf(what, args...), hint}
	}
	for _, name := range []string{VCFBuild, VCFChromosome, VCFStart, VCFReference, VCFVariant} {
		if t.Index(name) < 0 {
			return fault("add it, or leave vcf out", "it has no column %s", name)
		}
	}
	for _, c := range t.Columns {
		if what, hint := vcfFault(c); what != "" {
			return fault(hint, "%s", what)
		}
		if slices.Contains(t.PartitionBy, c.Name) && isVCFField(c.Name) && c.Name != VCFBuild {
			return fault("partition by another column, such as "+VCFBuild, "partition files do not hold column %s", c.Name)
		}
	}
	return nil
}

func isVCFField(name string) bool {
	fields := []string{VCFBuild, VCFID, VCFChromosome, VCFStart, VCFStop, VCFReference, VCFVariant}
	return slices.Contains(fields, name)
}

// vcfFault says why VCF cannot hold a column, and how to correct it.
func vcfFault(c schemas.Column) (what, hint string) {
	number := c.Name == VCFStart || c.Name == VCFStop
	switch {
	case isVCFField(c.Name) && c.Type.List:
		return fmt.Sprintf("column %s is %s", c.Name, c.Type), "use one value per row"
	case number && !isInteger(c.Type.Kind):
		return fmt.Sprintf("column %s is %s", c.Name, c.Type), "set type: int64"
	case isVCFField(c.Name) && !number && c.Name != VCFID && !isText(c.Type.Kind):
		return fmt.Sprintf("column %s is %s", c.Name, c.Type), "set type: string"
	case !infoKey.MatchString(c.Name):
		return fmt.Sprintf("column %q cannot be the key of an INFO field", c.Name),
			"use letters, digits, _ and dots, a letter first"
	case slices.Contains(reserved, c.Name) || c.Name == VCFPadded:
		return fmt.Sprintf("the INFO field %s has another meaning", c.Name), "rename the column"
	}
	return "", ""
}

func isInteger(k schemas.Kind) bool { return k == schemas.Int32 || k == schemas.Int64 }

func isText(k schemas.Kind) bool { return k == schemas.String || k == schemas.Enum }
