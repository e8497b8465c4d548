package readers

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// TestParquetFiles opens every Parquet file of every job with parquet-go: the
// footer keeps the promises that readers lean on, and the rows, put together
// from bare values and levels, are the oracle's.
func TestParquetFiles(t *testing.T) {
	for _, j := range jobs() {
		t.Run(j.spec, func(t *testing.T) {
			out := j.output(t)
			nodes := j.nodes(t)
			for _, w := range j.tables {
				path, _ := tablePath(t, out, w.table, "parquet")
				got := &relation{columns: w.stored()}
				for _, file := range files(t, path, ".parquet") {
					readParquet(t, file, got)
				}
				same(t, w.table, expect(t, nodes, w).only(w.stored()), got, w.ordered())
			}
		})
	}
}

// only is the relation without the columns that are not named.
func (r *relation) only(columns []column) *relation {
	var order []int
	for _, c := range columns {
		order = append(order, slices.IndexFunc(r.columns, func(have column) bool { return have.name == c.name }))
	}
	return r.arranged(order)
}

func readParquet(t *testing.T, path string, into *relation) {
	t.Helper()
	opened, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opened.Close() }()
	info, err := opened.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(opened, info.Size())
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	checkFooter(t, path, file)
	columns := file.Root().Columns()
	var have []column
	for _, c := range columns {
		typ, err := duckType(c)
		if err != nil {
			t.Fatalf("%s: column %s: %v", path, c.Name(), err)
		}
		have = append(have, column{c.Name(), typ})
	}
	if !slices.Equal(have, into.columns) {
		t.Fatalf("%s: columns\n got %v\nwant %v", path, have, into.columns)
	}
	for _, group := range file.RowGroups() {
		if err := readGroup(group, columns, into); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
}

// checkFooter holds the footer against what docs and contract promise.
func checkFooter(t *testing.T, path string, file *parquet.File) {
	t.Helper()
	meta := file.Metadata()
	if meta.Version != 2 {
		t.Errorf("%s: format version %d, want 2", path, meta.Version)
	}
	for _, key := range []string{"civic-etl.spec", "civic-etl.query", "civic-etl.version"} {
		if value, ok := file.Lookup(key); !ok || value == "" {
			t.Errorf("%s: no metadata %s", path, key)
		}
	}
	for _, e := range meta.Schema {
		if e.Type.Valid && (e.Type.V == format.Int96 || e.Type.V == format.FixedLenByteArray) {
			t.Errorf("%s: column %s has the type %s", path, e.Name, e.Type.V.String())
		}
		if n, ok := e.LogicalType.Value.(*format.IntType); ok && !n.IsSigned {
			t.Errorf("%s: column %s is unsigned", path, e.Name)
		}
	}
	for g, group := range meta.RowGroups {
		for _, chunk := range group.Columns {
			checkChunk(t, fmt.Sprintf("%s: row group %d: %s", path, g, strings.Join(chunk.MetaData.PathInSchema, ".")), &chunk)
		}
	}
}

func checkChunk(t *testing.T, where string, chunk *format.ColumnChunk) {
	t.Helper()
	if chunk.ColumnIndexOffset == 0 || chunk.ColumnIndexLength == 0 || chunk.OffsetIndexOffset == 0 || chunk.OffsetIndexLength == 0 {
		t.Errorf("%s: no page index", where)
	}
	meta := &chunk.MetaData
	if meta.Codec == format.Uncompressed {
		t.Errorf("%s: not compressed", where)
	}
	if s := meta.Statistics; s.NullCount < meta.NumValues && (s.MinValue == nil) != (s.MaxValue == nil) {
		t.Errorf("%s: half a statistic", where)
	}
	// A text with no value in it, and "" as least value, have nil statistics too.
	numeric := meta.Type == format.Int32 || meta.Type == format.Int64 || meta.Type == format.Double
	if s := meta.Statistics; numeric && s.NullCount < meta.NumValues && (s.MinValue == nil || s.MaxValue == nil) {
		t.Errorf("%s: no statistics", where)
	}
}

// duckType is DuckDB's name for the type of a top-level column. Lists have the
// three levels NAME, list, element, and nothing else nests.
func duckType(c *parquet.Column) (string, error) {
	if c.Leaf() {
		return duckLeaf(c)
	}
	repeated := c.Columns()
	if len(repeated) != 1 || repeated[0].Name() != "list" || !repeated[0].Repeated() || c.Repeated() {
		return "", fmt.Errorf("no three-level list: %v", c)
	}
	element := repeated[0].Columns()
	if len(element) != 1 || element[0].Name() != "element" || !element[0].Leaf() {
		return "", fmt.Errorf("no three-level list: %v", c)
	}
	typ, err := duckLeaf(element[0])
	return typ + "[]", err
}

func duckLeaf(c *parquet.Column) (string, error) {
	logical := ""
	if c.Type().LogicalType() != nil {
		logical = c.Type().LogicalType().String()
	}
	switch known := c.Type().Kind().String() + " " + logical; known {
	case "INT64 ", "INT64 INT(64,true)":
		return "BIGINT", nil
	case "INT32 ", "INT32 INT(32,true)":
		return "INTEGER", nil
	case "DOUBLE ":
		return "DOUBLE", nil
	case "BOOLEAN ":
		return "BOOLEAN", nil
	case "BYTE_ARRAY STRING", "BYTE_ARRAY ENUM":
		return "VARCHAR", nil
	case "INT64 TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)":
		return "TIMESTAMP WITH TIME ZONE", nil
	case "INT32 DATE":
		return "DATE", nil
	default:
		return "", fmt.Errorf("unexpected type %s", known)
	}
}

func readGroup(group parquet.RowGroup, columns []*parquet.Column, into *relation) error {
	rows := group.Rows()
	defer func() { _ = rows.Close() }()
	buffer := make([]parquet.Row, 100)
	for {
		n, err := rows.ReadRows(buffer)
		for _, row := range buffer[:n] {
			if err := into.add(assemble(row, columns)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// assemble makes values of one row's leaves. Every top-level column has one
// leaf, so the leaves' index is the columns'.
func assemble(row parquet.Row, columns []*parquet.Column) []any {
	out := make([]any, len(columns))
	for _, v := range row {
		i := v.Column()
		c := columns[i]
		if c.Leaf() {
			out[i] = scalar(v, c)
			continue
		}
		repeated := c.Columns()[0]
		list, _ := out[i].([]any)
		switch {
		case v.DefinitionLevel() < repeated.MaxDefinitionLevel()-1: // the list is null
		case v.DefinitionLevel() < repeated.MaxDefinitionLevel(): // it has no element
			out[i] = []any{}
		default:
			out[i] = append(list, scalar(v, repeated.Columns()[0]))
		}
	}
	return out
}

func scalar(v parquet.Value, c *parquet.Column) any {
	if v.IsNull() {
		return nil
	}
	switch typ, _ := duckLeaf(c); typ {
	case "BIGINT":
		return v.Int64()
	case "INTEGER":
		return v.Int32()
	case "DOUBLE":
		return v.Double()
	case "BOOLEAN":
		return v.Boolean()
	case "TIMESTAMP WITH TIME ZONE":
		return time.UnixMicro(v.Int64())
	case "DATE":
		return time.Unix(int64(v.Int32())*86400, 0)
	}
	return string(v.ByteArray())
}
