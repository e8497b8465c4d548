package extract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// Bounds of one request of count queries.
const (
	maxQueries = 14
	maxIDs     = 10_020 // some 70 KB
)

// FarRow is a row beyond the end of every connection: a query for the rows after it needs no record.
const FarRow = 1 << 30

// CountQuery asks the connection for a count and, perhaps, for the ids of a page.
type CountQuery struct {
	IDs   []int64 // only records with these; nil: all
	After int     // rows to skip
	Nodes int     // ids wanted; 0: only the count
}

// sameIDs reports whether two queries have the same list of ids, which they then share in a request.
func (q CountQuery) sameIDs(other CountQuery) bool {
	return len(q.IDs) > 0 && len(q.IDs) == len(other.IDs) && &q.IDs[0] == &other.IDs[0]
}

// CountResult is the answer to a CountQuery.
type CountResult struct {
	Total int
	IDs   []int64
	More  bool // the server says that rows follow the page of ids
}

// total gives the number of all records. It asks once, or again.
func (s *Source) total(ctx context.Context, again bool) (int, error) {
	p := s.progress
	if err := p.turn.Acquire(ctx, 1); err != nil {
		return 0, context.Cause(ctx)
	}
	defer p.turn.Release(1)
	if p.total >= 0 && !again {
		return p.total, nil
	}
	results, err := s.Count(ctx, []CountQuery{{}}, 1)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", s.query.Connection.Name, err)
	}
	p.total = results[0].Total
	return p.total, nil
}

// Count runs count queries: as many as possible in one request, so that their results hold at one
// moment. The first request is answered before the others are sent concurrently. Answers never come
// from an earlier run.
func (s *Source) Count(ctx context.Context, queries []CountQuery, workers int) ([]CountResult, error) {
	results := make([]CountResult, len(queries))
	from := batchSize(queries)
	if err := s.runBatch(ctx, queries[:from], results); err != nil {
		return results, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(workers, 1))
	for from < len(queries) {
		to := from + batchSize(queries[from:])
		batch, into := queries[from:to], results[from:]
		g.Go(func() error { return s.runBatch(ctx, batch, into) })
		from = to
	}
	return results, g.Wait()
}

func batchSize(queries []CountQuery) int {
	n, ids := 0, 0
	for n < min(len(queries), maxQueries) {
		if !slices.ContainsFunc(queries[:n], queries[n].sameIDs) {
			ids += len(queries[n].IDs)
		}
		if n > 0 && ids > maxIDs {
			break
		}
		n++
	}
	return n
}

// runBatch runs queries in one request. If that fails, it runs them one by one: a server may limit a
// query, or fail for one part of it.
func (s *Source) runBatch(ctx context.Context, queries []CountQuery, into []CountResult) error {
	if len(queries) > 1 {
		if err := s.runOnce(ctx, queries, into, 1); err == nil || graphql.IsOutage(err) || ctx.Err() != nil {
			return err
		}
	}
	for i := range queries {
		q := queries[i : i+1]
		err := s.runOnce(ctx, q, into[i:], 0)
		if IsRecordFault(err) && q[0].Nodes == 0 {
			// The server resolves a record even for a count: let it be none.
			err = s.runOnce(ctx, []CountQuery{{IDs: q[0].IDs, After: FarRow}}, into[i:], 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) runOnce(ctx context.Context, queries []CountQuery, into []CountResult, fewTries int) error {
	text, variables := s.query.countText(queries)
	r := &countReader{query: s.query, queries: queries, into: into}
	records := slices.ContainsFunc(queries, func(q CountQuery) bool { return q.IDs != nil || q.Nodes > 0 })
	_, err := s.client.Ask(ctx, &graphql.Request{Query: text, Variables: variables, Fresh: true, FewTries: fewTries,
		Records: records, Read: r.data, Accept: func(*graphql.Answer) error { return r.accept() }})
	return err
}

// countKey gives the response key of a count query.
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
			first := slices.IndexFunc(queries, part.sameIDs)
			name := fmt.Sprintf("ids%d", max(first, 0))
			if first < 0 || first == i {
				name = fmt.Sprintf("ids%d", i)
				params, variables[name] = append(params, "$"+name+": [Int!]"), part.IDs
			}
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
			fields += " pageInfo { hasNextPage } nodes { id }"
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
	into    []CountResult // a Total of -1 marks a missing result
}

// data implements graphql.DataReader. Each call begins anew.
func (r *countReader) data(s *jsonscan.Scanner, i int) int {
	r.connectionReader = connectionReader{Scanner: s}
	keys := make([]string, len(r.queries))
	for n := range keys {
		keys[n], r.into[n].Total = r.query.countKey(n, len(keys)), -1
	}
	return r.object("data", i, graphql.DataDepth, func(key []byte, i int) int {
		n := slices.Index(keys, string(key))
		if n < 0 {
			return r.Skip(i, graphql.DataDepth+1)
		}
		return r.result(n, keys[n], i, graphql.DataDepth+1)
	})
}

func (r *countReader) result(query int, key string, i, depth int) int {
	var ids []int64
	want := r.queries[query].Nodes
	c, end := r.parts(key, i, depth, func(_, i int) int {
		node, end := r.raw(i, depth+2)
		switch {
		case end < 0 || want == 0:
		case len(ids) < want:
			ids = append(ids, r.recordID(jsonscan.Member(node, "id")))
		default:
			r.note(fmt.Errorf("received more than %d records, requested %d", want, want))
		}
		return end
	})
	if c.nodes.set() || want == 0 {
		r.into[query] = CountResult{c.total, ids, c.hasNext}
	}
	return end
}

func (r *countReader) accept() error {
	if r.err != nil {
		return r.err
	}
	for n := range r.queries {
		if r.into[n].Total < 0 {
			return errors.New("the answer has no count of " + r.query.countKey(n, len(r.queries)))
		}
	}
	return nil
}
