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
	ByRereading = "sweep" // all ids were read again
	ByCount     = "count" // records without an id were counted
)

// Bounds of a reconciliation.
const (
	chunkIDs     = 2000 // ids in a count query
	maxInner     = 5    // queries before and after the total in one request
	sampleIDs    = 10   // ids in a sample
	maxReconcile = 3    // tries, if the data change meanwhile

	noID = 1<<31 - 1 // of no record
)

// Received describes the records of an extraction.
type Received struct {
	IDs     []int64 // sorted, without duplicates
	Lost    []int64 // ids of records that the server fails to return
	Unnamed int     // records without a known id that the server fails to return
	Records int     // the number of records, if they have no id
}

func (a *Received) all() int { return len(a.IDs) + len(a.Lost) + a.Unnamed + a.Records }

// Result compares the received records with those of the server at one moment.
type Result struct {
	Total   int              // records of the server
	Gone    []int64          // ids of received records that the server no longer has
	Missing int              // records of the server that were not received
	Unnamed int              // records that the server fails to return, even their ids
	Windows []extract.Window // windows with missing records, as far as found
	By      string           // the method
	AtOnce  bool             // all of this holds at one moment
	Changed bool             // no result: the data changed in each try
}

// Complete reports whether the received records, without those that are gone, are all records of the
// server.
func (c *Result) Complete() bool {
	return !c.Changed && c.AtOnce && c.Missing == 0
}

// Compare compares the received records with those of the server. Where the server selects by ids, it
// counts the received and all records, in one request for ten thousand ids; else it reads all ids again.
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
		missing := total - r.received.all()
		return &Result{Total: total, Missing: missing, Unnamed: r.received.Unnamed, By: ByCount, AtOnce: true}, err
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

// insteadOfIDs reads all ids after counting by ids failed with err, or did not find all records.
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

// byIDs counts the received records by their ids, before and after the total.
func (r *reconciler) byIDs(ctx context.Context) (*Result, error) {
	var parts []extract.CountQuery
	for chunk := range slices.Chunk(r.received.IDs, chunkIDs) {
		parts = append(parts, extract.CountQuery{IDs: chunk})
	}
	if len(r.received.Lost) > 0 { // FarRow: no page may contain one of them
		parts = append(parts, extract.CountQuery{IDs: r.received.Lost, After: extract.FarRow})
	}
	probes := probes(r.received.IDs)
	read, err := r.around(ctx, probes, parts)
	if err != nil {
		return nil, err
	}
	for i, q := range probes {
		if err := checkProbe(q.IDs, read.probes[i]); err != nil {
			return nil, err
		}
	}
	c := &Result{Total: read.total, Missing: read.total, By: ByIDs, AtOnce: true}
	var suspects []int64
	var sound []extract.CountQuery
	for i, q := range parts {
		before, after := read.before[i].Total, read.after[i].Total
		c.Missing -= min(before, after)
		switch {
		case before == len(q.IDs) && after == len(q.IDs):
			sound = append(sound, q)
		case q.After == extract.FarRow:
			c.AtOnce = false
			return c, r.findGoneLost(ctx, c)
		default:
			suspects = append(suspects, q.IDs...)
		}
	}
	if len(suspects) == 0 {
		return c, nil
	}
	c.AtOnce = false
	return c, r.findGone(ctx, c, suspects, sound)
}

// surrounded are the results of queries before and after the total.
type surrounded struct {
	probes, before, after []extract.CountResult
	total                 int
}

