package vcf

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/tabletest"
	"github.com/civic-etl/civic-etl/schemas"
)

var update = flag.Bool("update", false, "write the golden files anew")

// places is a table of places with a few INFO fields.
func places() *schemas.Table {
	text, number := schemas.Type{Kind: schemas.String, Nullable: true}, schemas.Type{Kind: schemas.Int64, Nullable: true}
	list := schemas.Type{Kind: schemas.String, List: true, Nullable: true, ElementNullable: true}
	return &schemas.Table{Name: "places", Columns: []schemas.Column{
		{Name: "id", Type: schemas.Type{Kind: schemas.Int64}}, {Name: "build", Type: text}, {Name: "chromosome", Type: text},
		{Name: "start", Type: number}, {Name: "stop", Type: number}, {Name: "reference_bases", Type: text},
		{Name: "variant_bases", Type: text}, {Name: "gene", Type: text, Doc: "The \"gene\",\n or C:\\."},
		{Name: "therapies", Type: list}, {Name: "rating", Type: schemas.Type{Kind: schemas.Float64, Nullable: true}},
	}}
}

func row(id int, build, chromosome any, start, stop any, ref, alt any, rest ...any) []any {
	wide := func(v any) any {
		if n, ok := v.(int); ok {
			return int64(n)
		}
		return v
	}
	r := []any{int64(id), build, chromosome, wide(start), wide(stop), ref, alt}
	return append(append(r, rest...), nil, nil, nil)[:10]
}

const build37 = "GRCh37"

// rows has each way of writing a change. The genome of writeGenome has an A at each position that ends with 1.
var rows = [][]any{
	row(1, build37, "X", 100, 100, "C", "T", "TP53", []any{"a,b; c=d%", nil, "."}, 2.5),
	row(2, build37, "7", 140453136, 140453136, "A", "T", "BRAF", []any{}, 3.0),
	row(3, build37, "7", 140453136, 140453137, "AC", "TT", ""),
	row(4, build37, "7", 1001, 1003, "ACC", "-", "deletion after C"),
	row(5, build37, "7", 1001, 1002, nil, "TTG", "insertion after A"),
	row(6, build37, "7", 1001, 1003, "ACC", "TG", "delins"),
	row(7, build37, "MT", 1, 1, "a", "g"),
	row(8, build37, nil, 1, 1, "A", "G"), row(9, build37, "7", nil, nil, "A", "G"), row(10, nil, "7", 1, 1, "A", "G"),
	row(11, build37, "7", 0, 0, "A", "G"), row(12, build37, "HSCHR7_1", 1, 1, "A", "G"),
	row(13, build37, "7", 159138664, 159138664, "A", "G"), row(14, build37, "7", 159138663, 159138664, "AA", "G"),
	row(15, build37, "7", 5, 90, nil, nil), row(16, build37, "7", 5, 90, "", "-"),
	row(17, build37, "7", 5, 5, "A/C", "G"), row(18, build37, "7", 5, 5, "A", "a"),
	row(19, build37, "7", 5, 9, "A", "G"), row(20, build37, "7", 1001, 1001, nil, "G"),
	row(21, build37, "7", 1001, nil, nil, "G"), row(22, build37, "7", 1, 1, "A", nil),
	row(23, build37, "7", 1001, 1001, "G", "T", "not the reference"),
}

func encode(t *testing.T, f format.Format, genomes Genomes, shape *schemas.Table, rows ...[]any) (string, *Encoder) {
	t.Helper()
	var b bytes.Buffer
	e, err := NewEncoder(&b, Options{Format: f, Columns: shape.Columns}, genomes)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Write(context.Background(), tabletest.TableOf(shape, rows)), e.Close(context.Background())); err != nil {
		t.Fatal(err)
	}
	return b.String(), e
}

func TestGolden(t *testing.T) {
	f := format.Format{Name: "vcf", ReferenceGRCh37: writeGenome(t, build37, "")}
	genomes, err := OpenGenomes(f)
	if err != nil {
		t.Fatal(err)
	}
	f.ContigPrefix = "chr"
	for name, genomes := range map[string]Genomes{"without.vcf": nil, "with.vcf": genomes} {
		got, e := encode(t, f, genomes, places(), rows...)
		name = filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs (run with -update to accept):\n%s", name, got)
		}
		total := int64(0)
		for _, n := range e.LeftOut() {
			total += n
		}
		if n := int64(strings.Count(got, "\n") - strings.Count(got, "\n#") - 1); n+total != int64(len(rows)) {
			t.Errorf("%d records and %d left out of %d rows", n, total, len(rows))
		}
	}
}

