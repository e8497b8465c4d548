// Package manifest describes what a published folder holds and how it was made. It takes the text of _manifest.json, or
// the facts of a run, and gives the other. It also names the files of a published folder, their formats and columns. It
// never reads a table's file.
package manifest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/disk"
)

// Manifest says what a published folder holds and how it was made.
type Manifest struct {
	Version     int              `json:"version"` // 1
	RunID       string           `json:"run_id"`
	Status      string           `json:"status"`
	StartedAt   time.Time        `json:"started_at"`
	FinishedAt  time.Time        `json:"finished_at"`
	ToolVersion string           `json:"tool_version"`
	Spec        Spec             `json:"spec"`
	Source      Source           `json:"source"`
	Extract     Extract          `json:"extract"`
	Tables      map[string]Table `json:"tables"`
	Checks      []Check          `json:"checks,omitempty"`
}

// Check is the outcome of one data check. A failed check is published only if the spec does not require it. A check is
// skipped in a limited run, or if it refers to data of another run.
type Check struct {
	Table   string `json:"table"`
	Check   string `json:"check"`
	Outcome string `json:"outcome"`         // passed, skipped, failed
	Found   string `json:"found,omitempty"` // by a failed check, with the reason
}

// Spec names the spec of a run.
type Spec struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Source says which records were requested, and from where.
type Source struct {
	Endpoint    string         `json:"endpoint"`
	Connection  string         `json:"connection"`
	Args        map[string]any `json:"args"`
	QuerySHA256 string         `json:"query_sha256"`
	Paging      string         `json:"paging"`
}

// Extract says how the records were extracted, and how their completeness was proven.
type Extract struct {
	Requests         int64   `json:"requests"`
	Retries          int64   `json:"retries"`
	Resumed          int64   `json:"resumed"` // responses kept from an interrupted run
	ThrottledSeconds float64 `json:"throttled_seconds"`
	Bytes            int64   `json:"bytes"`
	TotalCount       int64   `json:"total_count"`
	Records          int64   `json:"records"`
	Unique           int64   `json:"unique"`
	Duplicates       int64   `json:"duplicates"`
	Repaired         int64   `json:"repaired"`
	Complete         bool    `json:"complete"`

	TotalBefore int64    `json:"total_before"`    // totalCount on the first page
	TotalAfter  int64    `json:"total_after"`     // totalCount during the proof
	Gone        int64    `json:"gone"`            // records removed from CIViC during the run; not in the tables
	Proof       string   `json:"proof"`           // of completeness: ids, sweep, count, recording; "" if not proven
	Unfit       []string `json:"unfit,omitempty"` // abandoned ways of paging, with the reasons
}

// Table is one published table.
type Table struct {
	Name     string   `json:"-"`
	Doc      string   `json:"doc,omitempty"` // the meaning of a row
	Rows     int64    `json:"rows"`
	Rejected int64    `json:"rejected"`
	Columns  []Column `json:"columns"`
	Key      []string `json:"key"`
	Files    []File   `json:"files"` // sorted by path

	// Content is the sum of a hash of each row, whatever the formats and the order of rows. Manifests of earlier
	// versions lack it.
	Content string `json:"content_xxh128,omitzero"`
}

// Column is one column of a table, partition columns included.
type Column struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Nullable bool   `json:"nullable"`
	Doc      string `json:"doc,omitempty"` // its meaning
}

// File is one file of a table. Partition holds the values of the partition columns, as text or null.
type File struct {
	Path      string             `json:"path"` // slashes, below the folder
	Format    string             `json:"format"`
	Partition map[string]*string `json:"partition"`
	Rows      int64              `json:"rows"`
	Bytes     int64              `json:"bytes"`
	SHA256    string             `json:"sha256"`
	Null      string             `json:"null,omitzero"`      // tsv: the text of a null, if not the empty field
	Squish    bool               `json:"squish,omitzero"`    // tsv: texts have their white space squeezed
	Empty     string             `json:"empty,omitzero"`     // tsv: bare if empty texts are written as nothing
	LeftOut   map[string]int64   `json:"left_out,omitempty"` // vcf: rows that the format cannot express, by reason
}

// LeftOutRows is the number of rows that the format cannot express.
func (f File) LeftOutRows() (n int64) {
	for _, rows := range f.LeftOut {
		n += rows
	}
	return n
}

// Names of the files in a published folder beside its tables.
const (
	Name        = "_manifest.json"
	SuccessName = "_SUCCESS"
	RejectsName = "_rejects.ndjson"
)

