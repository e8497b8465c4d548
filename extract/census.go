package extract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// How a census was taken.
const (
	ByIDs   = "ids"   // the server counted the records that came, by their ids
	BySweep = "sweep" // the ids of all records were read again
	ByCount = "count" // records without an id were counted
)

// Bounds of a census.
const (
	chunkIDs  = 1000 // ids counted together
	someIDs   = 10   // of them, those looked at
	censusMax = 3    // tries, if the data moves meanwhile
)

// Arrived says which records an extraction has.
type Arrived struct {
	IDs     []int64 // in order, each once
	Lost    []int64 // ids of those the server cannot give
	Unnamed int     // of those it cannot give, the ones whose id is not known
	Records int     // where records have no id, how many came
}

func (a *Arrived) all() int { return len(a.IDs) + len(a.Lost) + a.Unnamed + a.Records }

// Census is what the server says, at one moment, of the records that came.
type Census struct {
	Total   int      // records there are
	Gone    []int64  // ids of records that are there no more
	Lacking int      // records that are there and did not come
	Windows []Window // that hold them, where that could be found out
	By      string
	Moved   bool // it could not be taken: the data changed each time
}

// Complete says that what came is what there is.
func (c *Census) Complete() bool { return !c.Moved && len(c.Gone) == 0 && c.Lacking == 0 }

// Census asks the server whether the records that arrived are those there are:
// neither one more nor one less. Where ids are those of the records, the server
// counts how many of the ones that came it still has, and how many it has in
// all, in one request for some ten thousand; else all ids are read again.
func (s *Source) Census(ctx context.Context, a *Arrived, workers int) (*Census, error) {
	c, err := s.census(ctx, a, workers)
	if errors.Is(err, errMoved) {
		return &Census{Moved: true}, nil
	}
	return c, s.client.secret(err)
}

func (s *Source) census(ctx context.Context, a *Arrived, workers int) (*Census, error) {
	if !s.query.keyed() {
		replies, err := s.askAll(ctx, []question{{}}, workers)
		return &Census{Total: replies[0].total, Lacking: replies[0].total - a.all(), By: ByCount}, err
	}
	for try := 1; ; try++ {
		c, err := s.censusOnce(ctx, a, workers)
		if !errors.Is(err, errMoved) || try == censusMax {
			return c, err
		}
	}
}

func (s *Source) censusOnce(ctx context.Context, a *Arrived, workers int) (*Census, error) {
	if !s.countable() {
		return s.censusBySweep(ctx, a, workers)
	}
	c, err := s.censusByIDs(ctx, a, workers)
	if errors.As(err, new(*PagingError)) {
		s.distrustIDs()
	}
	if errors.Is(err, errMoved) || ctx.Err() != nil {
		return nil, cmp.Or(err, context.Cause(ctx))
	}
	if err == nil {
		if c.Lacking <= 0 {
			return c, nil
		}
		found := 0
		if c.Windows, found, err = s.locate(ctx, a, c, workers); err == nil && found >= c.Lacking {
			return c, nil
		}
	}
	// Ids do not give all that there is, or the server does not count by them.
	swept, failed := s.censusBySweep(ctx, a, workers)
	if failed != nil && !errors.Is(failed, errMoved) {
		return nil, cmp.Or(err, failed)
	}
	return swept, failed
}

func (s *Source) countable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.query.Connection.IDs && !s.idless
}

func (s *Source) distrustIDs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idless = true
}

