package inspect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
)

// Inspection says what is in a file, or in a published folder. What does not
// apply to its kind is left out.
type Inspection struct {
	Path        string             `json:"path"`
	Kind        string             `json:"kind"` // folder, manifest, parquet, ndjson, tsv, rejects
	Bytes       int64              `json:"bytes"`
	Rows        int64              `json:"rows"`
	Compression string             `json:"compression,omitzero"` // of a text file
	CreatedBy   string             `json:"created_by,omitzero"`
	Version     string             `json:"version,omitzero"` // of the Parquet format
	Columns     []ColumnFacts      `json:"columns,omitzero"`
	RowGroups   []RowGroupFacts    `json:"row_groups,omitzero"`
	Metadata    map[string]string  `json:"metadata,omitzero"`
	Rejects     []RejectFacts      `json:"rejects,omitzero"`
	Manifest    *manifest.Manifest `json:"manifest,omitzero"`
	Samples     []Sample           `json:"samples,omitzero"`
}

// ColumnFacts is one column of a file. Of a text file, which has no types, Type
// is what the values look like. Nulls is -1, and Min and Max are nil, where the
// file does not say.
type ColumnFacts struct {
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

	low, high limit
	unbounded bool // a row group does not say its bounds
	guess     guess
}

// RowGroupFacts is one row group of a Parquet file.
type RowGroupFacts struct {
	Rows         int64 `json:"rows"`
	Bytes        int64 `json:"bytes"`
	Uncompressed int64 `json:"uncompressed_bytes"`
}

// RejectFacts counts the records that were rejected for one reason.
type RejectFacts struct {
	Table   string `json:"table"`
	Reason  string `json:"reason"`
	Path    string `json:"path"`
	Records int64  `json:"records"`
}

// Sample holds the first rows of a file or table, as JSON objects.
type Sample struct {
	Table   string           `json:"table,omitzero"` // of a folder
	Rows    []jsontext.Value `json:"rows"`
	LeftOut []string         `json:"left_out,omitzero"` // columns of a Parquet file whose types are not supported
}

// Read looks into a file that civic-etl or anybody else wrote, or into a
// published folder, and takes out so many of its first rows.
func Read(ctx context.Context, path string, rows int) (*Inspection, error) {
	in, err := inspect(ctx, path, rows)
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	return in, nil
}

func inspect(ctx context.Context, path string, rows int) (*Inspection, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist", path)
	case err != nil:
		return nil, disk.WithHint(err)
	case info.IsDir():
		return published.Steady(path, func(p *published.Folder) (*Inspection, bool, error) {
			in, err := inspectFolder(p, ctx, rows)
			return in, err == nil, err
		})
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, disk.WithHint(err)
	}
	defer file.Close()
	in := &Inspection{Path: path, Bytes: info.Size()}
	if err := in.read(ctx, file, rows); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return in, nil
}

// read looks into a file of the kind that its name says, or its beginning.
func (in *Inspection) read(ctx context.Context, file *os.File, rows int) (err error) {
	defer func() {
		if r := recover(); r != nil { // decoders meet bytes here that nobody vouches for
			err = fmt.Errorf("damaged: %v", r)
		}
	}()
	var format format.Format
	if in.Kind, format, err = kindOf(filepath.Base(in.Path), file); err != nil {
		return err
	}
	switch in.Kind {
	case "parquet":
		return in.parquet(ctx, io.NewSectionReader(file, 0, in.Bytes), rows)
	case "manifest":
		text, err := io.ReadAll(io.LimitReader(file, parquetio.MaxPage))
		if err == nil {
			in.Manifest, err = manifest.Parse(text)
		}
		return in.total(err)
	case "rejects":
		return in.rejectsOf(file, rows)
	}
	in.Compression = format.Codec()
	return in.text(ctx, file, format, rows)
}

