package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
)

// Result is what came of holding a published folder against its manifest.
type Result struct {
	Folder     string    `json:"folder"`
	OK         bool      `json:"ok"`
	RunID      string    `json:"run_id"`
	Status     string    `json:"status"` // of the manifest: complete, incomplete, limited
	TotalCount int64     `json:"total_count"`
	Records    int64     `json:"records"` // distinct ones
	Tables     int       `json:"tables"`
	Files      int       `json:"files"`
	Rows       int64     `json:"rows"` // of all tables
	Bytes      int64     `json:"bytes"`
	Findings   []Finding `json:"findings"` // by path
}

// Finding is one difference between a folder and its manifest. Kind is one of
// manifest, missing, extra, link, type, unreadable, bytes, sha256, rows,
// schema, metadata, partition.
type Finding struct {
	Path    string `json:"path"` // slashes, below the folder
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// Folder re-reads every file of a published folder with decoders that did not
// write them, and gives all differences from the manifest at once. It holds the
// folder open; should a publication replace it meanwhile, it begins anew. An
// error means that there was nothing to hold against each other.
func Folder(ctx context.Context, dir string) (*Result, error) {
	v, err := published.Steady(dir, func(p *published.Folder) (*Result, bool, error) {
		v, err := verifyFolder(p, ctx)
		return v, err == nil && v.OK, err
	})
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	return v, nil
}

func verifyFolder(p *published.Folder, ctx context.Context) (*Result, error) {
	check := &verifying{Folder: p, on: map[string]bool{}}
	tree, err := check.walk()
	if err != nil {
		return nil, err
	}
	v := &Result{Folder: p.Path}
	if p.Damage != nil {
		check.find(manifest.Name, "manifest", "%v", p.Damage)
	} else {
		v.fill(p.Manifest)
		check.manifestFacts()
		check.strangers(tree)
		if err := check.files(ctx, tree); err != nil {
			return nil, err
		}
		check.rejects(tree)
	}
	v.Findings = check.sorted()
	v.OK = len(v.Findings) == 0
	return v, nil
}

func (v *Result) fill(m *manifest.Manifest) {
	v.RunID, v.Status, v.TotalCount, v.Records, v.Tables = m.RunID, m.Status, m.Extract.TotalCount, m.Extract.Unique, len(m.Tables)
	for _, t := range m.Tables {
		v.Rows += t.Rows
		v.Files += len(t.Files)
		for _, f := range t.Files {
			v.Bytes += f.Bytes
		}
	}
}

// verifying gathers the findings of one folder. find may be called from
// several goroutines.
type verifying struct {
	*published.Folder
	mu       sync.Mutex
	findings []Finding
	on       map[string]bool // paths with findings
}

func (v *verifying) find(path, kind, format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.findings = append(v.findings, Finding{Path: path, Kind: kind, Message: fmt.Sprintf(format, args...)})
	v.on[path] = true
}

func (v *verifying) sorted() []Finding {
	slices.SortStableFunc(v.findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Message, b.Message))
	})
	return append([]Finding{}, v.findings...)
}

// walk lists what is in the folder, hidden files too, following no symlink.
func (v *verifying) walk() (map[string]fs.FileMode, error) {
	tree := map[string]fs.FileMode{}
	err := fs.WalkDir(v.Root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name != "." {
			return nil // gone meanwhile: it will be missing
		}
		if err != nil && d != nil && d.IsDir() && name != "." {
			v.find(name, "unreadable", "%v", err)
			tree[name] = fs.ModeDir
			return fs.SkipDir
		}
		if err == nil && name != "." {
			tree[name] = d.Type()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", v.Path, disk.WithHint(err))
	}
	return tree, nil
}

// strangers finds what stands in the folder and not in the manifest: files, the
// hidden ones too as readers' patterns match them, symlinks, empty folders.
func (v *verifying) strangers(tree map[string]fs.FileMode) {
	known := map[string]bool{manifest.Name: true, manifest.SuccessName: true, manifest.RejectsName: true}
	used := map[string]bool{}
	for _, t := range v.Manifest.Tables {
		for _, f := range t.Files {
			known[f.Path] = true
		}
	}
	for name := range tree {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			used[dir] = true
		}
	}
	for name, mode := range tree {
		switch {
		case mode&fs.ModeSymlink != 0:
			v.find(name, "link", "a symlink, which no publication writes")
		case mode.IsDir() && !known[name] && !used[name]:
			v.find(name, "extra", "an empty folder that the manifest does not need")
		case known[name] && !mode.IsRegular():
			v.find(name, "type", "not a regular file")
		case !mode.IsDir() && !known[name]:
			v.find(name, "extra", "not in the manifest")
		}
	}
	if _, ok := tree[manifest.SuccessName]; !ok {
		v.find(manifest.SuccessName, "missing", "not in the folder")
	}
}

// files re-reads every file of every table, a few at a time.
func (v *verifying) files(ctx context.Context, tree map[string]fs.FileMode) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, t := range v.Manifest.Tables {
		for _, f := range t.Files {
			mode, found := tree[f.Path]
			switch {
			case !found:
				v.find(f.Path, "missing", "not in the folder")
			case mode.IsRegular():
				g.Go(func() error {
					v.file(ctx, t, f)
					return ctx.Err()
				})
			}
		}
	}
	return g.Wait()
}
