package inspect

import (
	"bytes"

	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
)

// Report describes a file or a published folder. Fields that do not apply to its kind are empty.
type Report struct {
	Path        string             `json:"path"`
	Kind        string             `json:"kind"` // folder, manifest, parquet, ndjson, tsv, vcf, rejects
	Bytes       int64              `json:"bytes"`
	Rows        int64              `json:"rows"`
	Compression string             `json:"compression,omitzero"` // of a text file
	CreatedBy   string             `json:"created_by,omitzero"`
	Version     string             `json:"version,omitzero"` // of the Parquet or VCF format
	Columns     []Column           `json:"columns,omitzero"`
	RowGroups   []RowGroup         `json:"row_groups,omitzero"`
	Metadata    map[string]string  `json:"metadata,omitzero"`
	Rejects     []Reject           `json:"rejects,omitzero"`
	Manifest    *manifest.Manifest `json:"manifest,omitzero"`
	Samples     []Sample           `json:"samples,omitzero"`
}

// Column is one column of a file. In a text file, Type is guessed from the values. If the file does not say, Nulls
// is -1, and Min and Max are nil.
type Column struct {
	Name         string   `json:"name"`
	Type         string   `json:"type"`
	Nullable     bool     `json:"nullable"`
	Nulls        int64    `json:"nulls"`
	Min          *string  `json:"min"`
	Max          *string  `json:"max"`
	Physical     []string `json:"physical,omitzero"` // Parquet: of each leaf
	Encodings    []string `json:"encodings,omitzero"`
	Compression  []string `json:"compression,omitzero"`
	Bytes        int64    `json:"bytes,omitzero"`
	Uncompressed int64    `json:"uncompressed_bytes,omitzero"`

	stats     metadata.TypedStatistics // Parquet: of all row groups read so far
	unbounded bool                     // Parquet: a row group has no bounds
	values    int64                    // text: number of values that are not null
}

// RowGroup is one row group of a Parquet file.
type RowGroup struct {
	Rows         int64 `json:"rows"`
	Bytes        int64 `json:"bytes"`
	Uncompressed int64 `json:"uncompressed_bytes"`
}

// Reject counts the records that were rejected for one reason.
type Reject struct {
	Table   string `json:"table"`
	Reason  string `json:"reason"`
	Path    string `json:"path"`
	Records int64  `json:"records"`
}

// Sample holds the first rows of a file or table, as JSON objects.
type Sample struct {
	Table   string           `json:"table,omitzero"` // in a folder
	Rows    []jsontext.Value `json:"rows"`
	LeftOut []string         `json:"left_out,omitzero"` // Parquet columns of unsupported types

	limit int // of Rows
}

func (s *Sample) full() bool { return len(s.Rows) >= s.limit }

// addRows adds the first of n rows until the sample is full.
func (s *Sample) addRows(names []string, cells []textio.Cell, n int) (err error) {
	for row := 0; row < n && !s.full(); row++ {
		object := []byte("{")
		for i, name := range names {
			object = appendKey(object, name)
			if object, err = cells[i](object, row); err != nil {
				return err
			}
		}
		s.Rows = append(s.Rows, bytes.ToValidUTF8(append(object, '}'), []byte("\uFFFD")))
	}
	return nil
}

func appendKey(object []byte, name string) []byte {
	if len(object) > 1 {
		object = append(object, ',')
	}
	return append(published.QuoteJSON(object, []byte(name)), ':')
}
