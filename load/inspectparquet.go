package load

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"
	"github.com/go-json-experiment/json"
)

// parquet describes a Parquet file of any writer from its footer.
func (in *Inspection) parquet(ctx context.Context, r *io.SectionReader, rows int) error {
	plain, table, err := openParquet(r)
	if err != nil {
		return fmt.Errorf("not a Parquet file that can be read: %w", err)
	}
	meta := plain.MetaData()
	in.Rows, in.CreatedBy = meta.GetNumRows(), meta.GetCreatedBy()
	in.Version = strings.ToLower(meta.Version().String())
	in.Metadata = map[string]string{}
	pairs := meta.KeyValueMetadata()
	for i, k := range pairs.Keys() {
		in.Metadata[k] = pairs.Values()[i]
	}
	arrowSchema, err := table.Schema()
	if err != nil {
		arrowSchema = nil // a type that Arrow does not have: the file's own words will do
	}
	in.columnsOf(meta.Schema, arrowSchema)
	for i := range meta.NumRowGroups() {
		if err := in.rowGroup(plain, i); err != nil {
			return fmt.Errorf("row group %d: %w", i+1, err)
		}
	}
	if rows == 0 {
		return nil
	}
	return in.parquetSample(ctx, r, rows)
}

func (in *Inspection) columnsOf(s *schema.Schema, arrows *arrow.Schema) {
	root := s.Root()
	for i := range root.NumFields() {
		f := root.Field(i)
		c := ColumnFacts{Name: f.Name(), Nullable: f.RepetitionType() == parquet.Repetitions.Optional, Nulls: -1}
		if arrows != nil && i < arrows.NumFields() {
			c.Type = typeName(arrows.Field(i).Type)
		} else if p, ok := f.(*schema.PrimitiveNode); ok {
			c.Type = strings.ToLower(p.PhysicalType().String())
		} else {
			c.Type = "group"
		}
		in.Columns = append(in.Columns, c)
	}
	for i := range s.NumColumns() {
		leaf := s.Column(i)
		text := strings.ToLower(leaf.PhysicalType().String())
		if l := leaf.LogicalType(); l != nil && !l.IsNone() {
			text += " (" + l.String() + ")"
		}
		c := &in.Columns[rootOf(s, i)]
		c.Physical = append(c.Physical, text)
	}
}

func rootOf(s *schema.Schema, leaf int) int { return s.Root().FieldIndexByField(s.ColumnRoot(leaf)) }

// typeName is a type as a spec and the manifest name it, if they do.
func typeName(t arrow.DataType) string {
	switch t := t.(type) {
	case *arrow.StringType:
		return "string"
	case *arrow.Float64Type:
		return "double"
	case *arrow.Date32Type:
		return "date"
	case *arrow.ListType:
		return "list<" + typeName(t.Elem()) + ">"
	case *arrow.TimestampType:
		if t.TimeZone == "UTC" {
			return "timestamp[" + t.Unit.String() + ", UTC]"
		}
	}
	return t.String()
}

func (in *Inspection) rowGroup(plain *file.Reader, i int) error {
	group := plain.MetaData().RowGroup(i)
	facts := RowGroupFacts{Rows: group.NumRows()}
	for j := range group.NumColumns() {
		chunk, err := group.ColumnChunk(j)
		if err != nil {
			return err
		}
		facts.Bytes += chunk.TotalCompressedSize()
		facts.Uncompressed += chunk.TotalUncompressedSize()
		c := &in.Columns[rootOf(plain.MetaData().Schema, j)]
		c.Bytes += chunk.TotalCompressedSize()
		c.Uncompressed += chunk.TotalUncompressedSize()
		c.Compression = insert(c.Compression, strings.ToLower(chunk.Compression().String()))
		for _, e := range chunk.Encodings() {
			c.Encodings = insert(c.Encodings, strings.ToLower(e.String()))
		}
		if len(c.Physical) == 1 {
			c.statistics(chunk, i == 0)
		}
		if c.unbounded {
			c.Min, c.Max = nil, nil
		}
	}
	in.RowGroups = append(in.RowGroups, facts)
	return nil
}

func insert(set []string, s string) []string {
	if slices.Contains(set, s) {
		return set
	}
	return append(set, s)
}

