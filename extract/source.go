package extract

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/dustin/go-humanize"
)

// moveTries is how often a window is asked for anew when the server's data
// changed while it was read.
const moveTries = 3

// errMoved is data that changed between two requests for parts of it.
var errMoved = errors.New("the server's data changed while it was read; run again")

// Source reads the pages of one query through a client. Its methods may be
// called concurrently.
type Source struct {
	client *Client
	query  *Query
	text   string
	nested map[string]*branch // nil if no connection is nested in a record

	mu    sync.Mutex
	total int // of ids paging; -1 before it is known
}

// Open gives a source of the query's pages. It asks nothing yet.
func (c *Client) Open(q *Query) *Source {
	return &Source{client: c, query: q, text: q.Text(), nested: branches(q.Selection.Fields), total: -1}
}

// Fetch asks for one window and gives its page: all its rows, even if the
// server gives fewer at once than it was asked for, and all nodes of the
// connections nested in them.
func (s *Source) Fetch(ctx context.Context, w Window) (*Page, error) {
	for try := 1; ; try++ {
		page, err := s.fetch(ctx, w)
		if errors.Is(err, errMoved) && try < moveTries {
			continue
		}
		return page, s.client.secret(err)
	}
}

func (s *Source) fetch(ctx context.Context, w Window) (*Page, error) {
	page, err := s.ask(ctx, w, 0)
	if err != nil {
		return nil, err
	}
	for page.HasNext && page.Nodes < w.Size {
		rest, err := s.ask(ctx, w, page.Nodes)
		if err != nil {
			return nil, err
		}
		if rest.Nodes == 0 {
			return nil, errMoved
		}
		if err := page.join(rest); err != nil {
			return nil, err
		}
		if err := s.fits(page); err != nil {
			return nil, err
		}
	}
	if err := s.complete(ctx, page); err != nil {
		return nil, err
	}
	if !w.IDs {
		return page, nil
	}
	if page.TotalCount, err = s.count(ctx); err != nil {
		return nil, err
	}
	return page, page.sortByID()
}

// ask asks for the rows of a window after the first so many.
func (s *Source) ask(ctx context.Context, w Window, from int) (*Page, error) {
	offset, size := w.Offset+from, w.Size-from
	variables := map[string]any{"first": size}
	if w.IDs {
		offset = from
		variables["ids"] = w.ids()
	}
	if offset > 0 {
		variables["after"] = cursor(offset)
	}
	var page *Page
	_, err := s.client.do(ctx, s.text, variables, func(a *Answer) (err error) {
		page, err = s.query.readPart(w, offset, size, a.Body)
		return err
	})
	return page, err
}

// count asks once how many records there are in all; ids alone do not tell.
func (s *Source) count(ctx context.Context) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= 0 {
		return s.total, nil
	}
	_, err := s.client.doFresh(ctx, s.query.totalText(), nil, func(a *Answer) (err error) {
		s.total, err = readTotal(a.Body, s.query.Connection.Name)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", s.query.Connection.Name, err)
	}
	return s.total, nil
}

// fits bounds what many answers may add up to as one answer is bounded.
func (s *Source) fits(page *Page) error {
	if limit := s.client.options.MaxBody; int64(len(page.Body)) > limit {
		return fmt.Errorf("%s are larger than %s; ask for smaller pages (extract.page_size) or fewer columns",
			page.Window, humanize.IBytes(uint64(limit)))
	}
	return nil
}

// ids are the ids of a window of ids.
func (w Window) ids() []int {
	ids := make([]int, w.Size)
	for i := range ids {
		ids[i] = w.Offset + 1 + i
	}
	return ids
}