// censusByIDs counts. The total is asked for in the first and in the last
// request, so that it shows if the data moved between them.
func (s *Source) censusByIDs(ctx context.Context, a *Arrived, workers int) (*Census, error) {
	questions := []question{{}}
	some := sample(a.IDs)
	if len(some) > 0 {
		questions = append(questions, question{ids: some, nodes: len(some)})
	}
	first := len(questions)
	chunks := slices.Collect(slices.Chunk(a.IDs, chunkIDs))
	for _, chunk := range chunks {
		questions = append(questions, question{ids: chunk})
	}
	if batchOf(questions) < len(questions) {
		questions = append(questions, question{})
	}
	replies, err := s.askAll(ctx, questions, workers)
	if err != nil {
		return nil, err
	}
	c := &Census{Total: replies[0].total, By: ByIDs}
	if last := replies[len(replies)-1]; len(questions[len(replies)-1].ids) == 0 && last.total != c.Total {
		return nil, errMoved
	}
	if len(some) > 0 {
		if err := s.trustIDs(some, replies[1]); err != nil {
			return nil, err
		}
	}
	return c, s.compare(ctx, a, c, chunks, replies[first:], workers)
}

// sample is a handful of the ids, from all over.
func sample(ids []int64) []int64 {
	var some []int64
	step := max(len(ids)/someIDs, 1)
	for i := 0; i < len(ids) && len(some) < someIDs; i += step {
		some = append(some, ids[i])
	}
	return some
}

// trustIDs checks that ids gave the records asked for: others show that it is
// ignored or another field, none at all that it is another field.
func (s *Source) trustIDs(some []int64, r reply) error {
	for _, id := range r.ids {
		if !slices.Contains(some, id) {
			return &PagingError{fmt.Sprintf("record %d came where others were asked for: the server's ids argument is not the records' id", id)}
		}
	}
	if r.total > len(some) || len(some) > 1 && len(r.ids) == 0 {
		return &PagingError{fmt.Sprintf("%d records came where %d were asked for: the server's ids argument is not the records' id", r.total, len(some))}
	}
	return nil
}

// compare works out who is gone and how many are lacking.
func (s *Source) compare(ctx context.Context, a *Arrived, c *Census, chunks [][]int64, counts []reply, workers int) error {
	there := a.Unnamed
	var suspects []int64
	for i, chunk := range chunks {
		there += counts[i].total
		if counts[i].total != len(chunk) {
			suspects = append(suspects, chunk...)
		}
	}
	c.Lacking = c.Total - there - len(a.Lost)
	if len(suspects) > 0 {
		here, err := s.still(ctx, suspects, workers)
		if err != nil {
			return err
		}
		c.Gone = without(suspects, here)
	}
	if c.Lacking < 0 { // a record that could not be given may be gone as well
		return s.compareLost(ctx, a, c, workers)
	}
	return nil
}

func (s *Source) compareLost(ctx context.Context, a *Arrived, c *Census, workers int) error {
	var questions []question
	for _, id := range a.Lost {
		questions = append(questions, question{ids: []int64{id}})
	}
	replies, err := s.askAll(ctx, questions, workers)
	if err != nil {
		return err
	}
	for i, r := range replies {
		if r.total == 0 {
			c.Gone = append(c.Gone, a.Lost[i])
			c.Lacking++
		}
	}
	slices.Sort(c.Gone)
	return nil
}

// still gives those of some ids whose records are there.
func (s *Source) still(ctx context.Context, ids []int64, workers int) ([]int64, error) {
	var questions []question
	for chunk := range slices.Chunk(ids, min(max(s.query.Connection.MaxPage, 1), 100)) {
		questions = append(questions, question{ids: chunk, nodes: len(chunk)})
	}
	replies, err := s.askAll(ctx, questions, workers)
	if err != nil {
		return nil, err
	}
	var here []int64
	for i, r := range replies {
		if len(r.ids) != r.total || len(without(r.ids, questions[i].ids)) > 0 {
			return nil, errMoved
		}
		here = append(here, r.ids...)
	}
	slices.Sort(here)
	return here, nil
}

// without gives the ids that are not among others, which are in order.
func without(ids, others []int64) []int64 {
	var rest []int64
	for _, id := range ids {
		if _, found := slices.BinarySearch(others, id); !found {
			rest = append(rest, id)
		}
	}
	return rest
}