// statistics widens the column's bounds by those of one more row group; a group
// without statistics leaves none.
func (c *ColumnFacts) statistics(chunk *metadata.ColumnChunkMetaData, first bool) {
	stats, err := chunk.Statistics()
	if err != nil || stats == nil {
		c.Nulls, c.unbounded = -1, true
		return
	}
	switch {
	case !stats.HasNullCount(), stats.Descr().MaxRepetitionLevel() > 0: // of elements, and empty lists among them
		c.Nulls = -1
	case first:
		c.Nulls = stats.NullCount()
	case c.Nulls >= 0:
		c.Nulls += stats.NullCount()
	}
	if !stats.HasMinMax() {
		c.unbounded = c.unbounded || stats.NumValues() > 0 // a group of nulls has none
		return
	}
	low, high := bound(stats.Descr(), stats.EncodeMin()), bound(stats.Descr(), stats.EncodeMax())
	if c.Min == nil || low.less(c.low) {
		c.Min, c.low = &low.text, low
	}
	if c.Max == nil || c.high.less(high) {
		c.Max, c.high = &high.text, high
	}
}

// limit is a bound of a column's values: as a number, where it is one, to be
// compared, and as text to be shown.
type limit struct {
	number float64
	whole  int64
	text   string
}

func (l limit) less(m limit) bool {
	return cmp.Or(cmp.Compare(l.number, m.number), cmp.Compare(l.whole, m.whole), cmp.Compare(l.text, m.text)) < 0
}

// bound reads a value as statistics have it.
func bound(c *schema.Column, raw []byte) limit {
	switch t := c.PhysicalType(); {
	case t == parquet.Types.Int32 && len(raw) == 4:
		v := int64(int32(binary.LittleEndian.Uint32(raw)))
		return limit{whole: v, text: integerText(c, v)}
	case t == parquet.Types.Int64 && len(raw) == 8:
		v := int64(binary.LittleEndian.Uint64(raw))
		return limit{whole: v, text: integerText(c, v)}
	case t == parquet.Types.Double && len(raw) == 8:
		v := math.Float64frombits(binary.LittleEndian.Uint64(raw))
		return limit{number: v, text: string(appendFloat(nil, v))}
	case t == parquet.Types.Float && len(raw) == 4:
		v := float64(math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		return limit{number: v, text: strconv.FormatFloat(v, 'g', -1, 32)}
	case t == parquet.Types.Boolean && len(raw) == 1:
		return limit{text: strconv.FormatBool(raw[0] != 0)}
	case t == parquet.Types.ByteArray && utf8.Valid(raw):
		return limit{text: string(raw)}
	}
	return limit{text: "0x" + hex.EncodeToString(raw)}
}

func integerText(c *schema.Column, v int64) string {
	switch l := c.LogicalType().(type) {
	case schema.DateLogicalType:
		return time.Unix(v*86_400, 0).UTC().Format(time.DateOnly)
	case schema.TimestampLogicalType:
		switch l.TimeUnit() {
		case schema.TimeUnitMillis:
			return time.UnixMilli(v).UTC().Format(time.RFC3339Nano)
		case schema.TimeUnitMicros:
			return time.UnixMicro(v).UTC().Format(time.RFC3339Nano)
		default:
			return time.Unix(0, v).UTC().Format(time.RFC3339Nano)
		}
	}
	return strconv.FormatInt(v, 10)
}

func (in *Inspection) parquetSample(ctx context.Context, r *io.SectionReader, rows int) error {
	sample := Sample{}
	err := eachParquetBatch(ctx, r, func(batch arrow.RecordBatch) error {
		for row := 0; row < int(batch.NumRows()) && len(sample.Rows) < rows; row++ {
			object := []byte("{")
			for i, a := range batch.Columns() {
				var err error
				if object, err = appendAny(appendKey(object, batch.ColumnName(i)), a, row); err != nil {
					return fmt.Errorf("column %s: %w", batch.ColumnName(i), err)
				}
			}
			sample.Rows = append(sample.Rows, append(object, '}'))
		}
		if len(sample.Rows) == rows {
			return errStop
		}
		return nil
	})
	if err != nil && !errors.Is(err, errStop) {
		return fmt.Errorf("read rows: %w", err)
	}
	in.Samples = []Sample{sample}
	return nil
}

// appendAny appends a value of any type as JSON.
func appendAny(dst []byte, a arrow.Array, row int) ([]byte, error) {
	if a.IsNull(row) {
		return append(dst, "null"...), nil
	}
	if c, err := canonical(a, false); err == nil {
		return c(dst, row)
	}
	text, err := json.Marshal(a.GetOneForMarshal(row), json.Deterministic(true))
	if err != nil {
		return quoteJSON(dst, []byte(a.ValueStr(row))), nil
	}
	return append(dst, text...), nil
}
