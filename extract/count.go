package extract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// Bounds of one request of count queries.
const (
	maxQueries = 14     // connections asked at once
	maxIDs     = 10_020 // ids named in it: some 70 KB
)

// FarRow is a row beyond the end of every connection. A query for the rows after it needs no
// record.
const FarRow = 1 << 30

// CountQuery asks the connection for a count and, perhaps, for the ids of a page.
type CountQuery struct {
	IDs   []int64 // only of these; nil all
	After int     // rows to skip
	Nodes int     // ids wanted; 0 only the count
}

// CountResult is the answer to a CountQuery.
type CountResult struct {
	Total int
	IDs   []int64
}

// counter runs count queries. Earlier runs' answers never answer them.
type counter struct {
	client *graphql.Client
	query  *Query
	turn   *semaphore.Weighted // held while total is asked for
	known  int                 // total of the whole connection; -1 before it is known
}

func newCounter(client *graphql.Client, q *Query) *counter {
	return &counter{client: client, query: q, turn: semaphore.NewWeighted(1), known: -1}
}

// total asks how many records there are in all: once, or again.
func (c *counter) total(ctx context.Context, again bool) (int, error) {
	if err := c.turn.Acquire(ctx, 1); err != nil {
		return 0, context.Cause(ctx)
	}
	defer c.turn.Release(1)
	if c.known >= 0 && !again {
		return c.known, nil
	}
	results := make([]CountResult, 1)
	if err := c.runBatch(ctx, []CountQuery{{}}, results); err != nil {
		return 0, fmt.Errorf("count %s: %w", c.query.Connection.Name, err)
	}
	c.known = results[0].Total
	return c.known, nil
}

// Count runs count queries side by side, as many as fit into one request, and so of one
// moment. They are always asked of the server.
func (s *Source) Count(ctx context.Context, queries []CountQuery, workers int) ([]CountResult, error) {
	return s.counter.run(ctx, queries, workers)
}

// CountInOrder is Count, but the queries of the first request are answered before any
// other is sent.
func (s *Source) CountInOrder(ctx context.Context, queries []CountQuery, workers int) ([]CountResult, error) {
	n := batchSize(queries)
	first, err := s.counter.run(ctx, queries[:n], workers)
	if err != nil || n == len(queries) {
		return first, err
	}
	rest, err := s.counter.run(ctx, queries[n:], workers)
	return append(first, rest...), err
}

// run runs queries, as many as fit into one request and so of one moment, the requests
// side by side.
func (c *counter) run(ctx context.Context, queries []CountQuery, workers int) ([]CountResult, error) {
	results := make([]CountResult, len(queries))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(workers, 1))
	for from := 0; from < len(queries); {
		to := from + batchSize(queries[from:])
		batch, into := queries[from:to], results[from:to]
		g.Go(func() error { return c.runBatch(ctx, batch, into) })
		from = to
	}
	return results, g.Wait()
}

// batchSize is how many of the queries go into one request.
func batchSize(queries []CountQuery) int {
	n, ids := 0, 0
	for n < min(len(queries), maxQueries) {
		if ids += len(queries[n].IDs); n > 0 && ids > maxIDs {
			break
		}
		n++
	}
	return n
}