// around runs queries before and after a count of all records. A record that both results hold was there at the
// moment of the total, unless it went and came back meanwhile. As many queries as possible are in one request with
// the total.
func (r *reconciler) around(ctx context.Context, probes, queries []extract.CountQuery) (*surrounded, error) {
	split := max(len(queries)-maxInner, 0)
	outer, inner := queries[:split], queries[split:]
	read := &surrounded{}
	var err error
	if split > 0 {
		if read.before, err = r.source.Count(ctx, slices.Concat(probes, outer), r.workers); err != nil {
			return nil, err
		}
		read.probes, read.before = read.before[:len(probes)], read.before[len(probes):]
		probes = nil
	}
	both := slices.Concat(probes, inner, []extract.CountQuery{{}}, inner)
	results, err := r.source.Count(ctx, both, r.workers)
	if err != nil {
		return nil, err
	}
	read.probes, results = append(read.probes, results[:len(probes)]...), results[len(probes):]
	read.before = append(read.before, results[:len(inner)]...)
	read.total = results[len(inner)].Total
	if split > 0 {
		if read.after, err = r.source.Count(ctx, outer, r.workers); err != nil {
			return nil, err
		}
	}
	read.after = append(read.after, results[len(inner)+1:]...)
	return read, nil
}

// probes ask for lists of ids that show whether the ids argument selects records by id: an unknown one,
// one, and a sample of all.
func probes(ids []int64) (list []extract.CountQuery) {
	if len(ids) == 0 {
		return nil
	}
	var sample []int64
	step := max(len(ids)/sampleIDs, 1)
	for i := 0; i < len(ids) && len(sample) < sampleIDs; i += step {
		sample = append(sample, ids[i])
	}
	for _, some := range [][]int64{{noID}, {ids[len(ids)/2]}, sample} {
		list = append(list, extract.CountQuery{IDs: some, Nodes: len(some)})
	}
	return list
}

// checkProbe checks that the ids argument gave the requested records. Other records show that the server
// ignores it or compares another field, no records that it compares another field.
func checkProbe(some []int64, r extract.CountResult) error {
	for _, id := range r.IDs {
		if !slices.Contains(some, id) {
			return &extract.PagingError{What: fmt.Sprintf("received record %d, not requested: "+extract.NotIDs, id)}
		}
	}
	if r.Total > len(some) || len(some) > 1 && len(r.IDs) == 0 {
		return &extract.PagingError{What: fmt.Sprintf("received %d records for %d ids: "+extract.NotIDs, r.Total, len(some))}
	}
	return nil
}

// findGone finds those of the suspects that are gone. It repeats the sound queries with them, so that
// the result is a reconciliation by itself.
func (r *reconciler) findGone(ctx context.Context, c *Result, suspects []int64, sound []extract.CountQuery) error {
	var queries []extract.CountQuery
	for chunk := range slices.Chunk(suspects, min(max(r.query.Connection.MaxPage, 1), 100)) {
		queries = append(queries, extract.CountQuery{IDs: chunk, Nodes: len(chunk)})
	}
	named := len(queries)
	read, err := r.around(ctx, nil, append(queries, sound...))
	if err != nil {
		return err
	}
	var here []int64
	for i, q := range queries[:named] {
		before, ok := idsOf(q, read.before[i])
		after, same := idsOf(q, read.after[i])
		if !ok || !same || !slices.Equal(before, after) {
			return extract.ErrChanged
		}
		here = append(here, before...)
	}
	slices.Sort(here)
	c.Gone = without(suspects, here)
	missing := read.total - len(here)
	for i, q := range sound {
		if read.before[named+i].Total != len(q.IDs) || read.after[named+i].Total != len(q.IDs) {
			return nil
		}
		missing -= len(q.IDs)
	}
	c.Total, c.Missing, c.AtOnce = read.total, missing, true
	return nil
}

// idsOf gives the received ids of a query, sorted, and whether they are all that the server has of the requested ones,
// each once.
func idsOf(q extract.CountQuery, r extract.CountResult) (ids []int64, ok bool) {
	ids = slices.Compact(slices.Sorted(slices.Values(r.IDs)))
	others := without(ids, slices.Sorted(slices.Values(q.IDs)))
	return ids, !r.More && len(r.IDs) == r.Total && len(ids) == r.Total && len(others) == 0
}

// findGoneLost finds those of the records that the server fails to return that are gone.
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

// without gives the ids that are not among others, which are sorted.
func without(ids, others []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool {
		_, found := slices.BinarySearch(others, id)
		return found
	})
}
