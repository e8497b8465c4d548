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

// farRow is beyond the end of every connection.
const farRow = 1 << 30

// countQuery asks the connection for a count and, perhaps, for the ids of a page.
type countQuery struct {
	ids   []int64 // only of these; nil all
	after int     // rows to skip
	nodes int     // ids wanted; 0 only the count
}

// countResult is the answer to a count query.
type countResult struct {
	total int
	ids   []int64
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
	results := make([]countResult, 1)
	if err := c.runBatch(ctx, []countQuery{{}}, results); err != nil {
		return 0, fmt.Errorf("count %s: %w", c.query.Connection.Name, err)
	}
	c.known = results[0].total
	return c.known, nil
}

// run runs queries, as many as fit into one request and so of one moment, the requests
// side by side.
func (c *counter) run(ctx context.Context, queries []countQuery, workers int) ([]countResult, error) {
	results := make([]countResult, len(queries))
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

// runInOrder runs the first queries, as many as fit into one request, before all
// others.
func (c *counter) runInOrder(ctx context.Context, queries []countQuery, workers int) ([]countResult, error) {
	n := batchSize(queries)
	first, err := c.run(ctx, queries[:n], workers)
	if err != nil || n == len(queries) {
		return first, err
	}
	rest, err := c.run(ctx, queries[n:], workers)
	return append(first, rest...), err
}

// batchSize is how many of the queries go into one request.
func batchSize(queries []countQuery) int {
	n, ids := 0, 0
	for n < min(len(queries), maxQueries) {
		if ids += len(queries[n].ids); n > 0 && ids > maxIDs {
			break
		}
		n++
	}
	return n
}

// runBatch runs queries in one request or, if that fails, one by one: a server may bound
// what one query asks for, or fail for one part of it.
func (c *counter) runBatch(ctx context.Context, queries []countQuery, into []countResult) error {
	if len(queries) > 1 {
		if err := c.runOnce(ctx, queries, into, 1); err == nil || graphql.IsOutage(err) || ctx.Err() != nil {
			return err
		}
	}
	for i := range queries {
		q := queries[i : i+1]
		err := c.runOnce(ctx, q, into[i:i+1], 0)
		if isRecordFault(err) && q[0].nodes == 0 {
			// The count alone should need no record. If it does, it needs none there.
			err = c.runOnce(ctx, []countQuery{{ids: q[0].ids, after: farRow}}, into[i:i+1], 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *counter) runOnce(ctx context.Context, queries []countQuery, into []countResult, fewTries int) error {
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

func (q *Query) countText(queries []countQuery) (string, map[string]any) {
	var b strings.Builder
	var params []string
	variables := map[string]any{}
	for i, part := range queries {
		args := q.args()
		if part.ids != nil {
			name := fmt.Sprintf("ids%d", i)
			params, variables[name] = append(params, "$"+name+": [Int!]"), part.ids
			args = q.argsOf("$" + name)
		}
		args = append(args, fmt.Sprintf("first: %d", max(part.nodes, 1)))
		if part.after > 0 {
			args = append(args, after(part.after))
		}
		name, fields := q.Connection.Name, "totalCount"
		if key := q.countKey(i, len(queries)); key != name {
			name = key + ": " + name
		}
		if part.nodes > 0 {
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
	queries []countQuery
	into    []countResult
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
	return r.Members(i, graphql.DataDepth, func(key []byte, i int) int {
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
	result := countResult{}
	end := r.Members(i, depth, func(key []byte, i int) int {
		switch string(key) {
		case "totalCount":
			return r.totalCount(&c, i, depth+1)
		case "nodes":
			listed = true
			return r.nodes(&c, i, depth+1, func(_, i int) int {
				node, end := r.raw(i, depth+2)
				if end > 0 {
					result.ids = append(result.ids, r.recordID(member(node, "id")))
				}
				return end
			})
		}
		return r.Skip(i, depth+1)
	})
	result.total = c.total
	r.into[n], r.found[n] = result, c.total >= 0 && (listed || r.queries[n].nodes == 0)
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
