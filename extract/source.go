package extract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/semaphore"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
)

// changeTries bounds the tries to read a window whose data change meanwhile.
const changeTries = 3

// ErrChanged says that data changed between two requests for their parts. The same answers would lead
// to it again.
var ErrChanged = errors.New("the server's data changed while it was read; run again")

// Source reads the pages of one query through a client. Its methods may be called concurrently.
type Source struct {
	client   *graphql.Client
	query    *Query
	texts    map[bool]string            // of a page, by Window.IDs
	nested   map[string]*schemas.Branch // nil if no connection is nested in a record
	progress *progress                  // shared by copies of the source
	fresh    bool                       // never take pages from an earlier run
	fewTries int                        // of graphql.Request
}

// progress is the knowledge of a source.
type progress struct {
	turn  *semaphore.Weighted // held during a request for total
	total int                 // records of the connection; -1 if unknown

	resumed     resumedParts
	unproven    atomic.Int64 // nested lists that were given up
	rejects     atomic.Int64 // records that the server fails to return
	idsMistaken atomic.Bool  // the ids argument is not the records' ids
}

// Open gives a source of a query's pages.
func Open(client *graphql.Client, q *Query) *Source {
	return &Source{
		client: client, query: q, nested: schemas.Branches(q.Selection.Fields),
		texts:    map[bool]string{false: q.text(false), true: q.text(true)},
		progress: &progress{turn: semaphore.NewWeighted(1), total: -1},
	}
}

// Query gives the query whose pages the source reads.
func (s *Source) Query() *Query { return s.query }

// OpenIDs gives a source of the ids of all records, by offset. For a proof, it always asks the server.
func (s *Source) OpenIDs() *Source {
	query := s.query.onlyIDs()
	query.Limit, query.Paging = 0, Offset
	return s.openFresh(query)
}

func (s *Source) openFresh(q *Query) *Source {
	source := Open(s.client, q)
	source.fresh = true
	return source
}

func (s *Source) withFewTries(tries int) *Source {
	copied := *s
	copied.fewTries = tries
	return &copied
}

// Fetch gives the page of a window: all its rows, even if the server gives fewer at once than requested,
// and all nodes of the connections nested in them. The page's Rejects list the records that the server
// always fails to return. A *PagingError says that the server does not page this way.
func (s *Source) Fetch(ctx context.Context, w Window) (*Page, error) {
	page, err := s.fetchStable(ctx, w)
	if IsRecordFault(err) {
		page, err = s.split(ctx, w, err)
	}
	if w.IDs && errors.As(err, new(*PagingError)) {
		s.DistrustIDs()
	}
	if err == nil && w.IDs {
		page.TotalCount, err = s.total(ctx, page.Nodes == 0)
		page.HasNext = false
	}
	return page, s.client.Redact(err)
}

// fetchStable reads a window again if the data changed meanwhile.
func (s *Source) fetchStable(ctx context.Context, w Window) (*Page, error) {
	for try := 1; ; try++ {
		page, err := s.fetchWhole(ctx, w)
		if !errors.Is(err, ErrChanged) || try == changeTries {
			return page, err
		}
	}
}

// fetchWhole reads the rows of a window and the connections nested in them.
func (s *Source) fetchWhole(ctx context.Context, w Window) (*Page, error) {
	page, err := s.fetchRows(ctx, w)
	if err != nil {
		return nil, err
	}
	if w.IDs {
		if err := page.sortByID(); err != nil {
			return nil, err
		}
	}
	return page, s.fetchNested(ctx, page)
}

// fetchRows reads the rows of a window in as many parts as the server makes of it.
func (s *Source) fetchRows(ctx context.Context, w Window) (*Page, error) {
	page, err := s.fetchPart(ctx, w, 0)
	if err != nil {
		return nil, err
	}
	parts := 1
	for ; page.HasNext && page.rows() < w.Size && !s.query.Follow; parts++ {
		rest, err := s.fetchPart(ctx, w, page.rows())
		if w.IDs && errors.As(err, new(*PagingError)) {
			return s.fetchHalves(ctx, w)
		}
		if err != nil {
			return nil, err
		}
		if rest.rows() == 0 {
			return nil, ErrChanged
		}
		if err := s.join(page, rest); err != nil {
			return nil, err
		}
	}
	if !w.IDs || page.rows() == page.TotalCount && !repeated(page.IDs) {
		return page, nil
	}
	if parts > 1 { // the order has ties
		return s.fetchHalves(ctx, w)
	}
	return nil, ErrChanged
}

