package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/civic-etl/civic-etl/extract"
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

// Result compares the received records with those of the server at one moment.
type Result struct {
	Total   int              // records of the server
	Gone    []int64          // ids of received records that the server no longer has
	Missing int              // records of the server that were not received
	Unnamed int              // records that the server fails to return, even their ids
	Windows []extract.Window // windows that contain missing records, as far as found
	By      string           // the method
	AtOnce  bool             // all of this holds at one moment
	Changed bool             // no result: the data changed each time
}

// Complete reports whether the received records, without those that are gone, are all
// records of the server.
func (c *Result) Complete() bool {
	return !c.Changed && c.Missing == 0 && (len(c.Gone) == 0 || c.AtOnce)
}

// Compare asks the server whether the received records are exactly those that it has. If
// it can be asked by ids, it counts how many of the received records it still has, and how
// many it has in all, in one request for some ten thousand; else all ids are read again.
func Compare(ctx context.Context, source *extract.Source, received *Received, workers int) (*Result, error) {
	r := &reconciler{source: source, query: source.Query(), received: received, workers: workers}
	c, err := r.reconcile(ctx)
	if errors.Is(err, extract.ErrChanged) {
		return &Result{Changed: true}, nil
	}
	return c, err
}

// reconciler compares received records with those of the server.
type reconciler struct {
	source   *extract.Source
	query    *extract.Query
	received *Received
	workers  int
}

func (r *reconciler) reconcile(ctx context.Context) (*Result, error) {
	if !r.query.Keyed() {
		results, err := r.source.Count(ctx, []extract.CountQuery{{}}, r.workers)
		total := results[0].Total
		return &Result{Total: total, Missing: total - r.received.all(), Unnamed: r.received.Unnamed, By: ByCount}, err
	}
	if !r.source.IDsUsable() {
		return r.byRereading(ctx)
	}
	for try := 1; ; try++ {
		c, err := r.byIDs(ctx)
		switch {
		case err == nil && c.Missing <= 0, graphql.IsOutage(err), ctx.Err() != nil:
			return c, err
		case errors.Is(err, extract.ErrChanged) && try < maxReconcile:
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
func (r *reconciler) insteadOfIDs(ctx context.Context, err error) (*Result, error) {
	if errors.As(err, new(*extract.PagingError)) {
		r.source.DistrustIDs()
	}
	c, failed := r.byRereading(ctx)
	switch {
	case failed == nil && err == nil && c.Complete():
		r.source.DistrustIDs()
	case failed != nil && !errors.Is(failed, extract.ErrChanged):
		return nil, cmp.Or(err, failed)
	}
	return c, failed
}

// noID is an id that no record has.
const noID = 1<<31 - 1

// byIDs counts the received records by their ids. They were received before the total is
// asked for, and are counted with it or later: if all are there then, they were there at
// the moment of the total.
func (r *reconciler) byIDs(ctx context.Context) (*Result, error) {
	a := r.received
	queries := []extract.CountQuery{{}}
	for _, ids := range probes(a.IDs) {
		queries = append(queries, extract.CountQuery{IDs: ids, Nodes: len(ids)})
	}
	first := len(queries)
	chunks := slices.Collect(slices.Chunk(a.IDs, chunkIDs))
	queries = append(append(queries, countsOf(chunks)...), r.countLost()...)
	results, err := r.source.Count(ctx, queries, r.workers)
	if err != nil {
		return nil, err
	}
	for i := 1; i < first; i++ {
		if err := checkProbe(queries[i].IDs, results[i]); err != nil {
			return nil, err
		}
	}
	c := &Result{Total: results[0].Total, By: ByIDs}
	return c, r.compare(ctx, c, chunks, results[first:])
}

// countsOf gives a count query for each chunk of ids.
func countsOf(chunks [][]int64) (list []extract.CountQuery) {
	for _, chunk := range chunks {
		list = append(list, extract.CountQuery{IDs: chunk})
	}
	return list
}

// countLost counts the records that the server fails to return, without a page that
// could contain one of them.
func (r *reconciler) countLost() []extract.CountQuery {
	if len(r.received.Lost) == 0 {
		return nil
	}
	return []extract.CountQuery{{IDs: r.received.Lost, After: extract.FarRow}}
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
func checkProbe(some []int64, r extract.CountResult) error {
	for _, id := range r.IDs {
		if !slices.Contains(some, id) {
			return &extract.PagingError{What: fmt.Sprintf("record %d came where others were asked for: "+extract.NotIDs, id)}
		}
	}
	if r.Total > len(some) || len(some) > 1 && len(r.IDs) == 0 {
		return &extract.PagingError{What: fmt.Sprintf("%d records came where %d were asked for: "+extract.NotIDs,
			r.Total, len(some))}
	}
	return nil
}

// compare works out which records are gone and how many are missing.
func (r *reconciler) compare(ctx context.Context, c *Result, chunks [][]int64, counts []extract.CountResult) error {
	there, lost := 0, 0 // a reject without a known id is located by ids, and so gets one
	var suspects []int64
	var sound [][]int64
	for i, chunk := range chunks {
		there += counts[i].Total
		if counts[i].Total != len(chunk) {
			suspects = append(suspects, chunk...)
		} else {
			sound = append(sound, chunk)
		}
	}
	for _, count := range counts[len(chunks):] {
		lost += count.Total
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
func (r *reconciler) findGone(ctx context.Context, c *Result, suspects []int64, sound [][]int64) error {
	queries := []extract.CountQuery{{}}
	for chunk := range slices.Chunk(suspects, min(max(r.query.Connection.MaxPage, 1), 100)) {
		queries = append(queries, extract.CountQuery{IDs: chunk, Nodes: len(chunk)})
	}
	named := len(queries)
	queries = append(append(queries, countsOf(sound)...), r.countLost()...)
	results, err := r.source.Count(ctx, queries, r.workers)
	if err != nil {
		return err
	}
	var here []int64
	for i := 1; i < named; i++ {
		result := results[i]
		if len(result.IDs) != result.Total || repeated(result.IDs) || len(without(result.IDs, queries[i].IDs)) > 0 {
			return extract.ErrChanged
		}
		here = append(here, result.IDs...)
	}
	slices.Sort(here)
	c.Gone = without(suspects, here)
	there := len(here)
	for i, result := range results[named:] {
		if result.Total != len(queries[named+i].IDs) {
			return nil
		}
		there += result.Total
	}
	c.Total, c.AtOnce = results[0].Total, true
	c.Missing = c.Total - there
	return nil
}

// findGoneLost asks which of the records that the server fails to return are gone.
func (r *reconciler) findGoneLost(ctx context.Context, c *Result) error {
	var queries []extract.CountQuery
	for _, id := range r.received.Lost {
		queries = append(queries, extract.CountQuery{IDs: []int64{id}, After: extract.FarRow})
	}
	results, err := r.source.Count(ctx, queries, r.workers)
	if err != nil {
		return err
	}
	for i, result := range results {
		if result.Total == 0 {
			c.Gone = append(c.Gone, r.received.Lost[i])
		}
	}
	slices.Sort(c.Gone)
	return nil
}

func repeated(ids []int64) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(ids)))) < len(ids)
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
