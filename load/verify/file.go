package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/schemas"
)

// file holds one file against what the manifest says of it.
func (v *verifying) file(ctx context.Context, t manifest.Table, f manifest.File) {
	open, size, err := v.OpenFile(f.Path)
	if err != nil {
		v.find(f.Path, "unreadable", "%v", err)
		return
	}
	defer open.Close()
	v.bytes(open, size, f)
	columns, err := t.ColumnsOf(f)
	if err != nil {
		return // the manifest's fault, found there
	}
	if f.Format == "parquet" && !v.parquetShape(open, size, f, columns) {
		return
	}
	v.rows(ctx, open, size, f, columns)
}

func (v *verifying) bytes(open *os.File, size int64, f manifest.File) {
	hash := sha256.New()
	n, err := io.Copy(hash, io.NewSectionReader(open, 0, max(size, f.Bytes)))
	switch sum := hex.EncodeToString(hash.Sum(nil)); {
	case err != nil:
		v.find(f.Path, "unreadable", "%v", err)
	case n != f.Bytes:
		v.find(f.Path, "bytes", "%d bytes instead of %d", n, f.Bytes)
	case sum != f.SHA256:
		v.find(f.Path, "sha256", "SHA-256 %s instead of %s", sum, f.SHA256)
	}
}

// parquetShape compares what the file says of itself, and says whether its rows
// can be read.
func (v *verifying) parquetShape(open *os.File, size int64, f manifest.File, columns []schemas.Column) bool {
	plain, read, err := parquetio.Open(io.NewSectionReader(open, 0, size))
	if err != nil {
		v.find(f.Path, "unreadable", "%v", err)
		return false
	}
	v.parquetColumns(f, read, columns)
	if n := plain.NumRows(); n != f.Rows {
		v.find(f.Path, "rows", "its footer says %d rows instead of %d", n, f.Rows)
	}
	meta := plain.MetaData().KeyValueMetadata()
	v.metadata(f, meta.FindValue("civic-etl.spec"), "spec", v.Manifest.Spec.SHA256)
	v.metadata(f, meta.FindValue("civic-etl.query"), "query", v.Manifest.Source.QuerySHA256)
	return !slices.ContainsFunc(read, func(c parquetio.Column) bool { return c.Type == nil }) // found above
}

func (v *verifying) parquetColumns(f manifest.File, read []parquetio.Column, columns []schemas.Column) {
	for i, c := range columns {
		if i >= len(read) {
			v.find(f.Path, "schema", "column %s is missing", c.Name)
			continue
		}
		switch got := read[i]; {
		case got.Name != c.Name:
			v.find(f.Path, "schema", "column %d is %q instead of %q", i+1, got.Name, c.Name)
		case got.Type == nil || !sameKind(got.Type, c.Type.Arrow()):
			v.find(f.Path, "schema", "column %s is %s instead of %s", c.Name, got.Text, c.Type)
		case got.Nullable != c.Type.Nullable:
			v.find(f.Path, "schema", "column %s: nullable is %v instead of %v", c.Name, got.Nullable, c.Type.Nullable)
		}
	}
	for _, c := range read[min(len(columns), len(read)):] {
		v.find(f.Path, "schema", "column %q is not in the manifest", c.Name)
	}
}

// sameKind compares types as far as a manifest tells them: not whether elements
// may be null.
func sameKind(got, want arrow.DataType) bool {
	g, isList := got.(*arrow.ListType)
	w, wantList := want.(*arrow.ListType)
	if isList && wantList {
		return arrow.TypeEqual(g.Elem(), w.Elem())
	}
	return arrow.TypeEqual(got, want)
}

func (v *verifying) metadata(f manifest.File, text *string, what, want string) {
	if text == nil || want == "" {
		return
	}
	if sum := sha256.Sum256([]byte(*text)); hex.EncodeToString(sum[:]) != want {
		v.find(f.Path, "metadata", "the %s in the file is not the one that the manifest has the SHA-256 of", what)
	}
}

// rows reads every value, counts rows, and looks for nulls where none may be.
func (v *verifying) rows(ctx context.Context, open *os.File, size int64, f manifest.File, columns []schemas.Column) {
	var n int64
	nulls := make([]int, len(columns))
	err := published.EachBatch(ctx, open, size, f, columns, func(batch arrow.RecordBatch) error {
		n += batch.NumRows()
		for i := range min(len(columns), int(batch.NumCols())) {
			nulls[i] += batch.Column(i).NullN()
		}
		return nil
	})
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		v.find(f.Path, "unreadable", "%v", err)
		return
	}
	if n != f.Rows {
		v.find(f.Path, "rows", "%d rows instead of %d", n, f.Rows)
	}
	for i, c := range columns {
		if nulls[i] > 0 && !c.Type.Nullable {
			v.find(f.Path, "schema", "column %s is null in %d rows and may not be", c.Name, nulls[i])
		}
	}
}

// rejects compares the rejected records with the manifest's counts.
func (v *verifying) rejects(tree map[string]fs.FileMode) {
	want := int64(0)
	for _, t := range v.Manifest.Tables {
		want += t.Rejected
	}
	mode, found := tree[manifest.RejectsName]
	switch {
	case !found && want > 0:
		v.find(manifest.RejectsName, "missing", "not in the folder, though %d records were rejected", want)
	case found && want == 0:
		v.find(manifest.RejectsName, "extra", "there, though no record was rejected")
	case found && mode.IsRegular():
		v.rejectCounts()
	}
}

func (v *verifying) rejectCounts() {
	open, _, err := v.OpenFile(manifest.RejectsName)
	if err != nil {
		v.find(manifest.RejectsName, "unreadable", "%v", err)
		return
	}
	defer open.Close()
	counts := map[string]int64{}
	err = published.EachReject(open, func(r published.RejectLine) error {
		counts[r.Table]++
		return nil
	})
	if err != nil {
		v.find(manifest.RejectsName, "unreadable", "%v", err)
		return
	}
	for name, t := range v.Manifest.Tables {
		if counts[name] != t.Rejected {
			v.find(manifest.RejectsName, "rows", "%d records of table %s instead of %d", counts[name], name, t.Rejected)
		}
		delete(counts, name)
	}
	for name := range counts {
		v.find(manifest.RejectsName, "rows", "%d records of a table %q that the manifest does not have", counts[name], name)
	}
}
