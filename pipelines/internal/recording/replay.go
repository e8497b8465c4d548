package recording

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// MaxBytes limits the size of one file, since a recording may come from anywhere.
const MaxBytes = 256 << 20

// Replay is the walk over the pages of a recording, in order.
type Replay struct {
	TotalCount int64 // of the recorded connection
	Unchecked  bool  // an old version recorded it, without checksums

	folder  string
	sums    sums
	query   *extract.Query
	windows []extract.Window
	rejects map[string][]extract.Reject
	limit   int // records; 0: all
	given   int
	bodies  sync.Pool // *[]byte, of decoded pages
}

// Open opens the recording of a plan below dir, and checks that its query covers the plan's.
func Open(dir string, p *plan.Plan, limit int) (*Replay, error) {
	r := &Replay{folder: filepath.Join(dir, p.Folder()), query: p.Query, limit: limit}
	if err := r.readSums(); err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	text, err := r.read(nil, IndexFile)
	if err != nil {
		return nil, fmt.Errorf("replay: %w; make a recording with --record %s", err, dir)
	}
	var index index
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("replay: %s: %w", filepath.Join(r.folder, IndexFile), err)
	}
	r.TotalCount, r.rejects = index.TotalCount, index.Rejects
	recorded, err := r.read(nil, QueryFile)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	if err := covers(string(recorded), p.Query.Text()); err != nil {
		return nil, fmt.Errorf("replay: %s: %w", r.folder, err)
	}
	return r, r.list()
}

// readSums reads the checksums of a recording, if it has them.
func (r *Replay) readSums() error {
	text, err := r.read(nil, SumsFile)
	if errors.Is(err, fs.ErrNotExist) {
		r.Unchecked = true
		return nil
	}
	if err == nil {
		r.sums, err = parseSums(string(text))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(r.folder, SumsFile), err)
	}
	return nil
}

// list parses the windows from the names of the pages.
func (r *Replay) list() error {
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
	return r.comparePages()
}

// comparePages checks that the folder has the pages with a checksum, and no other.
func (r *Replay) comparePages() error {
	if r.Unchecked {
		return nil
	}
	listed := map[string]bool{QueryFile: true, IndexFile: true}
	for _, w := range r.windows {
		listed[pageFile(w)] = true
	}
	for name := range r.sums {
		if !listed[name] {
			return fmt.Errorf("replay: %s is missing: record again with --record", filepath.Join(r.folder, name))
		}
	}
	if len(listed) > len(r.sums) {
		return fmt.Errorf("replay: %s holds files that %s does not list: record again with --record", r.folder, SumsFile)
	}
	return nil
}

// Next returns all windows at once, then none. With a limit, it returns one after the other.
func (r *Replay) Next() []extract.Window {
	n := len(r.windows)
	switch {
	case r.limit > 0 && r.given >= r.limit:
		n = 0
	case r.limit > 0:
		n = min(n, 1)
	}
	windows := r.windows[:n]
	r.windows = r.windows[n:]
	return windows
}

// Got cuts off the records beyond the limit.
func (r *Replay) Got(page *extract.Page) error {
	if r.limit > 0 && r.given+page.Nodes > r.limit {
		if err := page.Cut(r.limit - r.given); err != nil {
			return fmt.Errorf("replay: %w", err)
		}
	}
	r.given += page.Nodes
	return nil
}

// Fetch reads the page of a window, with the checks of a page from the API. It may be called concurrently.
func (r *Replay) Fetch(_ context.Context, w extract.Window) (*extract.Page, error) {
	var body []byte
	if used, ok := r.bodies.Get().(*[]byte); ok {
		body = *used
	}
	body, err := r.read(body, pageFile(w))
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	page, err := r.query.ReadPage(w, body)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	page.TotalCount, page.Rejects = int(r.TotalCount), append(page.Rejects, r.rejects[pageFile(w)]...)
	return page, nil
}

// Recycle reuses the memory of a decoded page: allocating costs more than reading.
func (r *Replay) Recycle(page *extract.Page) {
	body := page.Body
	page.Body = nil
	r.bodies.Put(&body)
}

// read reads a file of the recording, in the memory of b if it fits.
func (r *Replay) read(b []byte, name string) ([]byte, error) {
	root, err := os.OpenRoot(r.folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	path := filepath.Join(r.folder, name)
	f, size, err := disk.OpenRegular(root, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	if size > MaxBytes {
		return nil, fmt.Errorf("%s has %d bytes; the limit for a page is %d", path, size, MaxBytes)
	}
	b = slices.Grow(b[:0], int(size))[:size]
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if name != SumsFile && !r.Unchecked && sha256.Sum256(b) != r.sums[name] {
		return nil, fmt.Errorf("%s is corrupt: checksum mismatch: record again with --record", path)
	}
	return b, nil
}
