package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/published"
)

// parquet describes a Parquet file of any writer from its footer.
func (in *Inspection) parquet(ctx context.Context, r *io.SectionReader, rows int) error {
	plain, columns, err := parquetio.Open(r)
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
	in.columnsOf(meta.Schema, columns)
	for i := range meta.NumRowGroups() {
		if err := in.rowGroup(plain, i); err != nil {
			return fmt.Errorf("row group %d: %w", i+1, err)
		}
	}
	if rows == 0 {
		return nil
	}
	sample, err := parquetSample(ctx, plain, columns, rows)
	if err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	in.Samples = []Sample{sample}
	return nil
}

// parquetSample returns the first rows of a Parquet file. Columns of other types than tables have
// are left out, and named.
func parquetSample(ctx context.Context, r *file.Reader, columns []parquetio.Column, rows int) (s Sample, err error) {
	var names []string
	columns = slices.DeleteFunc(slices.Clone(columns), func(c parquetio.Column) bool {
		if c.Type == nil {
			s.LeftOut = append(s.LeftOut, c.Name)
			return true
		}
		names = append(names, c.Name)
		return false
	})
	if len(columns) == 0 {
		return s, nil
	}
	err = parquetio.ReadRows(ctx, r, columns, func(batch arrow.RecordBatch) error {
		cells := make([]textio.Cell, batch.NumCols())
		for i, a := range batch.Columns() {
			var err error
			if cells[i], err = published.Canonical(a, false); err != nil {
				return err
			}
		}
		return s.addRows(names, cells, int(batch.NumRows()), rows)
	})
	if errors.Is(err, published.ErrStop) {
		err = nil
	}
	return s, err
}

func (in *Inspection) columnsOf(s *schema.Schema, columns []parquetio.Column) {
	for _, c := range columns {
		in.Columns = append(in.Columns, ColumnFacts{Name: c.Name, Type: c.Text, Nullable: c.Nullable, Nulls: -1})
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
