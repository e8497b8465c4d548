// Package recording writes the raw pages of a run to a folder (--record), and reads them back in place of the API
// (--replay), for tests of a spec without a network and for bug reports. It never writes headers or keys:
//
//	DIR/<pipeline>/query.graphql      the query
//	DIR/<pipeline>/rows-0000001.json  the page that begins with that row (ids-…: with that id), nested connections
//	                                  read to their end
//	DIR/<pipeline>/SHA256SUMS         checksums of the other files, as sha256sum(1) writes them
//	DIR/<pipeline>/recording.json     written last: the number of records, and those that the API failed to return
//
// Recordings may lie in folders that others can write to: a recorder never follows a symlink, and a replay compares
// every file with its checksum before it uses it.
package recording

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// Names of files in a recording.
const (
	QueryFile = "query.graphql"
	IndexFile = "recording.json"
	SumsFile  = "SHA256SUMS"
)

type index struct {
	TotalCount int64                       `json:"total_count"`
	Rejects    map[string][]extract.Reject `json:"rejects,omitempty"` // by page
}

type fetchPage = func(context.Context, extract.Window) (*extract.Page, error)

// Recorder writes the pages of one pipeline.
type Recorder struct {
	folder string
	root   *os.Root // of the folder

	mu      sync.Mutex
	rejects map[string][]extract.Reject
	sums    sums
}

// NewRecorder starts a recording in a folder. It replaces an earlier one of this pipeline. The caller must call Close.
func NewRecorder(dir string, p *plan.Plan) (*Recorder, error) {
	root, err := openFolder(dir, p.Folder())
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	r := &Recorder{
		folder: filepath.Join(dir, p.Folder()), root: root, rejects: map[string][]extract.Reject{}, sums: sums{},
	}
	if err := removeRecording(root); err != nil {
		return nil, errors.Join(fmt.Errorf("record: %w", err), root.Close())
	}
	if err := r.write(QueryFile, []byte(p.Query.Text())); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return r, nil
}

// openFolder opens the folder of a recording, and makes it if it is missing. The user named dir, so it may be a
// symlink. The folder below it must not: another user could have planted it.
func openFolder(dir, name string) (*os.Root, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	parent, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer parent.Close()
	if err := parent.Mkdir(name, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	named, err := parent.Lstat(name)
	if err != nil {
		return nil, err
	}
	link := fmt.Errorf("%s is not a folder but a file or symlink: remove it, or record to another folder",
		filepath.Join(dir, name))
	if !named.IsDir() {
		return nil, link
	}
	root, err := parent.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if opened, err := root.Stat("."); err != nil || !os.SameFile(named, opened) {
		return nil, errors.Join(link, err, root.Close())
	}
	return root, nil
}

// removeRecording removes the files of an earlier recording.
func removeRecording(root *os.Root) error {
	for _, pattern := range []string{IndexFile, SumsFile, QueryFile, "rows-*.json", "ids-*.json"} {
		files, err := fs.Glob(root.FS(), pattern)
		if err != nil {
			return err
		}
		for _, name := range files {
			if err := root.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close releases the folder. The recording stays.
func (r *Recorder) Close() { _ = r.root.Close() }

// Keep wraps fetch: it writes every page too.
func (r *Recorder) Keep(fetch fetchPage) fetchPage {
	return func(ctx context.Context, w extract.Window) (*extract.Page, error) {
		page, err := fetch(ctx, w)
		if err != nil {
			return nil, err
		}
		if len(page.Rejects) > 0 {
			r.mu.Lock()
			r.rejects[pageFile(w)] = page.Rejects
			r.mu.Unlock()
		}
		return page, r.write(pageFile(w), page.Body)
	}
}

// Finish marks the recording as complete.
func (r *Recorder) Finish(total int64) error {
	text, err := json.Marshal(index{TotalCount: total, Rejects: r.rejects})
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	text = append(text, '\n')
	r.sums[IndexFile] = sha256.Sum256(text)
	if err := r.write(SumsFile, r.sums.text()); err != nil {
		return err
	}
	return r.write(IndexFile, text)
}

func (r *Recorder) write(name string, data []byte) error {
	sum := sha256.Sum256(data)
	r.mu.Lock()
	r.sums[name] = sum
	r.mu.Unlock()
	if err := disk.WriteNew(r.root, name, data); err != nil {
		return fmt.Errorf("record: write %s: %w; leave out --record, or name a folder with it that has room",
			filepath.Join(r.folder, name), err)
	}
	return nil
}

func pageFile(w extract.Window) string {
	if w.IDs {
		return fmt.Sprintf("ids-%07d.json", w.Offset+1)
	}
	return fmt.Sprintf("rows-%07d.json", w.Offset+1)
}