func kindOf(name string, file *os.File) (string, format.Format, error) {
	switch name {
	case manifest.Name:
		return "manifest", format.Format{}, nil
	case manifest.RejectsName:
		return "rejects", format.Format{}, nil
	}
	for _, ext := range []string{".jsonl", ".json"} { // other names of NDJSON
		name = strings.Replace(name, ext, ".ndjson", 1)
	}
	for _, kind := range format.Names() {
		for _, c := range format.Compressions(kind) {
			format := format.Format{Name: kind, Compression: c}
			if strings.HasSuffix(name, format.Extension()) {
				return kind, format, nil
			}
		}
	}
	var head [4]byte
	n, _ := file.ReadAt(head[:], 0)
	switch {
	case bytes.Equal(head[:n], []byte("PAR1")), bytes.Equal(head[:n], []byte("PARE")):
		return "parquet", format.Format{}, nil
	case n > 0 && head[0] == '{':
		return "ndjson", format.Format{Name: "ndjson"}, nil
	}
	return "", format.Format{}, fmt.Errorf("neither its name nor its first bytes say what it is: name a file .parquet, .ndjson or .tsv (the latter two also .gz or .zst), or a published folder")
}

// inspect describes a published folder from its manifest.
func inspectFolder(p *published.Folder, ctx context.Context, rows int) (*Inspection, error) {
	if p.Damage != nil {
		return nil, p.Damage
	}
	in := &Inspection{Path: p.Path, Kind: "folder", Manifest: p.Manifest}
	if err := in.total(nil); err != nil || rows == 0 {
		return in, err
	}
	for _, name := range slices.Sorted(maps.Keys(p.Manifest.Tables)) {
		sample, err := sampleOf(p, ctx, p.Manifest.Tables[name], rows)
		if err != nil {
			return nil, err
		}
		in.Samples = append(in.Samples, sample)
	}
	return in, nil
}

// total adds up what the manifest lists.
func (in *Inspection) total(err error) error {
	if err != nil {
		return err
	}
	for _, t := range in.Manifest.Tables {
		in.Rows += t.Rows
		if in.Kind == "folder" {
			for _, f := range t.Files {
				in.Bytes += f.Bytes
			}
		}
	}
	return nil
}

// sample gives a table's first rows, from the format that tells most.
func sampleOf(p *published.Folder, ctx context.Context, t manifest.Table, rows int) (Sample, error) {
	s, err := published.NewTableReader(p, t)
	if err != nil {
		return Sample{}, err
	}
	var names []string
	for _, c := range t.Columns {
		s.Columns = append(s.Columns, published.ColumnRef{Name: c.Name})
		names = append(names, c.Name)
	}
	sample := Sample{Table: t.Name}
	for b, err := range s.Batches(ctx) {
		if err == nil {
			err = sample.addRows(names, b.Cells, b.Rows, rows)
		}
		if errors.Is(err, published.ErrStop) {
			break
		}
		if err != nil {
			return sample, err
		}
	}
	return sample, nil
}

// addRows adds the rows of a batch. It returns errStop when the sample has most rows.
func (s *Sample) addRows(names []string, cells []textio.Cell, n, most int) (err error) {
	for row := 0; row < n && len(s.Rows) < most; row++ {
		object := []byte("{")
		for i, name := range names {
			object = appendKey(object, name)
			if object, err = cells[i](object, row); err != nil {
				return err
			}
		}
		s.Rows = append(s.Rows, bytes.ToValidUTF8(append(object, '}'), []byte("\uFFFD")))
	}
	if len(s.Rows) == most {
		return published.ErrStop
	}
	return nil
}

// appendKey appends an object's next key.
func appendKey(object []byte, name string) []byte {
	if len(object) > 1 {
		object = append(object, ',')
	}
	return append(published.QuoteJSON(object, []byte(name)), ':')
}

// rejectsOf counts the rejected records by reason, in order of appearance.
func (in *Inspection) rejectsOf(file *os.File, rows int) error {
	at := map[RejectFacts]int{}
	sample := Sample{}
	err := published.EachReject(file, func(r published.RejectLine) error {
		in.Rows++
		facts := RejectFacts{Table: r.Table, Reason: r.Reason, Path: r.Path}
		i, seen := at[facts]
		if !seen {
			i = len(in.Rejects)
			at[facts] = i
			in.Rejects = append(in.Rejects, facts)
		}
		in.Rejects[i].Records++
		if len(sample.Rows) < rows {
			sample.Rows = append(sample.Rows, r.Record)
		}
		return nil
	})
	if rows > 0 {
		in.Samples = []Sample{sample}
	}
	return err
}