// TestReadRows reads back what was written: the rows in the order of the file, with nulls for empty texts and lists.
func TestReadRows(t *testing.T) {
	f := format.Format{Name: "vcf", Compression: "bgzip", ReferenceGRCh37: writeGenome(t, build37, "chr")}
	genomes, err := OpenGenomes(f)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := encode(t, f, genomes, places(), rows...)
	var got []string
	err = ReadRows(context.Background(), strings.NewReader(text), Options{Format: f, Columns: places().Columns},
		func(batch arrow.RecordBatch) error {
			for i := range int(batch.NumRows()) {
				line := ""
				for _, a := range batch.Columns() {
					line += a.ValueStr(i) + " "
				}
				got = append(got, line)
			}
			return nil
		})
	want := []string{
		`4 GRCh37 7 1001 1003 ACC (null) deletion after C (null) (null) `,
		`5 GRCh37 7 1001 1002 (null) TTG insertion after A (null) (null) `,
		`6 GRCh37 7 1001 1003 ACC TG delins (null) (null) `,
		`2 GRCh37 7 140453136 140453136 A T BRAF (null) 3 `,
		`3 GRCh37 7 140453136 140453137 AC TT (null) (null) (null) `,
		`1 GRCh37 X 100 100 C T TP53 ["a,b; c=d%",null,"."] 2.5 `,
		`7 GRCh37 MT 1 1 a g (null) (null) (null) `,
	}
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%v\n%s\ninstead of\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// writeGenome makes a sparse FASTA file with an index, and the bases that the rows name.
func writeGenome(t *testing.T, build, prefix string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), build+".fa")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	index, offset := "", int64(0)
	put := func(at int64, text string) {
		if _, err := file.WriteAt([]byte(text), at); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range contigs[build] {
		title := ">" + prefix + c.name + "\n"
		put(offset, title)
		offset += int64(len(title))
		index += fmt.Sprintf("%s\t%d\t%d\t%d\t%d\n", prefix+c.name, c.length, offset, c.length, c.length+1)
		for at, text := range map[string]map[int64]string{
			"7": {1: "A", 5: "A", 1000: "CACC", 140453136: "ac"}, "X": {100: "C"}, "MT": {1: "A"},
		}[c.name] {
			put(offset+at-1, text)
		}
		offset += c.length
		put(offset, "\n")
		offset++
	}
	if err := os.WriteFile(name+".fai", []byte(index), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestGenomeFaults(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.fa"):          "no such file",
		write("x.fa.gz", ""):                   "is compressed",
		write("small.fa", ">chr7\nACGT\nAC\n"): "its sequence chr7 has 6 bases instead of 159138663",
		write("other.fa", ">scaffold\nACGT\n"): "no sequence with the name of a chromosome",
		write("broken.fa", ">7\nAC\nACGT\n"):   "make it with samtools faidx",
		writeGenome(t, "GRCh38", ""):           "is not GRCh37: its sequence 1 has 248956422 bases",
		write("chrM.fa", ">chrM\nACGT\n"):      "no sequence with the name of a chromosome",
		write("empty.fa", ""):                  "no sequence",
	} {
		_, err := OpenGenomes(format.Format{Name: "vcf", ReferenceGRCh37: path})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "GRCh37") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestGenomeWithoutBases fails where the file holds other bytes than bases, as with an old index.
func TestGenomeWithoutBases(t *testing.T) {
	genomes, err := OpenGenomes(format.Format{Name: "vcf", ReferenceGRCh37: writeGenome(t, build37, "")})
	if err != nil {
		t.Fatal(err)
	}
	shape := places()
	e, err := NewEncoder(&bytes.Buffer{}, Options{Format: format.Format{Name: "vcf"}, Columns: shape.Columns}, genomes)
	if err != nil {
		t.Fatal(err)
	}
	batch := tabletest.TableOf(shape, [][]any{row(1, build37, "8", 500, 500, "A", "C")})
	if err := e.Write(context.Background(), batch); err == nil || !strings.Contains(err.Error(), "is its index up to date?") {
		t.Error(err)
	}
}

func TestEncoderFaults(t *testing.T) {
	for want, rows := range map[string][][]any{
		"column build is GRCh37 and GRCh38":  {rows[0], row(2, "GRCh38", "1", 1, 1, "A", "C")},
		"must be GRCh37 or GRCh38":           {row(2, "NCBI36", "1", 1, 1, "A", "C")},
		"9999999999 does not fit the 32-bit": {row(9999999999, build37, "1", 1, 1, "A", "C")},
	} {
		shape := places()
		e, err := NewEncoder(&bytes.Buffer{}, Options{Format: format.Format{Name: "vcf"}, Columns: shape.Columns}, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = e.Write(context.Background(), tabletest.TableOf(shape, rows))
		if err = errors.Join(err, e.Close(context.Background())); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v instead of %s", err, want)
		}
	}
}

// TestDecoderIsStrict changes a sound file in one place each. Both readers must refuse it.
func TestDecoderIsStrict(t *testing.T) {
	f := format.Format{Name: "vcf"}
	sound, e := encode(t, f, nil, places(), rows[:3]...)
	for _, change := range [][2]string{
		{"VCFv4.3", "VCFv4.2"}, {"##source", "source"}, {"##reference=GRCh37", "##reference=GRCh38"},
		{"ID=X,length", "ID=7,length"}, {"ID=gene,Number=1", "ID=gene,Number=."}, {"ID=gene", "ID=genes"},
		{"##INFO=<ID=gene", "##OTHER=<ID=gene"}, {"#CHROM", "#CHROMOSOME"}, {"\tINFO", ""}, {"\\\\.\">", "\\\\."},
		{"X\t100", "Z\t100"}, {"X\t100", "X\t0100000000"}, {"X\t100", "X\t-1"}, {"X\t100", "7\t100"},
		{"X\t100\t1", "X\t100\tone"}, {"\t1\tC", "\t.\tC"}, {"\tC\tT\t", "\tC\t\t"}, {"\tC\tT\t", "\tC\t<T>\t"},
		{"\tT\t.\t.", "\tT\t30\t."}, {"\tT\t.\t.", "\tT\t.\tPASS"}, {"stop=100", "stop=x"}, {"stop=100;", "stop=100;stop=1;"},
		{"gene=TP53", "genes=TP53"}, {"gene=TP53", "gene="}, {"gene=TP53", "gene=TP 53"}, {"gene=TP53", "gene=."},
		{"gene=TP53", "gene=T%5"}, {"gene=TP53", "gene=%5b"}, {"gene=TP53", "gene=T=P"}, {"gene=TP53", "gene=\xff"},
		{"therapies=", "therapies=,"}, {"rating=2.5", "rating=two"}, {"rating=2.5", "rating=2.5;reference_base_added"},
		{"rating=2.5\n", "rating=2.5"}, {"\n#CHROM", "\n##civic-etl.left_out=no bases: x\n#CHROM"},
		{"\n#CHROM", "\n##civic-etl.left_out=no bases: 1\n#CHROM"},
	} {
		damaged := strings.Replace(sound, change[0], change[1], 1)
		if damaged == sound {
			t.Errorf("%q is not in the file", change[0])
		}
		want := Want{Rows: 3, Sums: e.Sums()}
		err := Check(context.Background(), strings.NewReader(damaged), Options{Format: f, Columns: places().Columns}, want)
		if !errors.Is(err, digest.ErrDiffers) || strings.Contains(err.Error(), "bytes, not the ones") {
			t.Errorf("%q in place of %q goes unnoticed: %v", change[1], change[0], err)
		}
	}
}

func TestReadRowsStopsAtLongLines(t *testing.T) {
	f := format.Format{Name: "vcf"}
	long := row(1, build37, "1", 5, 5, "A", "C", strings.Repeat("x", 300_000))
	text, _ := encode(t, f, nil, places(), long)
	err := ReadRows(context.Background(), strings.NewReader(text), Options{Format: f, Columns: places().Columns, MaxRow: 100_000},
		func(arrow.RecordBatch) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "more than 100000 bytes") {
		t.Error(err)
	}
}
