package manifest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/disk"
)

// Manifest says what a published folder holds and how it came about.
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

// Check says what came of one data check. Only data that passes is published; a
// check is skipped where only the first records were wanted, or where what it looks at is not
// of the same run; it can have failed where the spec does not require it.
type Check struct {
	Table   string `json:"table"`
	Check   string `json:"check"`
	Outcome string `json:"outcome"`         // passed, skipped, failed
	Found   string `json:"found,omitempty"` // by one that failed, with why that may be
}

// Spec names the spec of a run.
type Spec struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Source says what was asked of whom.
type Source struct {
	Endpoint    string         `json:"endpoint"`
	Connection  string         `json:"connection"`
	Args        map[string]any `json:"args"`
	QuerySHA256 string         `json:"query_sha256"`
	Paging      string         `json:"paging"`
}

// Extract counts what asking took and what came.
type Extract struct {
	Requests         int64   `json:"requests"`
	Retries          int64   `json:"retries"`
	Resumed          int64   `json:"resumed"` // answers of an earlier run that was stopped
	ThrottledSeconds float64 `json:"throttled_seconds"`
	Bytes            int64   `json:"bytes"`
	TotalCount       int64   `json:"total_count"`
	Records          int64   `json:"records"`
	Unique           int64   `json:"unique"`
	Duplicates       int64   `json:"duplicates"`
	Repaired         int64   `json:"repaired"`
	Complete         bool    `json:"complete"`

	TotalBefore int64    `json:"total_before"`    // records there were as the first page said it
	TotalAfter  int64    `json:"total_after"`     // and in the end
	Gone        int64    `json:"gone"`            // records that came and were removed during the run; taken out
	Proof       string   `json:"proof"`           // how completeness was shown: ids, sweep, count, recording; "" if it was not
	Unfit       []string `json:"unfit,omitempty"` // ways of paging that were given up, and why
}

// Table is one table as it landed.
type Table struct {
	Name     string   `json:"-"`
	Doc      string   `json:"doc,omitempty"` // what a row is
	Rows     int64    `json:"rows"`
	Rejected int64    `json:"rejected"`
	Columns  []Column `json:"columns"`
	Key      []string `json:"key"`
	Files    []File   `json:"files"` // sorted by path
}

// Column is one column of a table, partition columns included.
type Column struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Nullable bool   `json:"nullable"`
	Doc      string `json:"doc,omitempty"` // what it means
}

// File is one file of a table. Partition gives the values of the
// partition columns, as text, null where they are null.
type File struct {
	Path      string             `json:"path"` // slashes, below the folder
	Format    string             `json:"format"`
	Partition map[string]*string `json:"partition"`
	Rows      int64              `json:"rows"`
	Bytes     int64              `json:"bytes"`
	SHA256    string             `json:"sha256"`
	Null      string             `json:"null,omitzero"` // tsv: the text of a null, where it is not the empty field
}

// The files of a published folder beside its tables.
const (
	Name        = "_manifest.json"
	SuccessName = "_SUCCESS"
	RejectsName = "_rejects.ndjson"
)

const Version = 1

// Read reads the manifest of a published folder. It refuses unknown
// members, other versions, and file paths that leave the folder. Its errors
// name the file; a folder without manifest gives fs.ErrNotExist.
func Read(dir string) (*Manifest, error) {
	for range Attempts { // a folder may be replaced between opening it and reading
		if m, err := readOnce(dir); !Between(dir, err) {
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
	if errors.As(err, new(disk.IrregularError)) {
		return nil, fmt.Errorf("%s is no regular file", filepath.Join(dir, Name))
	}
	var m *Manifest
	if err == nil {
		m, err = Parse(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, Name), err)
	}
	return m, nil
}

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
		return fmt.Errorf("file %s: %q is no SHA-256", f.Path, f.SHA256)
	}
	if f.Rows < 0 || f.Bytes < 0 {
		return fmt.Errorf("file %s: negative counts", f.Path)
	}
	return nil
}

// Encode gives the manifest's text: members in a fixed order, indented.
func (m *Manifest) Encode() ([]byte, error) {
	text, err := json.Marshal(m, json.Deterministic(true), jsontext.WithIndent("  "))
	if err == nil && len(text) >= MaxBytes {
		err = fmt.Errorf("%s would have %d bytes, more than any reader takes: write fewer files, with fewer partitions or more rows_per_file", Name, len(text))
	}
	return append(text, '\n'), err
}

// ErrNone is what there is to say of a folder that nothing can be held
// against.
var ErrNone = errors.New("name a folder that civic-etl published")

// Attempts bounds how often a reader begins anew because the folder was
// replaced under it.
const Attempts = 20

// Between says whether a manifest that was not there may have gone with the
// generation it belonged to, as the path has one now.
func Between(path string, err error) bool {
	if !errors.Is(err, ErrNone) && !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	info, err := os.Lstat(filepath.Join(path, Name))
	return err == nil && info.Mode().IsRegular()
}

// MaxBytes bounds a manifest, which is read as a whole: it has room for
// a million files.
const MaxBytes = 512 << 20

// ReadText reads the manifest of a folder; fs.ErrNotExist if it has none.
func ReadText(root *os.Root) ([]byte, error) {
	file, size, err := disk.OpenRegular(root, Name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > MaxBytes {
		return nil, fmt.Errorf("%s has %d bytes, and no manifest is that long", Name, size)
	}
	return io.ReadAll(io.LimitReader(file, MaxBytes))
}
