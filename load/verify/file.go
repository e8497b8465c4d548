package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/schemas"
)

// checkFile compares one file with the manifest.
func (v *verifier) checkFile(ctx context.Context, t manifest.Table, f manifest.File) {
	open, size, err := v.OpenFile(f.Path)
	if err != nil {
		v.add(f.Path, "unreadable", "%v", err)
		return
	}
	defer open.Close()
	r := io.NewSectionReader(open, 0, size)
	v.checkBytes(r, f)
	columns, err := t.ColumnsOf(f)
	if err != nil {
		return // checkManifest found it
	}
	order := parquetio.NewOrder(nil)
	if f.Format == "parquet" {
		var readable bool
		if order, readable = v.checkParquet(r, f, columns); !readable {
			return
		}
	}
	v.checkRows(ctx, r, t, f, columns, order)
}

func (v *verifier) checkBytes(r *io.SectionReader, f manifest.File) {
	hash := sha256.New()
	n, err := io.Copy(hash, io.NewSectionReader(r, 0, r.Size()))
	switch sum := hex.EncodeToString(hash.Sum(nil)); {
	case err != nil:
		v.add(f.Path, "unreadable", "%v", err)
	case n != f.Bytes:
		v.add(f.Path, "bytes", "%d bytes instead of %d", n, f.Bytes)
	case sum != f.SHA256:
		v.add(f.Path, "sha256", "SHA-256 %s instead of %s", sum, f.SHA256)
	}
}

// checkParquet compares the footer with the manifest. It returns the order that the footer claims for the rows, and
// whether the rows can be read.
func (v *verifier) checkParquet(r *io.SectionReader, f manifest.File,
	columns []schemas.Column) (order *parquetio.Order, readable bool) {
	plain, read, err := parquetio.Open(r)
	if err != nil {
		v.add(f.Path, "unreadable", "%v", err)
		return nil, false
	}
	v.checkColumns(f, read, columns)
	if n := plain.NumRows(); n != f.Rows {
		v.add(f.Path, "rows", "its footer says %d rows instead of %d", n, f.Rows)
	}
	meta := plain.MetaData().KeyValueMetadata()
	v.checkMetadata(f, meta.FindValue("civic-etl.spec"), "spec", v.Manifest.Spec.SHA256)
	v.checkMetadata(f, meta.FindValue("civic-etl.query"), "query", v.Manifest.Source.QuerySHA256)
	unsupported := func(c parquetio.Column) bool { return c.Type == nil } // checkColumns found it
	return parquetio.NewOrder(v.claimedOrder(f, plain, len(read))), !slices.ContainsFunc(read, unsupported)
}

// claimedOrder lists the columns that the footer says the rows are sorted by.
func (v *verifier) claimedOrder(f manifest.File, plain *file.Reader, columns int) []int {
	var claimed []int
	for g := range plain.NumRowGroups() {
		sorting := parquetio.Sorting(plain, g)
		if g > 0 && !slices.Equal(sorting, claimed) {
			v.add(f.Path, "metadata", "row groups are sorted by different columns")
			return nil
		}
		claimed = sorting
	}
	if slices.ContainsFunc(claimed, func(i int) bool { return i < 0 || i >= columns }) {
		v.add(f.Path, "metadata", "the rows are sorted by a column that does not exist")
		return nil
	}
	return claimed
}

func (v *verifier) checkColumns(f manifest.File, read []parquetio.Column, columns []schemas.Column) {
	for i, c := range columns {
		if i >= len(read) {
			v.add(f.Path, "schema", "column %s is missing", c.Name)
			continue
		}
		switch got := read[i]; {
		case got.Name != c.Name:
			v.add(f.Path, "schema", "column %d is %q instead of %q", i+1, got.Name, c.Name)
		case got.Type == nil || !sameKind(got.Type, c.Type.Arrow()):
			v.add(f.Path, "schema", "column %s is %s instead of %s", c.Name, got.Text, c.Type)
		case got.Nullable != c.Type.Nullable:
			v.add(f.Path, "schema", "column %s: nullable is %v instead of %v", c.Name, got.Nullable, c.Type.Nullable)
		}
	}
	for _, c := range read[min(len(columns), len(read)):] {
		v.add(f.Path, "schema", "column %q is not in the manifest", c.Name)
	}
}

