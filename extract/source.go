package extract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/semaphore"
)

// moveTries is how often a window is asked for anew when the server's data
// changed while it was read.
const moveTries = 3

// errMoved is data that changed between two requests for parts of it.
var errMoved = errors.New("the server's data changed while it was read; run again")

// Source reads the pages of one query through a client, and proves that none of
// its records is missing. Its methods may be called concurrently.
type Source struct {
	client *Client
	query  *Query
	texts  map[bool]string    // of a page, by whether its window is one of ids
	nested map[string]*branch // nil if no connection is nested in a record

	counting *semaphore.Weighted // held while total is asked for
	total    int                 // of ids paging; -1 before it is known

	mu     sync.Mutex
	lost   int  // records that the server cannot give
	idless bool // ids turned out not to be those of the records
}

// Open gives a source of the query's pages. It asks nothing yet.
func (c *Client) Open(q *Query) *Source {
	texts := map[bool]string{}
	for ids, paging := range map[bool]Paging{false: Offset, true: IDs} {
		copied := *q
		copied.Paging = paging
		texts[ids] = copied.Text()
	}
	return &Source{client: c, query: q, texts: texts, nested: branches(q.Selection.Fields), counting: semaphore.NewWeighted(1), total: -1}
}

// Fetch asks for one window and gives its page: all its rows, even if the
// server gives fewer at once than it was asked for, and all nodes of the
// connections nested in them. A record that the server fails for every time is
// left out and told of in the page's Rejects. A *PagingError says that the
// server does not page this way.
func (s *Source) Fetch(ctx context.Context, w Window) (*Page, error) {
	page, err := s.settled(ctx, w)
	if poisoned(err) {
		page, err = s.split(ctx, w, err)
	}
	if w.IDs && errors.As(err, new(*PagingError)) {
		s.distrustIDs()
	}
	if err == nil && w.IDs {
		page.TotalCount, err = s.count(ctx, page.Nodes == 0)
		page.HasNext = false
	}
	return page, s.client.secret(err)
}

// settled reads a window anew if the data moved meanwhile.
func (s *Source) settled(ctx context.Context, w Window) (*Page, error) {
	for try := 1; ; try++ {
		page, err := s.whole(ctx, w)
		if !errors.Is(err, errMoved) || try == moveTries {
			return page, err
		}
	}
}

// whole reads the rows of a window and what is nested in them.
func (s *Source) whole(ctx context.Context, w Window) (*Page, error) {
	page, err := s.rows(ctx, w)
	if err != nil {
		return nil, err
	}
	if w.IDs {
		if err := page.sortByID(); err != nil {
			return nil, err
		}
	}
	return page, s.complete(ctx, page)
}

func (s *Source) rows(ctx context.Context, w Window) (*Page, error) {
	page, err := s.ask(ctx, w, 0)
	if err != nil {
		return nil, err
	}
	parts := 1
	for ; page.HasNext && page.Nodes < w.Size && !s.query.Follow; parts++ {
		rest, err := s.ask(ctx, w, page.Nodes)
		if w.IDs && errors.As(err, new(*PagingError)) {
			return s.halves(ctx, w)
		}
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
	if !w.IDs || page.Nodes == page.TotalCount && !repeated(page.IDs) {
		return page, nil
	}
	if parts > 1 { // ties came in another order
		return s.halves(ctx, w)
	}
	return nil, errMoved
}

// halves reads a window of ids in two parts: with fewer ids, no second page of
// them is needed.
func (s *Source) halves(ctx context.Context, w Window) (*Page, error) {
	if w.Size == 1 {
		return nil, errMoved
	}
	a, b := w.halves()
	page, err := s.rows(ctx, a)
	if err != nil {
		return nil, err
	}
	rest, err := s.rows(ctx, b)
	if err != nil {
		return nil, err
	}
	page.Window = w
	if err := page.join(rest); err != nil {
		return nil, err
	}
	return page, s.fits(page)
}

func (w Window) halves() (a, b Window) {
	a, b = w, w
	a.Size = w.Size / 2
	b.Offset, b.Size = w.Offset+a.Size, w.Size-a.Size
	return a, b
}

func repeated(ids []int64) bool {
	sorted := slices.Sorted(slices.Values(ids))
	return len(slices.Compact(sorted)) < len(ids)
}

// ask asks for the rows of a window after the first so many.
func (s *Source) ask(ctx context.Context, w Window, from int) (*Page, error) {
	offset, size := w.Offset+from, w.Size-from
	variables := map[string]any{}
	if w.IDs {
		offset = from
		variables["ids"] = w.ids()
	}
	size = min(size, max(s.query.Connection.MaxPage, 1))
	variables["first"] = size
	switch {
	case w.After != "":
		variables["after"] = w.After
	case offset > 0:
		variables["after"] = cursor(offset)
	}
	var page *Page
	err := s.do(ctx, s.texts[w.IDs], variables, func(a *Answer) (err error) {
		page, err = s.query.readPart(w, offset, size, a.Body)
		return err
	})
	return page, err
}

// do asks for what an earlier run may have kept, unless below fresh.
func (s *Source) do(ctx context.Context, text string, variables map[string]any, accept func(*Answer) error) (err error) {
	if ctx.Value(freshKey{}) != nil {
		_, err = s.client.doFresh(ctx, text, variables, accept)
	} else {
		_, err = s.client.do(ctx, text, variables, accept)
	}
	return err
}

// fresh makes sure that pages fetched below ctx are asked of the server, as a
// proof rests on them.
func fresh(ctx context.Context) context.Context { return context.WithValue(ctx, freshKey{}, true) }

type freshKey struct{}

// count asks how many records there are in all, which ids alone do not tell:
// once, or again.
func (s *Source) count(ctx context.Context, again bool) (int, error) {
	if err := s.counting.Acquire(ctx, 1); err != nil {
		return 0, context.Cause(ctx)
	}
	defer s.counting.Release(1)
	if s.total >= 0 && !again {
		return s.total, nil
	}
	replies := make([]reply, 1)
	if err := s.askSome(ctx, []question{{}}, replies); err != nil {
		return 0, fmt.Errorf("count %s: %w", s.query.Connection.Name, err)
	}
	s.total = replies[0].total
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
func (w Window) ids() []int64 {
	ids := make([]int64, w.Size)
	for i := range ids {
		ids[i] = int64(w.Offset + 1 + i)
	}
	return ids
}

// idsText is a list of ids as GraphQL.
func idsText(ids []int64) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
