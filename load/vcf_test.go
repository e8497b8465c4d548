package load

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/inspect"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/schemas"
)

// places is a table of places on both builds.
func places(partitionBy ...string) *schemas.Table {
	text, number := schemas.Type{Kind: schemas.String, Nullable: true}, schemas.Type{Kind: schemas.Int64, Nullable: true}
	return &schemas.Table{Name: "places", Key: []string{"id"}, PartitionBy: partitionBy, Columns: []schemas.Column{
		{Name: "id", Type: schemas.Type{Kind: schemas.Int64}}, {Name: "build", Type: text}, {Name: "chromosome", Type: text},
		{Name: "start", Type: number}, {Name: "reference_bases", Type: text}, {Name: "variant_bases", Type: text},
		{Name: "genes", Type: schemas.Type{Kind: schemas.String, List: true, Nullable: true, ElementNullable: true}},
	}}
}

var placeRows = [][]any{
	{int64(1), "GRCh37", "7", int64(140453136), "A", "T", []any{"BRAF"}},
	{int64(2), "GRCh38", "7", int64(140753336), "A", "T", []any{"BRAF", nil, "a;b"}},
	{int64(3), "GRCh38", "1", int64(5), nil, "T", nil},
	{int64(4), "GRCh37", "1", nil, "A", "T", nil},
}

// TestVCFByBuild writes one file for each build, and counts the rows that VCF cannot express.
func TestVCFByBuild(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	shape := places("build")
	var notices []string
	options := Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "vcf", Compression: "bgzip"}},
		Notice: func(text string) { notices = append(notices, text) }}
	tables := publishTo(t, options, tableOf(shape, placeRows))
	files := tables[0].Files
	if len(files) != 2 || files[1].Path != "places.vcf.gz/build=GRCh38/part-00000.vcf.gz" || tables[0].Rows != 4 ||
		files[0].Rows != 1 || files[0].LeftOut["no position"] != 1 || files[1].LeftOut["bases do not fit start and stop"] != 1 {
		t.Errorf("%+v", tables)
	}
	want := "2 of 4 rows of table places are not in vcf (bases do not fit start and stop: 1, no position: 1)"
	if !slices.Contains(notices, want) {
		t.Errorf("%q", notices)
	}
	if found := kinds(t, dir); len(found) > 0 {
		t.Error(found)
	}
	var got []string
	err := published.ReadColumns(context.Background(), dir, "places", []string{"build", "start", "genes"}, func(b arrow.RecordBatch) error {
		for i := range int(b.NumRows()) {
			got = append(got, b.Column(0).ValueStr(i)+" "+b.Column(1).ValueStr(i)+" "+b.Column(2).ValueStr(i))
		}
		return nil
	})
	if err != nil || !slices.Equal(got, []string{`GRCh37 140453136 ["BRAF"]`, `GRCh38 140753336 ["BRAF",null,"a;b"]`}) {
		t.Errorf("%q %v", got, err)
	}
}

// TestVCFDiff finds a changed record, and none between folders whose records are the same.
func TestVCFDiff(t *testing.T) {
	shape, rows := places(), placeRows[:1]
	changed := [][]any{{int64(1), "GRCh37", "7", int64(140453136), "A", "T", []any{"NRAS"}}}
	same := publishTable(t, shape, "vcf", rows...)
	if d, got := differences(t, same, publishTable(t, shape, "parquet", rows...)); !d.Equal() || d.Same != 1 {
		t.Errorf("%+v %q", d, got)
	}
	d, got := differences(t, same, publishTable(t, shape, "vcf", changed...))
	want := `{"table":"places","change":"changed","key":{"id":1},"columns":{"genes":{"old":["BRAF"],"new":["NRAS"]}}}`
	if d.Equal() || !slices.Equal(got, []string{want}) {
		t.Errorf("%+v %q", d, got)
	}
}