// sameKind compares types without the nullability of elements, which a manifest does not tell.
func sameKind(got, want arrow.DataType) bool {
	g, isList := got.(*arrow.ListType)
	w, wantList := want.(*arrow.ListType)
	if isList && wantList {
		return arrow.TypeEqual(g.Elem(), w.Elem())
	}
	return arrow.TypeEqual(got, want)
}

func (v *verifier) checkMetadata(f manifest.File, text *string, what, want string) {
	if text == nil || want == "" {
		return
	}
	if sum := sha256.Sum256([]byte(*text)); hex.EncodeToString(sum[:]) != want {
		v.add(f.Path, "metadata", "the SHA-256 of the %s in the file does not match the manifest", what)
	}
}

// checkRows reads every value, counts rows, looks for nulls in columns that forbid them, checks the order, and sums
// the content.
func (v *verifier) checkRows(ctx context.Context, r *io.SectionReader, t manifest.Table, f manifest.File,
	columns []schemas.Column, order *parquetio.Order) {
	var n int64
	sum := newSummer(t, f)
	claimed := order.Sorted()
	nulls := make([]int, len(columns))
	err := published.EachBatch(ctx, r, f, columns, nil, func(batch arrow.RecordBatch) error {
		n += batch.NumRows()
		for i := range min(len(columns), int(batch.NumCols())) {
			nulls[i] += batch.Column(i).NullN()
		}
		if err := sum.add(batch); err != nil {
			return err
		}
		return order.Add(batch)
	})
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		v.add(f.Path, "unreadable", "%v", err)
		return
	}
	if n != f.Rows {
		v.add(f.Path, "rows", "%d rows instead of %d", n, f.Rows)
	}
	v.addContent(t.Name, f.Format, sum)
	if by := len(order.Sorted()); by < len(claimed) {
		v.add(f.Path, "metadata", "the footer says that the rows are sorted by column %d, and they are not", claimed[by]+1)
	}
	for i, c := range columns {
		text := c.Type.List || c.Type.Kind == schemas.String || c.Type.Kind == schemas.Enum
		if text && f.Empty == format.Bare && f.Null == "" {
			continue // an empty text reads as null
		}
		if nulls[i] > 0 && !c.Type.Nullable {
			v.add(f.Path, "schema", "column %s is null in %d rows, and the manifest forbids nulls", c.Name, nulls[i])
		}
	}
}

// checkRejects compares the number of rejected records with the manifest.
func (v *verifier) checkRejects(tree map[string]fs.FileMode) {
	want := int64(0)
	for _, t := range v.Manifest.Tables {
		want += t.Rejected
	}
	mode, found := tree[manifest.RejectsName]
	switch {
	case !found && want > 0:
		v.add(manifest.RejectsName, "missing", "not in the folder, but %d records were rejected", want)
	case found && want == 0:
		v.add(manifest.RejectsName, "extra", "in the folder, but no record was rejected")
	case found && mode.IsRegular():
		v.countRejects()
	}
}

func (v *verifier) countRejects() {
	open, _, err := v.OpenFile(manifest.RejectsName)
	if err != nil {
		v.add(manifest.RejectsName, "unreadable", "%v", err)
		return
	}
	defer open.Close()
	counts := map[string]int64{}
	err = manifest.EachReject(open, func(r manifest.Reject) error {
		counts[r.Table]++
		return nil
	})
	if err != nil {
		v.add(manifest.RejectsName, "unreadable", "%v", err)
		return
	}
	for name, t := range v.Manifest.Tables {
		if counts[name] != t.Rejected {
			v.add(manifest.RejectsName, "rows", "%d records of table %s instead of %d", counts[name], name, t.Rejected)
		}
		delete(counts, name)
	}
	for name := range counts {
		v.add(manifest.RejectsName, "rows", "%d records of table %q, which is not in the manifest", counts[name], name)
	}
}
