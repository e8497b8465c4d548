// Package recording writes the raw pages of a run to a folder (--record), and reads them back in place of the API
// (--replay), for tests of a spec without a network and for bug reports. It never writes headers or keys:
//
//	DIR/<pipeline>/query.graphql      the query
//	DIR/<pipeline>/rows-0000001.json  the page that begins with that row (ids-…: with that id), nested connections
//	                                  read to their end
//	DIR/<pipeline>/recording.json     written last: the number of records, and those that the API failed to return
package recording

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// Names of files in a recording.
const (
	QueryFile = "query.graphql"
	IndexFile = "recording.json"
)

type index struct {
	TotalCount int64                       `json:"total_count"`
	Rejects    map[string][]extract.Reject `json:"rejects,omitempty"` // by page
}

type fetchPage = func(context.Context, extract.Window) (*extract.Page, error)

// Recorder writes the pages of one pipeline.
type Recorder struct {
	folder string

	mu      sync.Mutex
	rejects map[string][]extract.Reject
}

// NewRecorder starts a recording in a folder. It replaces an earlier one of this pipeline.
func NewRecorder(dir string, p *plan.Plan) (*Recorder, error) {
	folder := filepath.Join(dir, p.Folder())
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if err := removeRecording(folder); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	r := &Recorder{folder: folder, rejects: map[string][]extract.Reject{}}
	return r, r.write(QueryFile, []byte(p.Query.Text()))
}

func removeRecording(folder string) error {
	for _, pattern := range []string{IndexFile, "rows-*.json", "ids-*.json"} {
		files, err := fs.Glob(os.DirFS(folder), pattern)
		if err != nil {
			return err
		}
		for _, name := range files {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

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
	return r.write(IndexFile, append(text, '\n'))
}

func (r *Recorder) write(name string, data []byte) error {
	if err := os.WriteFile(filepath.Join(r.folder, name), data, 0o666); err != nil {
		return fmt.Errorf("record: %w; leave out --record, or name a folder with it that has room", err)
	}
	return nil
}

func pageFile(w extract.Window) string {
	if w.IDs {
		return fmt.Sprintf("ids-%07d.json", w.Offset+1)
	}
	return fmt.Sprintf("rows-%07d.json", w.Offset+1)
}
