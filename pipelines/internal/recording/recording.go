package recording

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// A recording is a folder of one pipeline's raw answers, for tests of a spec
// without a network, and for bug reports. It holds no headers and no key:
//
//	DIR/<pipeline>/query.graphql     what was asked
//	DIR/<pipeline>/rows-0000001.json the page that begins with that row (ids-…: that id),
//	                                 nested connections read to their end
//	DIR/<pipeline>/recording.json    written last: how many records there are, and which the API could not give
const (
	QueryFile     = "query.graphql"
	RecordingFile = "recording.json"
)

type recording struct {
	TotalCount int64                       `json:"total_count"`
	Rejects    map[string][]extract.Reject `json:"rejects,omitempty"` // by page
}

// fetchPage gives the page of a window.
type fetchPage = func(context.Context, extract.Window) (*extract.Page, error)

// Recorder keeps the pages of one pipeline.
type Recorder struct {
	folder string

	mu      sync.Mutex
	rejects map[string][]extract.Reject
}

// NewRecorder starts a recording, in place of an earlier one of this pipeline.
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

// removeRecording removes the files of an earlier recording.
func removeRecording(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		for _, pattern := range []string{"rows-*.json", "ids-*.json", RecordingFile} {
			if old, _ := filepath.Match(pattern, e.Name()); !old { // the patterns are well formed
				continue
			}
			if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// Keep writes every page that fetch gives.
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

// Finish marks the recording as whole.
func (r *Recorder) Finish(total int64) error {
	text, err := json.Marshal(recording{TotalCount: total, Rejects: r.rejects})
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return r.write(RecordingFile, append(text, '\n'))
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

// replay gives the pages of a recording, in order. It is the walk over them too.
type replay struct {
	folder  string
	query   *extract.Query
	windows []extract.Window
	Meta    recording
	limit   int // records; 0: all
	given   int
	bodies  sync.Pool // of pages that were decoded: *[]byte
}

func Open(dir string, p *plan.Plan, limit int) (*replay, error) {
	r := &replay{folder: filepath.Join(dir, p.Folder()), query: p.Query, limit: limit}
	text, err := r.read(nil, RecordingFile)
	if err != nil {
		return nil, fmt.Errorf("replay: %w; make a recording with --record %s", err, dir)
	}
	if err := json.Unmarshal(text, &r.Meta); err != nil {
		return nil, fmt.Errorf("replay: %s: %w", filepath.Join(r.folder, RecordingFile), err)
	}
	asked, err := r.read(nil, QueryFile)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	if err := covers(string(asked), p.Query.Text()); err != nil {
		return nil, fmt.Errorf("replay: %s: %w", r.folder, err)
	}
	return r, r.list()
}

// list reads the windows off the names of the pages.
func (r *replay) list() error {
	entries, err := os.ReadDir(r.folder)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	for _, e := range entries {
		kind, rest, _ := strings.Cut(e.Name(), "-")
		var first int
		if _, err := fmt.Sscanf(rest, "%d.json", &first); err != nil || (kind != "rows" && kind != "ids") {
			continue
		}
		r.windows = append(r.windows, extract.Window{Offset: first - 1, Size: 1, IDs: kind == "ids"})
	}
	slices.SortFunc(r.windows, func(a, b extract.Window) int {
		return cmp.Or(strings.Compare(pageFile(b)[:3], pageFile(a)[:3]), cmp.Compare(a.Offset, b.Offset))
	})
	for i := range r.windows {
		r.windows[i].Index = i
	}
	if len(r.windows) == 0 {
		return fmt.Errorf("replay: %s holds no pages", r.folder)
	}
	return nil
}

// Next gives all windows at once, then none; with a limit one after the other.
func (r *replay) Next() []extract.Window {
	n := len(r.windows)
	if r.limit > 0 {
		n = min(n, 1)
	}
	if r.limit > 0 && r.given >= r.limit {
		n = 0
	}
	windows := r.windows[:n]
	r.windows = r.windows[n:]
	return windows
}

// Got cuts off the records beyond a limit.
func (r *replay) Got(page *extract.Page) error {
	if r.limit == 0 {
		return nil
	}
	read, err := r.query.ReadPage(page.Window, page.Body)
	if err == nil && r.given+read.Nodes > r.limit {
		err = read.Cut(r.limit - r.given)
	}
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	r.given += read.Nodes
	page.Body = read.Body
	return nil
}

func (r *replay) Fetch(_ context.Context, w extract.Window) (*extract.Page, error) {
	var body []byte
	if used, ok := r.bodies.Get().(*[]byte); ok {
		body = *used
	}
	body, err := r.read(body, pageFile(w))
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	return &extract.Page{Window: w, Body: body, TotalCount: int(r.Meta.TotalCount), Rejects: r.Meta.Rejects[pageFile(w)]}, nil
}

// Recycle uses the memory of a page for another once the page is decoded: a fresh one
// for each costs more than reading it.
func Recycle[S any](r *replay, decode func(*extract.Page, S) error) func(*extract.Page, S) error {
	return func(page *extract.Page, send S) error {
		err := decode(page, send)
		body := page.Body
		page.Body = nil
		r.bodies.Put(&body)
		return err
	}
}

// covers says whether the answers to one query hold all that another asks for.
func covers(recorded, wanted string) error {
	have, err := parser.ParseQuery(&ast.Source{Input: recorded})
	if err != nil {
		return fmt.Errorf("read %s: %w", QueryFile, err)
	}
	want, err := parser.ParseQuery(&ast.Source{Input: wanted})
	if err != nil {
		return fmt.Errorf("read the spec's query: %w", err)
	}
	fields := map[string]bool{}
	walkFields(have.Operations[0].SelectionSet, "", func(path string) { fields[path] = true })
	var missing []string
	walkFields(want.Operations[0].SelectionSet, "", func(path string) {
		if !fields[path] {
			missing = append(missing, path)
		}
	})
	if len(missing) > 0 {
		return fmt.Errorf("the recorded query has no %s; record again with --record", strings.Join(missing, ", "))
	}
	return nil
}

// walkFields visits every field with its path of response keys, the names and
// arguments that differ from them, and the type conditions on the way.
func walkFields(set ast.SelectionSet, prefix string, visit func(path string)) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			path := prefix + s.Alias
			if s.Alias != s.Name {
				path += ":" + s.Name
			}
			if args := argsText(s.Arguments); args != "" {
				path += "(" + args + ")"
			}
			visit(path)
			walkFields(s.SelectionSet, path+".", visit)
		case *ast.InlineFragment:
			walkFields(s.SelectionSet, prefix+s.TypeCondition+".", visit)
		}
	}
}

func argsText(args ast.ArgumentList) string {
	var list []string
	for _, a := range args {
		list = append(list, a.Name+": "+a.Value.String())
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
