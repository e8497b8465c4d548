// Package inspect describes one file or published folder. It takes a path and gives a Report: columns, row groups,
// statistics, the manifest, the first rows. Parquet and text files may come from any program. It never checks a file
// against its manifest, and writes nothing.
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

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
)

// Read describes a file of civic-etl or another program, or a published folder, with its first rows.
func Read(ctx context.Context, path string, rows int) (*Report, error) {
	report, err := read(ctx, path, rows)
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	return report, nil
}

func read(ctx context.Context, path string, rows int) (*Report, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist", path)
	case err != nil:
		return nil, disk.WithHint(err)
	case info.IsDir():
		return published.Read(path, func(p *published.Folder) (*Report, bool, error) {
			report, err := readFolder(ctx, p, rows)
			return report, true, err
		})
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, disk.WithHint(err)
	}
	defer file.Close()
	report := &Report{Path: path, Bytes: info.Size()}
	if err := report.readFile(ctx, file, rows); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return report, nil
}

func (r *Report) readFile(ctx context.Context, file *os.File, rows int) (err error) {
	defer func() {
		if p := recover(); p != nil { // decoders may panic on a damaged file
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	var f format.Format
	if r.Kind, f, err = kindOf(filepath.Base(r.Path), file); err != nil {
		return err
	}
	sample := Sample{limit: rows}
	switch r.Kind {
	case "manifest":
		return r.readManifest(file)
	case "parquet":
		err = r.readParquet(ctx, io.NewSectionReader(file, 0, r.Bytes), &sample)
	case "rejects":
		err = r.readRejects(file, &sample)
	default:
		r.Compression = f.Codec()
		err = r.readText(ctx, file, f, &sample)
	}
	if rows > 0 {
		r.Samples = []Sample{sample}
	}
	return err
}

// kindOf finds the kind of a file from its name, or else from its first bytes.
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
	if f, ok := format.OfFile(name); ok {
		return f.Name, f, nil
	}
	var head [4]byte
	n, _ := file.ReadAt(head[:], 0)
	switch {
	case bytes.Equal(head[:n], []byte("PAR1")), bytes.Equal(head[:n], []byte("PARE")):
		return "parquet", format.Format{}, nil
	case n > 0 && head[0] == '{':
		return "ndjson", format.Format{Name: "ndjson"}, nil
	}
	return "", format.Format{}, errors.New("neither its name nor its first bytes say what it is: name a file " +
		".parquet, .ndjson, .tsv or .vcf (text files also .gz or .zst), or a published folder")
}

func (r *Report) readManifest(file *os.File) error {
	text, err := io.ReadAll(io.LimitReader(file, parquetio.MaxPage))
	if err != nil {
		return err
	}
	if r.Manifest, err = manifest.Parse(text); err != nil {
		return err
	}
	for _, t := range r.Manifest.Tables {
		r.Rows += t.Rows
	}
	return nil
}

// readFolder describes a published folder from its manifest.
func readFolder(ctx context.Context, p *published.Folder, rows int) (*Report, error) {
	if p.Damage != nil {
		return nil, p.Damage
	}
	r := &Report{Path: p.Path, Kind: "folder", Manifest: p.Manifest}
	for _, name := range slices.Sorted(maps.Keys(p.Manifest.Tables)) {
		t := p.Manifest.Tables[name]
		r.Rows += t.Rows
		for _, f := range t.Files {
			r.Bytes += f.Bytes
		}
		if rows == 0 {
			continue
		}
		sample, err := sampleTable(ctx, p, t, rows)
		if err != nil {
			return nil, err
		}
		r.Samples = append(r.Samples, sample)
	}
	return r, nil
}

func sampleTable(ctx context.Context, p *published.Folder, t manifest.Table, rows int) (Sample, error) {
	sample := Sample{Table: t.Name, limit: rows}
	table, err := p.Table(t)
	if err != nil {
		return sample, err
	}
	var names []string
	var columns []published.Column
	for _, c := range t.Columns {
		names = append(names, c.Name)
		columns = append(columns, published.Column{Name: c.Name})
	}
	for b, err := range table.Batches(ctx, columns) {
		if err == nil {
			err = sample.addRows(names, b.Cells, b.Rows)
		}
		if err != nil || sample.full() {
			return sample, err
		}
	}
	return sample, nil
}

// readRejects counts the rejected records by reason, in order of appearance.
func (r *Report) readRejects(file *os.File, sample *Sample) error {
	index := map[Reject]int{}
	return manifest.EachReject(file, func(line manifest.Reject) error {
		r.Rows++
		reject := Reject{Table: line.Table, Reason: line.Reason, Path: line.Path}
		i, seen := index[reject]
		if !seen {
			i = len(r.Rejects)
			index[reject] = i
			r.Rejects = append(r.Rejects, reject)
		}
		r.Rejects[i].Records++
		if !sample.full() {
			sample.Rows = append(sample.Rows, line.Record)
		}
		return nil
	})
}