var litterNames = []string{".DS_Store", ".localized", "Thumbs.db", "ehthumbs.db", "desktop.ini", ".directory"}

// Litter reports whether a file is one that other programs leave in any folder, and that can be removed: file managers
// leave those of litterNames and ._*, Hadoop's file system .*.crc.
func Litter(name string) bool {
	base := path.Base(name)
	return slices.Contains(litterNames, base) || strings.HasPrefix(base, "._") ||
		strings.HasPrefix(base, ".") && strings.HasSuffix(base, ".crc")
}

// Version is the version of the manifests that this program writes and reads.
const Version = 1

// Read reads the manifest of a published folder. Its errors name the file; a folder without manifest is
// fs.ErrNotExist.
func Read(dir string) (*Manifest, error) {
	for range Attempts {
		if m, err := readOnce(dir); !Reappeared(dir, err) {
			return m, err
		}
	}
	return readOnce(dir)
}

func readOnce(dir string) (*Manifest, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	text, err := ReadText(root)
	var m *Manifest
	if err == nil {
		m, err = Parse(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, Name), err)
	}
	return m, nil
}

// Parse decodes a manifest. It refuses unknown members, other versions, and file paths that leave the folder.
func Parse(data []byte) (*Manifest, error) {
	m := &Manifest{}
	if err := json.Unmarshal(data, m, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("not a manifest of civic-etl: %w", err)
	}
	if m.Version != Version {
		return nil, fmt.Errorf("version %d of the manifest: this program reads version %d", m.Version, Version)
	}
	if m.RunID == "" {
		return nil, errors.New("the manifest has no run_id")
	}
	seen := map[string]bool{}
	for table, t := range m.Tables {
		t.Name = table
		m.Tables[table] = t
		for _, f := range t.Files {
			if err := f.check(); err != nil {
				return nil, fmt.Errorf("table %s: %w", table, err)
			}
			if seen[f.Path] {
				return nil, fmt.Errorf("table %s: file %s is listed twice", table, f.Path)
			}
			seen[f.Path] = true
		}
	}
	return m, nil
}

func (f File) check() error {
	if f.Path != filepath.ToSlash(filepath.Clean(f.Path)) || !filepath.IsLocal(f.Path) || f.Path == "." {
		return fmt.Errorf("file %q lies outside the folder", f.Path)
	}
	if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != 32 {
		return fmt.Errorf("file %s: %q is not a SHA-256", f.Path, f.SHA256)
	}
	if f.Rows < 0 || f.Bytes < 0 {
		return fmt.Errorf("file %s: negative counts", f.Path)
	}
	return nil
}

// Encode returns the manifest as indented JSON, with members in a fixed order.
func (m *Manifest) Encode() ([]byte, error) {
	text, err := json.Marshal(m, json.Deterministic(true), jsontext.WithIndent("  "))
	if err == nil && len(text) >= maxBytes {
		err = fmt.Errorf("%s would have %d bytes, more than the maximum: write fewer files, with fewer partitions or "+
			"more rows_per_file", Name, len(text))
	}
	return append(text, '\n'), err
}

// Paths lists all files that belong to the folder: those of its tables, and the manifest, mark and rejects.
func (m *Manifest) Paths() map[string]bool {
	paths := map[string]bool{Name: true, SuccessName: true, RejectsName: true}
	for _, t := range m.Tables {
		for _, f := range t.Files {
			paths[f.Path] = true
		}
	}
	return paths
}

// ErrNone means that a folder was not published by civic-etl.
var ErrNone = errors.New("name a folder that civic-etl published")

// Attempts is how often a reader starts again because a publication replaced the folder.
const Attempts = 20

// Reappeared reports whether err means a missing manifest that is there now: a publication replaced the folder during
// the read.
func Reappeared(path string, err error) bool {
	if !errors.Is(err, ErrNone) && !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	info, err := os.Lstat(filepath.Join(path, Name))
	return err == nil && info.Mode().IsRegular()
}

// maxBytes is the maximum size of a manifest, enough for a million files.
const maxBytes = 512 << 20

// ReadText reads the manifest of a folder. A missing one is fs.ErrNotExist, and a link, folder or pipe is ErrNone.
func ReadText(root *os.Root) ([]byte, error) {
	file, size, err := disk.OpenRegular(root, Name)
	if errors.As(err, new(disk.IrregularError)) {
		return nil, fmt.Errorf("%w: %w", err, ErrNone)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > maxBytes {
		return nil, fmt.Errorf("%s has %d bytes, more than the maximum of %d", Name, size, maxBytes)
	}
	return io.ReadAll(io.LimitReader(file, maxBytes))
}
