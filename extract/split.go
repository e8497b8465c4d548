package extract

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
)

// Bounds of splitting: beyond them the server fails, not a record.
const (
	maxRejects   = 100 // in one extraction
	firstRejects = 5   // in one window, before any record of it is received
	singleRounds = 3   // of requests for a single record
	partTries    = 2   // for a part of a page
)

// IsRecordFault reports whether a single record may be the cause of an error: the server ran the query
// and a part of it failed, the server answered 500, or a part of the answer is damaged.
func IsRecordFault(err error) bool {
	if failed, ok := errors.AsType[*graphql.Error](err); ok {
		return !failed.Invalid()
	}
	return errors.Is(err, graphql.ErrInternal) || errors.As(err, new(*damageError))
}

// splitter reads a window that fails in ever smaller parts, down to the single records that fail.
type splitter struct {
	source   *Source // with few tries: the window has been tried often
	rounds   int     // of requests for a single record
	received int     // records
	rejected int     // records
}

// split reads a window without the records that fail.
func (s *Source) split(ctx context.Context, w Window, cause error) (*Page, error) {
	if _, err := s.total(ctx, true); err != nil {
		return nil, cause // the server fails, not a record
	}
	x := &splitter{source: s.withFewTries(partTries), rounds: singleRounds}
	if s.fresh { // the record failed before
		x.rounds = 1
	}
	return x.fetchPieces(ctx, w, cause)
}

func (x *splitter) fetchPieces(ctx context.Context, w Window, cause error) (*Page, error) {
	if w.Size == 1 {
		return x.fetchSingle(ctx, w, cause)
	}
	var page *Page
	for _, piece := range pieces(w, faultyRows(cause, x.source.query.Connection.Name, w)) {
		next, err := x.fetchPiece(ctx, piece)
		if err != nil {
			return nil, err
		}
		if page == nil {
			page = next
			continue
		}
		if err := x.source.join(page, next); err != nil {
			return nil, err
		}
		page.TotalCount = next.TotalCount
	}
	page.Window = w
	return page, nil
}

func (x *splitter) fetchPiece(ctx context.Context, w Window) (*Page, error) {
	page, err := x.source.fetchStable(ctx, w)
	if IsRecordFault(err) {
		return x.fetchPieces(ctx, w, err)
	}
	if err == nil {
		x.received += page.Nodes
	}
	return page, err
}

// fetchSingle requests one record several times. If the server fails each time, the page rejects it.
func (x *splitter) fetchSingle(ctx context.Context, w Window, cause error) (*Page, error) {
	s := x.source
	for round := range x.rounds {
		if err := s.client.Pause(ctx, time.Second<<round); err != nil {
			return nil, err
		}
		page, err := s.fetchStable(ctx, w)
		if err == nil {
			x.received += page.Nodes
			return page, nil
		}
		if cause = err; !IsRecordFault(err) {
			return nil, err
		}
	}
	total, err := s.total(ctx, true)
	if err != nil {
		return nil, cause
	}
	x.rejected++
	if s.progress.rejects.Add(1) > maxRejects {
		return nil, fmt.Errorf("more than %d records fail: %w", maxRejects, cause)
	}
	if x.received == 0 && x.rejected >= firstRejects {
		return nil, fmt.Errorf("all %d records fail, each requested alone: %w", x.rejected, cause)
	}
	return s.rejectPage(ctx, w, total, cause)
}

func (s *Source) rejectPage(ctx context.Context, w Window, total int, cause error) (*Page, error) {
	reject := newReject(cause, s.query.Connection.Name)
	id, known := int64(w.Offset+1), w.IDs
	if !known {
		id, known = s.identify(ctx, w)
	}
	if known {
		reject.ID, reject.Record = id, fmt.Appendf(nil, `{"id":%d}`, id)
	} else {
		reject.Record = fmt.Appendf(nil, `{"row":%d}`, w.Offset+1)
	}
	text := fmt.Sprintf(`{"data":{%q:{"totalCount":%d,"pageInfo":{"hasNextPage":%t,"endCursor":null},"nodes":[]}}}`,
		s.query.Connection.Name, total, !w.IDs && w.Offset+1 < total)
	page, err := s.query.ReadPage(w, []byte(text))
	if err != nil {
		return nil, err
	}
	page.Rejects = []Reject{reject}
	return page, nil
}

// identify finds the id of a record that the server fails to return in a row. As rows move, the server
// must fail to return it by its id too.
func (s *Source) identify(ctx context.Context, w Window) (int64, bool) {
	id, ok := s.fetchID(ctx, w)
	if !ok {
		return 0, false
	}
	if s.IDsUsable() {
		_, err := s.fetchStable(ctx, Window{Offset: int(id - 1), Size: 1, IDs: true})
		return id, IsRecordFault(err)
	}
	if single := s.query.Connection.Single; single != "" && s.nested == nil {
		text := fmt.Sprintf("query %sOne {\n  %s(id: %d) {\n%s  }\n}\n",
			s.query.name(), single, id, s.query.Selection.Text("    "))
		_, err := s.client.Ask(ctx, &graphql.Request{Query: text, Fresh: true, FewTries: s.fewTries})
		return id, IsRecordFault(err)
	}
	_, err := s.fetchStable(ctx, w)
	again, ok := s.fetchID(ctx, w)
	return id, IsRecordFault(err) && ok && again == id
}

// fetchID requests the id of one row, without the field that fails.
func (s *Source) fetchID(ctx context.Context, w Window) (int64, bool) {
	if !s.query.Keyed() {
		return 0, false
	}
	page, err := s.openFresh(s.query.onlyIDs()).withFewTries(s.fewTries).fetchRows(ctx, w)
	if err != nil || len(page.IDs) != 1 {
		return 0, false
	}
	return page.IDs[0], true
}

func (q *Query) onlyIDs() *Query {
	copied := *q
	id := &schemas.Field{Name: "id", Key: "id", Type: "Int"}
	copied.Selection = &schemas.Selection{Type: q.Selection.Type, Fields: []*schemas.Field{id}}
	return &copied
}

func newReject(cause error, connection string) Reject {
	failed, ok := errors.AsType[*graphql.Error](cause)
	if !ok {
		return Reject{Reason: cause.Error()}
	}
	f := failed.Faults[0]
	r := Reject{Reason: graphql.Printable(f.Message)}
	if _, ok := f.Row(connection); ok {
		r.Path = graphql.PathText(f.Path[3:])
	}
	return r
}

func faultyRows(cause error, connection string, w Window) []int {
	if w.IDs {
		return nil
	}
	if nested, ok := errors.AsType[*nestedError](cause); ok {
		return []int{nested.row}
	}
	if failed, ok := errors.AsType[*graphql.Error](cause); ok {
		return failed.Rows(connection, w.Size)
	}
	return nil
}

// pieces splits a window so that each faulty row is alone; in halves, if there are none or too many.
func pieces(w Window, faulty []int) []Window {
	if len(faulty) == 0 || len(faulty) > firstRejects {
		a, b := w.halves()
		return []Window{a, b}
	}
	var list []Window
	from := 0
	add := func(to int) {
		if to > from {
			list = append(list, Window{Index: w.Index, Offset: w.Offset + from, Size: to - from, IDs: w.IDs})
		}
		from = to
	}
	for _, row := range faulty {
		add(row)
		add(row + 1)
	}
	add(w.Size)
	return list
}
