package extract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/civic-etl/civic-etl/schemas"
)

// Bounds of splitting: beyond them it is the server that is ill, not a record.
const (
	lostMost  = 100 // records the server cannot give, in one extraction
	soundless = 5   // of them in one window, before any record of it came
	lastTries = 3   // rounds of asking for a record alone
	partTries = 2   // for a part of a page
)

// poisoned says whether an answer may have failed for one of its records: the
// server ran the query and part of it went wrong, or it broke down over it.
func poisoned(err error) bool {
	var failed *GraphQLError
	if errors.As(err, &failed) {
		return !failed.Invalid()
	}
	return errors.Is(err, errInternal)
}

// splitter reads a window that fails as a whole in ever smaller parts, until the
// records it fails for stand alone.
type splitter struct {
	source *Source
	rounds int // of asking for a record alone
	sound  int // records that came
	lost   int
}

// split reads a window without the records that it fails for.
func (s *Source) split(ctx context.Context, w Window, cause error) (*Page, error) {
	if _, err := s.count(ctx, true); err != nil {
		return nil, cause // not even that: the server is in trouble
	}
	x := &splitter{source: s, rounds: lastTries}
	if ctx.Value(freshKey{}) != nil { // a sweep: the record has been asked for often enough
		x.rounds = 1
	}
	return x.parts(brief(ctx, partTries), w, cause)
}

func (x *splitter) parts(ctx context.Context, w Window, cause error) (*Page, error) {
	if w.Size == 1 {
		return x.alone(ctx, w, cause)
	}
	var page *Page
	for _, part := range pieces(w, rowsBlamed(cause, x.source.query.Connection.Name, w)) {
		next, err := x.part(ctx, part)
		if err != nil {
			return nil, err
		}
		if page == nil {
			page = next
			continue
		}
		page.Rejects = append(page.Rejects, next.Rejects...)
		if err := page.join(next); err != nil {
			return nil, err
		}
		page.TotalCount = next.TotalCount
		if err := x.source.fits(page); err != nil {
			return nil, err
		}
	}
	page.Window = w
	return page, nil
}

func (x *splitter) part(ctx context.Context, w Window) (*Page, error) {
	page, err := x.source.settled(ctx, w)
	if poisoned(err) {
		return x.parts(ctx, w, err)
	}
	if err == nil {
		x.sound += page.Nodes
	}
	return page, err
}

// alone asks for one record until it is certain that it does not come, and
// gives a page that tells of it.
func (x *splitter) alone(ctx context.Context, w Window, cause error) (*Page, error) {
	s := x.source
	for round := range x.rounds {
		if err := s.pause(ctx, time.Second<<round); err != nil {
			return nil, err
		}
		page, err := s.settled(ctx, w)
		if err == nil {
			x.sound += page.Nodes
			return page, nil
		}
		if cause = err; !poisoned(err) {
			return nil, err
		}
	}
	total, err := s.count(ctx, true)
	if err != nil {
		return nil, cause
	}
	x.lost++
	if err := s.lose(cause); err != nil {
		return nil, err
	}
	if x.sound == 0 && x.lost >= soundless {
		return nil, fmt.Errorf("none of %d records comes, each asked for alone: %w", x.lost, cause)
	}
	return s.without(ctx, w, total, cause)
}

// pause waits for some of a span of time, as back-off does.
func (s *Source) pause(ctx context.Context, most time.Duration) error {
	timer := time.NewTimer(time.Duration(s.client.options.Random() * float64(most)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lose counts a record that the server cannot give.
func (s *Source) lose(cause error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost++; s.lost > lostMost {
		return fmt.Errorf("more than %d records do not come: %w", lostMost, cause)
	}
	return nil
}

// without is the page of a window of one record that does not come.
func (s *Source) without(ctx context.Context, w Window, total int, cause error) (*Page, error) {
	reject := newReject(cause, s.query.Connection.Name)
	if w.IDs {
		reject.name(int64(w.Offset + 1))
	} else if id, ok := s.nameAt(ctx, w); ok {
		reject.name(id)
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

func (r *Reject) name(id int64) {
	r.ID = id
	r.Record = fmt.Appendf(nil, `{"id":%d}`, id)
}

// nameAt finds the id of the record in a row that does not come. Rows move: it
// is that record's only if it does not come by its id either.
func (s *Source) nameAt(ctx context.Context, w Window) (int64, bool) {
	id, ok := s.idAt(ctx, w)
	if !ok {
		return 0, false
	}
	if s.countable() {
		_, err := s.settled(ctx, Window{Offset: int(id - 1), Size: 1, IDs: true})
		return id, poisoned(err)
	}
	if single := s.query.Connection.Single; single != "" && s.nested == nil {
		text := fmt.Sprintf("query %sOne {\n  %s(id: %d) {\n%s  }\n}\n", s.query.name(), single, id, s.query.Selection.Text("    "))
		_, err := s.client.doFresh(ctx, text, nil, func(*Answer) error { return nil })
		return id, poisoned(err)
	}
	_, err := s.settled(ctx, w)
	again, ok := s.idAt(ctx, w)
	return id, poisoned(err) && ok && again == id
}

// idAt asks for the id of one row: the field that is ill is not in that query.
func (s *Source) idAt(ctx context.Context, w Window) (int64, bool) {
	if !s.query.keyed() {
		return 0, false
	}
	page, err := s.client.Open(s.query.onlyIDs()).rows(fresh(ctx), w)
	if err != nil || len(page.IDs) != 1 {
		return 0, false
	}
	return page.IDs[0], true
}

// onlyIDs is the query with nothing but the record's id selected.
func (q *Query) onlyIDs() *Query {
	copied := *q
	copied.Selection = &schemas.Selection{Type: q.Selection.Type, Fields: []*schemas.Field{{Name: "id", Key: "id", Type: "Int"}}}
	return &copied
}

// newReject words a record's failure as the server did.
func newReject(cause error, connection string) Reject {
	var failed *GraphQLError
	if !errors.As(cause, &failed) {
		return Reject{Reason: cause.Error()}
	}
	f := failed.Faults[0]
	r := Reject{Reason: printable(f.Message)}
	if row, ok := f.row(connection); ok && row >= 0 {
		r.Path = pathText(f.Path[3:])
	}
	return r
}

// row is the row of its page that a fault's path leads to.
func (f GraphQLFault) row(connection string) (int, bool) {
	if len(f.Path) < 3 || f.Path[0] != connection || f.Path[1] != "nodes" {
		return 0, false
	}
	row, ok := f.Path[2].(float64)
	return int(row), ok
}

// rowsBlamed are the rows of a window that an error's paths lead to.
func rowsBlamed(cause error, connection string, w Window) []int {
	var failed *GraphQLError
	var nested *nestedError
	if errors.As(cause, &nested) && !w.IDs {
		return []int{nested.row}
	}
	if w.IDs || !errors.As(cause, &failed) {
		return nil
	}
	var rows []int
	for _, f := range failed.Faults {
		if row, ok := f.row(connection); ok && row >= 0 && row < w.Size {
			rows = append(rows, row)
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// pieces cuts a window so that the rows blamed stand alone; in halves, if none is
// or all are.
func pieces(w Window, blamed []int) []Window {
	if len(blamed) == 0 || len(blamed) > soundless {
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
	for _, row := range blamed {
		add(row)
		add(row + 1)
	}
	add(w.Size)
	return list
}

// String names the record for the user.
func (r Reject) String() string {
	if r.ID == 0 {
		return string(r.Record)
	}
	return "record " + strconv.FormatInt(r.ID, 10)
}