// TestVCFVerify finds a count that does not add up.
func TestVCFVerify(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	shape := places("build")
	publishTo(t, Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "vcf"}}}, tableOf(shape, placeRows))
	name := filepath.Join(dir, manifest.Name)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, name, []byte(strings.Replace(string(text), `"no position": 1`, `"no position": 2`, 1)))
	if found := kinds(t, dir); !slices.Equal(found, []string{"_manifest.json manifest"}) {
		t.Error(found)
	}
}

// TestVCFRefusesTables names the column that VCF cannot do without, or cannot hold.
func TestVCFRefusesTables(t *testing.T) {
	for want, change := range map[string]func(*schemas.Table){
		"it has no column start":                   func(t *schemas.Table) { t.Columns[3].Name = "begin" },
		"column start is string":                   func(t *schemas.Table) { t.Columns[3].Type.Kind = schemas.String },
		"column chromosome is int64":               func(t *schemas.Table) { t.Columns[2].Type.Kind = schemas.Int64 },
		"column build is list<string>":             func(t *schemas.Table) { t.Columns[1].Type.List = true },
		"partition files do not hold column start": func(t *schemas.Table) { t.PartitionBy = []string{"start"} },
		`column "a b" cannot be the key`:           func(t *schemas.Table) { t.Columns[6].Name = "a b" },
		"the INFO field END has another meaning":   func(t *schemas.Table) { t.Columns[6].Name = "END" },
		"reference_base_added has another meaning": func(t *schemas.Table) { t.Columns[6].Name = format.VCFPadded },
	} {
		shape := places()
		change(shape)
		_, err := Create(Options{Target: filepath.Join(t.TempDir(), "out"), Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "vcf"}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v instead of %s", err, want)
		}
	}
	_, err := Create(Options{Target: filepath.Join(t.TempDir(), "out"), Tables: []*schemas.Table{places()}, Formats: []format.Format{{Name: "vcf", ReferenceGRCh38: "none.fa"}}})
	if err == nil || !strings.Contains(err.Error(), "none.fa") {
		t.Error(err)
	}
}

// TestInspectForeignVCF reads a file with samples, as variant callers write it.
func TestInspectForeignVCF(t *testing.T) {
	name := filepath.Join(t.TempDir(), "patient.vcf")
	overwrite(t, name, []byte("##fileformat=VCFv4.2\r\n##INFO=<ID=DP,Number=1,Type=Integer,Description=\"Depth\">\r\n"+
		"##INFO=<ID=AF,Number=A,Type=Float,Description=\"x\">\n##INFO=<ID=DB,Number=0,Type=Flag,Description=\"x\">\n"+
		"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA1\n"+
		"chr7\t140453136\trs1\tA\tT\t30\tPASS\tDP=3;AF=0.5,0.1;DB;OTHER=1\tGT\t0/1\n7\t1\t.\tA\t<DEL>\t.\t.\t.\tGT\t.\n"))
	in, err := inspect.Read(context.Background(), name, 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range in.Columns {
		got = append(got, c.Name+" "+c.Type)
	}
	want := []string{"CHROM string", "POS int64", "ID string", "REF string", "ALT string", "QUAL double", "FILTER string",
		"FORMAT string", "NA1 string", "INFO/DP int64", "INFO/AF list<double>", "INFO/DB bool"}
	row := `{"CHROM":"chr7","POS":"140453136","ID":"rs1","REF":"A","ALT":"T","QUAL":"30","FILTER":"PASS","FORMAT":"GT","NA1":"0/1","INFO/DP":"3","INFO/AF":"0.5,0.1","INFO/DB":"true"}`
	if !slices.Equal(got, want) || in.Rows != 2 || in.Version != "4.2" || in.Columns[9].Nulls != 1 || string(in.Samples[0].Rows[0]) != row {
		t.Errorf("%q %+v", got, in)
	}
	overwrite(t, name, []byte("##fileformat=VCFv4.2\n#CHROM\tPOS\nx\n"))
	if _, err := inspect.Read(context.Background(), name, 1); err == nil || !strings.Contains(err.Error(), "line 3: 1 fields") {
		t.Error(err)
	}
}
