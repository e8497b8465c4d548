package extract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/civic-etl/civic-etl/extract/graphql"
)

// Methods of a reconciliation.
const (
	ByIDs       = "ids"   // the server counted the received records by their ids
	ByRereading = "sweep" // the ids of all records were read again
	ByCount     = "count" // records without an id were counted
)

// Bounds of a reconciliation.
const (
	chunkIDs     = 1000 // ids counted together
	sampleIDs    = 10   // of them, those looked at
	maxReconcile = 3    // tries, if the data changes meanwhile
)

// Received says which records an extraction has.
type Received struct {
	IDs     []int64 // in order, each once
	Lost    []int64 // ids of those that the server fails to return
	Unnamed int     // of those it fails to return, the ones without a known id
	Records int     // if records have no id, their number
}

func (a *Received) all() int { return len(a.IDs) + len(a.Lost) + a.Unnamed + a.Records }

// Reconciliation compares the received records with those of the server at one moment.
type Reconciliation struct {
	Total   int      // records of the server
	Gone    []int64  // ids of received records that the server no longer has
	Missing int      // records of the server that were not received
	Unnamed int      // records that the server fails to return, even their ids
	Windows []Window // windows that contain missing records, as far as found
	By      string   // the method
	AtOnce  bool     // all of this holds at one moment
	Changed bool     // no result: the data changed each time
}

// Complete reports whether the received records, without those that are gone, are all
// records of the server.
func (c *Reconciliation) Complete() bool {
	return !c.Changed && c.Missing == 0 && (len(c.Gone) == 0 || c.AtOnce)
}

// Reconcile asks the server whether the received records are exactly those that it has.
// If it can be asked by ids, it counts how many of the received records it still has, and
// how many it has in all, in one request for some ten thousand; else all ids are read
// again.
func (s *Source) Reconcile(ctx context.Context, a *Received, workers int) (*Reconciliation, error) {
	r := &reconciler{source: s, counter: s.counter, query: s.query, received: a, workers: workers}
	c, err := r.reconcile(ctx)
	if errors.Is(err, errChanged) {
		return &Reconciliation{Changed: true}, nil
	}
	return c, s.client.Redact(err)
}

// reconciler compares received records with those of the server.
type reconciler struct {
	source   *Source
	counter  *counter
	query    *Query
	received *Received
	workers  int
}

func (r *reconciler) reconcile(ctx context.Context) (*Reconciliation, error) {
	if !r.query.keyed() {
		results, err := r.counter.run(ctx, []countQuery{{}}, r.workers)
		total := results[0].total
		return &Reconciliation{Total: total, Missing: total - r.received.all(), Unnamed: r.received.Unnamed, By: ByCount}, err
	}
	if !r.source.idsUsable() {
		return r.byRereading(ctx)
	}
	for try := 1; ; try++ {
		c, err := r.byIDs(ctx)
		switch {
		case err == nil && c.Missing <= 0, graphql.IsOutage(err), ctx.Err() != nil:
			return c, err
		case errors.Is(err, errChanged) && try < maxReconcile:
			continue
		case err == nil:
			found := 0
			if c.Windows, found, err = r.locateMissing(ctx, c); err == nil && found >= c.Missing {
				return c, nil
			}
		}
		return r.insteadOfIDs(ctx, err)
	}
}

// insteadOfIDs reads all ids after counting by ids failed with err, or did not find all
// records.
func (r *reconciler) insteadOfIDs(ctx context.Context, err error) (*Reconciliation, error) {
	if errors.As(err, new(*PagingError)) {
		r.source.distrustIDs()
	}
	c, failed := r.byRereading(ctx)
	switch {
	case failed == nil && err == nil && c.Complete():
		r.source.distrustIDs()
	case failed != nil && !errors.Is(failed, errChanged):
		return nil, cmp.Or(err, failed)
	}
	return c, failed
}

// noID is an id that no record has.
const noID = 1<<31 - 1

// byIDs counts the received records by their ids. They were received before the total is
// asked for, and are counted with it or later: if all are there then, they were there at
// the moment of the total.
func (r *reconciler) byIDs(ctx context.Context) (*Reconciliation, error) {
	a := r.received
	queries := []countQuery{{}}
	for _, ids := range probes(a.IDs) {
		queries = append(queries, countQuery{ids: ids, nodes: len(ids)})
	}
	first := len(queries)
	chunks := slices.Collect(slices.Chunk(a.IDs, chunkIDs))
	queries = append(append(queries, countsOf(chunks)...), r.countLost()...)
	results, err := r.counter.runInOrder(ctx, queries, r.workers)
	if err != nil {
		return nil, err
	}
	for i := 1; i < first; i++ {
		if err := checkProbe(queries[i].ids, results[i]); err != nil {
			return nil, err
		}
	}
	c := &Reconciliation{Total: results[0].total, By: ByIDs}
	return c, r.compare(ctx, c, chunks, results[first:])
}

