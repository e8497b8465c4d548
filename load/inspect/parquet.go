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
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/published"
)

// readParquet describes a Parquet file of any writer from its footer.
func (r *Report) readParquet(ctx context.Context, from *io.SectionReader, sample *Sample) error {
	reader, columns, err := parquetio.Open(from)
	if err != nil {
		return fmt.Errorf("not a Parquet file that can be read: %w", err)
	}
	meta := reader.MetaData()
	r.Rows, r.CreatedBy = meta.GetNumRows(), meta.GetCreatedBy()
	r.Version = strings.ToLower(meta.Version().String())
	r.Metadata = map[string]string{}
	pairs := meta.KeyValueMetadata()
	for i, k := range pairs.Keys() {
		r.Metadata[k] = pairs.Values()[i]
	}
	r.addColumns(meta.Schema, columns)
	for i := range meta.NumRowGroups() {
		if err := r.addRowGroup(reader, i); err != nil {
			return fmt.Errorf("row group %d: %w", i+1, err)
		}
	}
	for i := range r.Columns {
		r.Columns[i].setBounds()
	}
	if err := sample.addParquet(ctx, reader, columns); !errors.Is(err, errFull) && err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	return nil
}

var errFull = errors.New("the sample is full")

// addParquet adds the first rows of a Parquet file. It names columns of unsupported types instead.
func (s *Sample) addParquet(ctx context.Context, r *file.Reader, columns []parquetio.Column) error {
	if s.full() {
		return nil
	}
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
		return nil
	}
	return parquetio.ReadRows(ctx, r, columns, func(batch arrow.RecordBatch) error {
		cells := make([]textio.Cell, batch.NumCols())
		for i, a := range batch.Columns() {
			var err error
			if cells[i], err = published.Canonical(a, published.AsJSON); err != nil {
				return err
			}
		}
		err := s.addRows(names, cells, int(batch.NumRows()))
		if err == nil && s.full() {
			err = errFull
		}
		return err
	})
}

func (r *Report) addColumns(s *schema.Schema, columns []parquetio.Column) {
	for _, c := range columns {
		r.Columns = append(r.Columns, Column{Name: c.Name, Type: c.Text, Nullable: c.Nullable, Nulls: -1})
	}
	for i := range s.NumColumns() {
		leaf := s.Column(i)
		text := strings.ToLower(leaf.PhysicalType().String())
		if l := leaf.LogicalType(); l != nil && !l.IsNone() {
			text += " (" + l.String() + ")"
		}
		c := r.columnOf(s, i)
		c.Physical = append(c.Physical, text)
	}
}

// columnOf is the column that a leaf of the schema belongs to.
func (r *Report) columnOf(s *schema.Schema, leaf int) *Column {
	return &r.Columns[s.Root().FieldIndexByField(s.ColumnRoot(leaf))]
}

func (r *Report) addRowGroup(reader *file.Reader, i int) error {
	group := reader.MetaData().RowGroup(i)
	total := RowGroup{Rows: group.NumRows()}
	for j := range group.NumColumns() {
		chunk, err := group.ColumnChunk(j)
		if err != nil {
			return err
		}
		total.Bytes += chunk.TotalCompressedSize()
		total.Uncompressed += chunk.TotalUncompressedSize()
		c := r.columnOf(reader.MetaData().Schema, j)
		c.Bytes += chunk.TotalCompressedSize()
		c.Uncompressed += chunk.TotalUncompressedSize()
		c.Compression = insert(c.Compression, strings.ToLower(chunk.Compression().String()))
		for _, e := range chunk.Encodings() {
			c.Encodings = insert(c.Encodings, strings.ToLower(e.String()))
		}
		if len(c.Physical) == 1 {
			c.addStatistics(chunk, i == 0)
		}
	}
	r.RowGroups = append(r.RowGroups, total)
	return nil
}

func insert(set []string, s string) []string {
	if slices.Contains(set, s) {
		return set
	}
	return append(set, s)
}