// runBatch runs queries in one request or, if that fails, one by one: a server may bound
// what one query asks for, or fail for one part of it.
func (c *counter) runBatch(ctx context.Context, queries []CountQuery, into []CountResult) error {
	if len(queries) > 1 {
		if err := c.runOnce(ctx, queries, into, 1); err == nil || graphql.IsOutage(err) || ctx.Err() != nil {
			return err
		}
	}
	for i := range queries {
		q := queries[i : i+1]
		err := c.runOnce(ctx, q, into[i:i+1], 0)
		if IsRecordFault(err) && q[0].Nodes == 0 {
			// The count alone should need no record. If it does, it needs none there.
			err = c.runOnce(ctx, []CountQuery{{IDs: q[0].IDs, After: FarRow}}, into[i:i+1], 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *counter) runOnce(ctx context.Context, queries []CountQuery, into []CountResult, fewTries int) error {
	text, variables := c.query.countText(queries)
	r := &countReader{query: c.query, queries: queries, into: into}
	_, err := c.client.Ask(ctx, &graphql.Request{Query: text, Variables: variables, Fresh: true, FewTries: fewTries,
		Read: r.data, Accept: func(*graphql.Answer) error { return r.accept() }})
	return err
}

// countKey is the response key of a count query in its request.
func (q *Query) countKey(i, n int) string {
	if n == 1 {
		return q.Connection.Name
	}
	return fmt.Sprintf("part%d", i)
}

func (q *Query) countText(queries []CountQuery) (string, map[string]any) {
	var b strings.Builder
	var params []string
	variables := map[string]any{}
	for i, part := range queries {
		args := q.args()
		if part.IDs != nil {
			name := fmt.Sprintf("ids%d", i)
			params, variables[name] = append(params, "$"+name+": [Int!]"), part.IDs
			args = q.argsOf("$" + name)
		}
		args = append(args, fmt.Sprintf("first: %d", max(part.Nodes, 1)))
		if part.After > 0 {
			args = append(args, after(part.After))
		}
		name, fields := q.Connection.Name, "totalCount"
		if key := q.countKey(i, len(queries)); key != name {
			name = key + ": " + name
		}
		if part.Nodes > 0 {
			fields += " nodes { id }"
		}
		fmt.Fprintf(&b, "  %s(%s) { %s }\n", name, strings.Join(args, ", "), fields)
	}
	header := "query " + q.name() + "Count"
	if len(params) > 0 {
		header += "(" + strings.Join(params, ", ") + ")"
	}
	return header + " {\n" + b.String() + "}\n", variables
}

// countReader reads the answer to count queries.
type countReader struct {
	connectionReader
	query   *Query
	queries []CountQuery
	into    []CountResult
	found   []bool
}

// data implements graphql.DataReader. Each call begins anew.
func (r *countReader) data(s *jsonscan.Scanner, i int) int {
	r.connectionReader, r.found = connectionReader{Scanner: s}, make([]bool, len(r.queries))
	keys := make([]string, len(r.queries))
	for n := range keys {
		keys[n] = r.query.countKey(n, len(keys))
	}
	if !r.is(i, '{') {
		return r.refuse(i, graphql.DataDepth, "data is %s where an object belongs", r.kind(i))
	}
	return r.Object(i, graphql.DataDepth, func(key []byte, i int) int {
		n := slices.Index(keys, string(key))
		switch {
		case n < 0:
			return r.Skip(i, graphql.DataDepth+1)
		case !r.is(i, '{'):
			return r.refuse(i, graphql.DataDepth+1, "%s is %s where an object belongs", keys[n], r.kind(i))
		}
		return r.result(n, i, graphql.DataDepth+1)
	})
}

func (r *countReader) result(n, i, depth int) int {
	c, listed := connection{total: -1}, false
	result := CountResult{}
	end := r.Object(i, depth, func(key []byte, i int) int {
		switch string(key) {
		case "totalCount":
			return r.totalCount(&c, i, depth+1)
		case "nodes":
			listed = true
			return r.nodes(&c, i, depth+1, func(_, i int) int {
				node, end := r.raw(i, depth+2)
				if end > 0 {
					result.IDs = append(result.IDs, r.recordID(member(node, "id")))
				}
				return end
			})
		}
		return r.Skip(i, depth+1)
	})
	result.Total = c.total
	r.into[n], r.found[n] = result, c.total >= 0 && (listed || r.queries[n].Nodes == 0)
	return end
}

func (r *countReader) accept() error {
	if r.err != nil {
		return r.err
	}
	if n := slices.Index(r.found, false); n >= 0 || len(r.found) == 0 {
		return errors.New("the answer does not say what was asked of " + r.query.countKey(max(n, 0), len(r.queries)))
	}
	return nil
}
