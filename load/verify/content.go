package verify

import (
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/hive"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// content is the checksum of the rows of one table in one format.
type content struct {
	digest.Content
	rows int64
}

// contentKey names a table in one format.
type contentKey struct{ table, format string }

// summer makes the checksum of the rows of one file.
type summer struct {
	content
	table  manifest.Table
	inPath map[string]arrow.Array // values of partition columns
	skip   bool                   // the format does not hold the values themselves
}

// newSummer skips files that lose values: TSV joins lists, and has options that change texts; VCF leaves out rows.
func newSummer(t manifest.Table, f manifest.File) *summer {
	s := &summer{table: t, inPath: map[string]arrow.Array{}}
	s.skip = t.Content == "" || f.Squish || f.Empty != "" || f.Format == "vcf"
	for _, c := range t.Columns {
		column, err := c.Typed()
		if err != nil || f.Format == "tsv" && column.Type.List {
			s.skip = true
			continue
		}
		if text, found := f.Partition[c.Name]; found {
			b := array.NewBuilder(memory.DefaultAllocator, column.Type.Arrow())
			if hive.Append(b, column.Type.Kind, text) != nil {
				s.skip = true // checkPath found it
			}
			s.inPath[c.Name] = b.NewArray()
		}
	}
	return s
}

func (s *summer) add(batch arrow.RecordBatch) error {
	s.rows += batch.NumRows()
	if s.skip {
		return nil
	}
	columns := make([]digest.ContentColumn, len(s.table.Columns))
	next := 0
	for i, c := range s.table.Columns {
		if value, found := s.inPath[c.Name]; found {
			columns[i] = digest.ContentColumn{Array: value, Repeated: true, Partition: true}
			continue
		}
		if next == int(batch.NumCols()) {
			s.skip = true // checkColumns found it
			return nil
		}
		columns[i] = digest.ContentColumn{Array: batch.Column(next)}
		next++
	}
	return s.Add(columns, int(batch.NumRows()))
}

// addContent adds the checksum of a file to that of its table.
func (v *verifier) addContent(table, format string, s *summer) {
	if s.skip {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.contents == nil {
		v.contents = map[contentKey]*content{}
	}
	key := contentKey{table, format}
	if v.contents[key] == nil {
		v.contents[key] = &content{}
	}
	v.contents[key].Merge(&s.Content)
	v.contents[key].rows += s.rows
}

// checkContents compares the rows of each table with the checksum in the manifest, in every format. If files are
// missing or damaged, this is already known.
func (v *verifier) checkContents() {
	for _, name := range slices.Sorted(maps.Keys(v.Manifest.Tables)) {
		t := v.Manifest.Tables[name]
		for key, c := range v.contents {
			if text := c.Text(t.Head()); key.table == name && c.rows == t.Rows && text != t.Content {
				v.add(manifest.Name, "content", "table %s: its %s files hold the content %s instead of %s",
					name, key.format, text, t.Content)
			}
		}
	}
}