// fetchHalves reads a window of ids in two halves: fewer ids may fit into one page.
func (s *Source) fetchHalves(ctx context.Context, w Window) (*Page, error) {
	if w.Size == 1 {
		return nil, ErrChanged
	}
	a, b := w.halves()
	page, err := s.fetchRows(ctx, a)
	if err != nil {
		return nil, err
	}
	rest, err := s.fetchRows(ctx, b)
	if err != nil {
		return nil, err
	}
	page.Window = w
	return page, s.join(page, rest)
}

// join appends the records of the rows that follow a page's own.
func (s *Source) join(page, next *Page) error {
	c, rest := page.connection, next.part(next.connection.nodes)
	if page.Nodes > 0 && next.Nodes > 0 {
		rest = append([]byte{','}, rest...)
	}
	edits := []edit{{span{c.nodes.to, c.nodes.to}, rest}, {c.next, next.part(next.connection.next)}}
	if c.end.set() && next.connection.end.set() {
		edits = append(edits, edit{c.end, next.part(next.connection.end)})
	}
	page.Rejects = append(page.Rejects, next.Rejects...)
	page.Unproven = append(page.Unproven, next.Unproven...)
	page.Changed = page.Changed || next.Changed || page.TotalCount != next.TotalCount
	return s.rewrite(page, edits)
}

// rewrite edits a page, and bounds its size like that of one answer.
func (s *Source) rewrite(page *Page, edits []edit) error {
	if err := page.rewrite(edits); err != nil {
		return err
	}
	if limit := s.client.MaxBody(); int64(len(page.Body)) > limit {
		return fmt.Errorf("%s are larger than %s; ask for smaller pages (extract.page_size) or fewer columns",
			page.Window, humanize.IBytes(uint64(limit)))
	}
	return nil
}

func repeated(ids []int64) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(ids)))) < len(ids)
}

// fetchPart requests the rows of a window after the first ones, which it skips.
func (s *Source) fetchPart(ctx context.Context, w Window, skip int) (*Page, error) {
	offset, size := w.Offset+skip, min(w.Size-skip, max(s.query.Connection.MaxPage, 1))
	variables := map[string]any{"first": size}
	if w.IDs {
		offset = skip
		variables["ids"] = w.IDList()
	}
	switch {
	case w.After != "":
		variables["after"] = w.After
	case offset > 0:
		variables["after"] = cursor(offset)
	}
	page := s.query.newPage(w)
	page.nested = s.nested
	reader := &pageReader{page: page}
	answer, err := s.ask(ctx, &graphql.Request{Query: s.texts[w.IDs], Variables: variables, Damaged: true, Read: reader.data,
		Accept: func(a *graphql.Answer) error {
			if err := reader.accept(a.Body); err != nil {
				return err
			}
			if err := s.query.checkPart(page, offset, size); err != nil {
				return err
			}
			return reader.damage(a.Damage)
		}})
	if _, damaged := errors.AsType[*damageError](err); damaged {
		err = s.setAside(page, offset, err)
	}
	if answer != nil && answer.Resumed {
		s.progress.resumed.add(page, variables)
	}
	return page, err
}

func (s *Source) ask(ctx context.Context, r *graphql.Request) (*graphql.Answer, error) {
	r.Fresh, r.FewTries, r.Records = s.fresh, s.fewTries, true
	return s.client.Ask(ctx, r)
}

// IDsUsable reports whether records can be requested by their ids.
func (s *Source) IDsUsable() bool { return s.query.Connection.IDs && !s.progress.idsMistaken.Load() }

// DistrustIDs records that the ids argument is not the records' ids.
func (s *Source) DistrustIDs() { s.progress.idsMistaken.Store(true) }