// countsOf gives a count query for each chunk of ids.
func countsOf(chunks [][]int64) (list []countQuery) {
	for _, chunk := range chunks {
		list = append(list, countQuery{ids: chunk})
	}
	return list
}

// countLost counts the records that the server fails to return, without a page that
// could contain one of them.
func (r *reconciler) countLost() []countQuery {
	if len(r.received.Lost) == 0 {
		return nil
	}
	return []countQuery{{ids: r.received.Lost, after: farRow}}
}

// probes are lists of ids that show whether the ids argument selects records by id: an
// unknown one, one, and a sample from the whole range.
func probes(ids []int64) [][]int64 {
	if len(ids) == 0 {
		return nil
	}
	var some []int64
	step := max(len(ids)/sampleIDs, 1)
	for i := 0; i < len(ids) && len(some) < sampleIDs; i += step {
		some = append(some, ids[i])
	}
	return [][]int64{{noID}, {ids[len(ids)/2]}, some}
}

// checkProbe checks that the ids argument gave the records asked for: other records show
// that it is ignored or another field, no records that it is another field.
func checkProbe(some []int64, r countResult) error {
	for _, id := range r.ids {
		if !slices.Contains(some, id) {
			return &PagingError{fmt.Sprintf("record %d came where others were asked for: "+notIDs, id)}
		}
	}
	if r.total > len(some) || len(some) > 1 && len(r.ids) == 0 {
		return &PagingError{fmt.Sprintf("%d records came where %d were asked for: "+notIDs, r.total, len(some))}
	}
	return nil
}

// compare works out which records are gone and how many are missing.
func (r *reconciler) compare(ctx context.Context, c *Reconciliation, chunks [][]int64, counts []countResult) error {
	there, lost := 0, 0 // a reject without a known id is located by ids, and so gets one
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
	for _, count := range counts[len(chunks):] {
		lost += count.total
	}
	c.Missing = c.Total - there - lost
	if lost != len(r.received.Lost) {
		return r.findGoneLost(ctx, c)
	}
	if len(suspects) > 0 {
		return r.findGone(ctx, c, suspects, sound)
	}
	return nil
}

// findGone asks which of the suspects are gone. It counts the sound chunks once more
// beside them, so that it is a reconciliation by itself.
func (r *reconciler) findGone(ctx context.Context, c *Reconciliation, suspects []int64, sound [][]int64) error {
	queries := []countQuery{{}}
	for chunk := range slices.Chunk(suspects, min(max(r.query.Connection.MaxPage, 1), 100)) {
		queries = append(queries, countQuery{ids: chunk, nodes: len(chunk)})
	}
	named := len(queries)
	queries = append(append(queries, countsOf(sound)...), r.countLost()...)
	results, err := r.counter.runInOrder(ctx, queries, r.workers)
	if err != nil {
		return err
	}
	var here []int64
	for i := 1; i < named; i++ {
		result := results[i]
		if len(result.ids) != result.total || repeated(result.ids) || len(without(result.ids, queries[i].ids)) > 0 {
			return errChanged
		}
		here = append(here, result.ids...)
	}
	slices.Sort(here)
	c.Gone = without(suspects, here)
	there := len(here)
	for i, result := range results[named:] {
		if result.total != len(queries[named+i].ids) {
			return nil
		}
		there += result.total
	}
	c.Total, c.AtOnce = results[0].total, true
	c.Missing = c.Total - there
	return nil
}

// findGoneLost asks which of the records that the server fails to return are gone.
func (r *reconciler) findGoneLost(ctx context.Context, c *Reconciliation) error {
	var queries []countQuery
	for _, id := range r.received.Lost {
		queries = append(queries, countQuery{ids: []int64{id}, after: farRow})
	}
	results, err := r.counter.run(ctx, queries, r.workers)
	if err != nil {
		return err
	}
	for i, result := range results {
		if result.total == 0 {
			c.Gone = append(c.Gone, r.received.Lost[i])
		}
	}
	slices.Sort(c.Gone)
	return nil
}

// without gives the ids that are not among others, which are sorted.
func without(ids, others []int64) []int64 {
	var rest []int64
	for _, id := range ids {
		if _, found := slices.BinarySearch(others, id); !found {
			rest = append(rest, id)
		}
	}
	return rest
}
