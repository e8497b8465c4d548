// Package verify compares a published folder with its manifest. It takes the path and gives a list of findings; it
// reads every file with decoders that did not write it. It never changes the folder, and trusts what the manifest says
// about the run.
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
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
)

// Result is the comparison of a published folder with its manifest.
type Result struct {
	Folder     string    `json:"folder"`
	OK         bool      `json:"ok"`
	RunID      string    `json:"run_id"`
	Status     string    `json:"status"` // in the manifest: complete, incomplete, limited
	TotalCount int64     `json:"total_count"`
	Records    int64     `json:"records"` // distinct ones
	Tables     int       `json:"tables"`
	Files      int       `json:"files"`
	Rows       int64     `json:"rows"` // of all tables
	Bytes      int64     `json:"bytes"`
	Findings   []Finding `json:"findings"`          // by path
	Ignored    []string  `json:"ignored,omitempty"` // files that file managers and the like left in the folder
}

// Finding is one difference between a folder and its manifest. Kind is one of manifest, missing, extra, link, type,
// unreadable, bytes, sha256, rows, content, schema, metadata, partition.
type Finding struct {
	Path    string `json:"path"` // slashes, below the folder
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// Folder finds all differences between a published folder and its manifest. If a publication replaces the folder
// meanwhile, it starts again. An error means that there is nothing to verify.
func Folder(ctx context.Context, dir string) (*Result, error) {
	result, err := published.Read(dir, func(p *published.Folder) (*Result, bool, error) {
		result, err := verifyFolder(ctx, p)
		return result, err == nil && result.OK, err
	})
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	return result, nil
}

func verifyFolder(ctx context.Context, p *published.Folder) (*Result, error) {
	v := &verifier{Folder: p}
	tree, err := v.listTree()
	if err != nil {
		return nil, err
	}
	result := &Result{Folder: p.Path}
	if p.Damage != nil {
		v.add(manifest.Name, "manifest", "%v", p.Damage)
	} else {
		result.addFacts(p.Manifest)
		v.checkManifest()
		v.checkTree(tree)
		if err := v.checkFiles(ctx, tree); err != nil {
			return nil, err
		}
		v.checkContents()
		v.checkRejects(tree)
	}
	slices.SortStableFunc(v.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Message, b.Message))
	})
	result.Findings = append([]Finding{}, v.findings...) // an empty list in JSON, not null
	result.OK = len(v.findings) == 0
	slices.Sort(v.ignored)
	result.Ignored = v.ignored
	return result, nil
}

func (r *Result) addFacts(m *manifest.Manifest) {
	r.RunID, r.Status, r.Tables = m.RunID, m.Status, len(m.Tables)
	r.TotalCount, r.Records = m.Extract.TotalCount, m.Extract.Unique
	for _, t := range m.Tables {
		r.Rows += t.Rows
		r.Files += len(t.Files)
		for _, f := range t.Files {
			r.Bytes += f.Bytes
		}
	}
}

// verifier collects the findings of one folder. add may be called concurrently.
type verifier struct {
	*published.Folder
	mu       sync.Mutex
	findings []Finding
	ignored  []string
	contents map[contentKey]*content
}

func (v *verifier) add(path, kind, format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.findings = append(v.findings, Finding{Path: path, Kind: kind, Message: fmt.Sprintf(format, args...)})
}

// listTree lists the folder with hidden files. It does not follow symlinks.
func (v *verifier) listTree() (map[string]fs.FileMode, error) {
	tree := map[string]fs.FileMode{}
	err := fs.WalkDir(v.Root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case name == ".":
			return err
		case errors.Is(err, fs.ErrNotExist):
			return nil // removed meanwhile: it will be missing
		case err != nil && d != nil && d.IsDir():
			v.add(name, "unreadable", "%v", err)
			tree[name] = fs.ModeDir
			return fs.SkipDir
		case err == nil:
			tree[name] = d.Type()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", v.Path, disk.WithHint(err))
	}
	return tree, nil
}

// checkTree finds entries of the folder that are not in the manifest. Hidden files count, as readers' patterns match
// them.
func (v *verifier) checkTree(tree map[string]fs.FileMode) {
	known := v.Manifest.Paths()
	parents := map[string]bool{}
	for name, mode := range tree {
		if mode.IsRegular() && manifest.Litter(name) && !known[name] {
			v.ignored = append(v.ignored, name)
			delete(tree, name)
		} else {
			parents[path.Dir(name)] = true
		}
	}
	for name, mode := range tree {
		switch {
		case mode&fs.ModeSymlink != 0:
			v.add(name, "link", "a symlink: no publication writes one")
		case mode.IsDir() && !known[name] && !parents[name]:
			v.add(name, "extra", "an empty folder that is not in the manifest")
		case known[name] && !mode.IsRegular():
			v.add(name, "type", "not a regular file")
		case !mode.IsDir() && !known[name]:
			v.add(name, "extra", "not in the manifest")
		}
	}
	if _, ok := tree[manifest.SuccessName]; !ok {
		v.add(manifest.SuccessName, "missing", "not in the folder")
	} else if info, err := v.Root.Lstat(manifest.SuccessName); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
		v.add(manifest.SuccessName, "bytes", "%d bytes instead of 0", info.Size())
	}
}

// checkFiles reads every file of every table, several at a time.
func (v *verifier) checkFiles(ctx context.Context, tree map[string]fs.FileMode) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, t := range v.Manifest.Tables {
		for _, f := range t.Files {
			mode, found := tree[f.Path]
			switch {
			case !found:
				v.add(f.Path, "missing", "not in the folder")
			case mode.IsRegular():
				g.Go(func() error {
					v.checkFile(ctx, t, f)
					return ctx.Err()
				})
			}
		}
	}
	return g.Wait()
}
