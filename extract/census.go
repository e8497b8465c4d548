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
	Unnamed int      // records that are there and cannot be given, not even their ids
	Windows []Window // that hold them, where that could be found out
	By      string
	AtOnce  bool // all of this holds at one moment
	Moved   bool // it could not be taken: the data changed each time
}

// Complete says that what came, but for what is gone, is what there is.
func (c *Census) Complete() bool { return !c.Moved && c.Lacking == 0 && (len(c.Gone) == 0 || c.AtOnce) }

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
		return &Census{Total: replies[0].total, Lacking: replies[0].total - a.all(), Unnamed: a.Unnamed, By: ByCount}, err
	}
	if !s.countable() {
		return s.censusBySweep(ctx, a, workers)
	}
	for try := 1; ; try++ {
		c, err := s.censusByIDs(ctx, a, workers)
		switch {
		case err == nil && c.Lacking <= 0, outage(err), ctx.Err() != nil:
			return c, err
		case errors.Is(err, errMoved) && try < censusMax:
			continue
		case err == nil:
			found := 0
			if c.Windows, found, err = s.locate(ctx, a, c, workers); err == nil && found >= c.Lacking {
				return c, nil
			}
		}
		return s.censusInstead(ctx, a, err, workers)
	}
}

// censusInstead reads all ids where those that came could not be counted by
// them: err says why, or is nil if ids do not give all that there is.
func (s *Source) censusInstead(ctx context.Context, a *Arrived, err error, workers int) (*Census, error) {
	if errors.As(err, new(*PagingError)) {
		s.distrustIDs()
	}
	c, failed := s.censusBySweep(ctx, a, workers)
	switch {
	case failed == nil && err == nil && c.Complete():
		s.distrustIDs()
	case failed != nil && !errors.Is(failed, errMoved):
		return nil, cmp.Or(err, failed)
	}
	return c, failed
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

// noID is one that no record has.
const noID = 1<<31 - 1

// censusByIDs counts. All that is asked about came before the total is asked for,
// and is counted with it or later: if it is all there then, it was there at the
// moment of the total.
func (s *Source) censusByIDs(ctx context.Context, a *Arrived, workers int) (*Census, error) {
	questions := []question{{}}
	for _, ids := range probes(a.IDs) {
		questions = append(questions, question{ids: ids, nodes: len(ids)})
	}
	first := len(questions)
	chunks := slices.Collect(slices.Chunk(a.IDs, chunkIDs))
	questions = append(append(questions, counted(chunks)...), lostQuestions(a)...)
	replies, err := s.askInOrder(ctx, questions, workers)
	if err != nil {
		return nil, err
	}
	for i := 1; i < first; i++ {
		if err := trustIDs(questions[i].ids, replies[i]); err != nil {
			return nil, err
		}
	}
	c := &Census{Total: replies[0].total, By: ByIDs}
	return c, s.compare(ctx, a, c, chunks, replies[first:], workers)
}

func counted(chunks [][]int64) (list []question) {
	for _, chunk := range chunks {
		list = append(list, question{ids: chunk})
	}
	return list
}

// lostQuestions count the records that the server cannot give, without a page
// that one of them could be on.
func lostQuestions(a *Arrived) []question {
	if len(a.Lost) == 0 {
		return nil
	}
	return []question{{ids: a.Lost, after: farRow}}
}

// probes are ids whose records show if ids means what we think: none at all,
// one, and a handful from all over.
func probes(ids []int64) [][]int64 {
	if len(ids) == 0 {
		return nil
	}
	var some []int64
	step := max(len(ids)/someIDs, 1)
	for i := 0; i < len(ids) && len(some) < someIDs; i += step {
		some = append(some, ids[i])
	}
	return [][]int64{{noID}, {ids[len(ids)/2]}, some}
}

// trustIDs checks that ids gave the records asked for: others show that it is
// ignored or another field, none at all that it is another field.
func trustIDs(some []int64, r reply) error {
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
	there, lost := 0, 0 // what has no name yet is located by ids, and so gets one
	var suspects []int64
	var sound [][]int64
	for i, chunk := range chunks {
		there += counts[i].total
		if counts[i].total != len(chunk) {
			suspects = append(suspects, chunk...)
		} else {
			sound = append(sound, chunk)
		}
	}
	for _, r := range counts[len(chunks):] {
		lost += r.total
	}
	c.Lacking = c.Total - there - lost
	if lost != len(a.Lost) {
		return s.nameLost(ctx, a, c, workers)
	}
	if len(suspects) > 0 {
		return s.name(ctx, a, c, suspects, sound, workers)
	}
	return nil
}

// name asks which of some ids are gone. What is known to be sound is counted once
// more beside them, so that it is a census of its own.
func (s *Source) name(ctx context.Context, a *Arrived, c *Census, suspects []int64, sound [][]int64, workers int) error {
	questions := []question{{}}
	for chunk := range slices.Chunk(suspects, min(max(s.query.Connection.MaxPage, 1), 100)) {
		questions = append(questions, question{ids: chunk, nodes: len(chunk)})
	}
	named := len(questions)
	questions = append(append(questions, counted(sound)...), lostQuestions(a)...)
	replies, err := s.askInOrder(ctx, questions, workers)
	if err != nil {
		return err
	}
	var here []int64
	for i := 1; i < named; i++ {
		r := replies[i]
		if len(r.ids) != r.total || repeated(r.ids) || len(without(r.ids, questions[i].ids)) > 0 {
			return errMoved
		}
		here = append(here, r.ids...)
	}
	slices.Sort(here)
	c.Gone = without(suspects, here)
	there := len(here)
	for i, r := range replies[named:] {
		if r.total != len(questions[named+i].ids) {
			return nil
		}
		there += r.total
	}
	c.Total, c.AtOnce = replies[0].total, true
	c.Lacking = c.Total - there
	return nil
}

// nameLost asks which of the records that the server cannot give are gone.
func (s *Source) nameLost(ctx context.Context, a *Arrived, c *Census, workers int) error {
	var questions []question
	for _, id := range a.Lost {
		questions = append(questions, question{ids: []int64{id}, after: farRow})
	}
	replies, err := s.askAll(ctx, questions, workers)
	if err != nil {
		return err
	}
	for i, r := range replies {
		if r.total == 0 {
			c.Gone = append(c.Gone, a.Lost[i])
		}
	}
	slices.Sort(c.Gone)
	return nil
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
