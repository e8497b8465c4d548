package extract

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// maxAgain bounds the pages that are read again in one request.
const maxAgain = 10

// resumedPart is a page that came from an earlier run.
type resumedPart struct {
	ids     []int64 // nil: by offset
	after   any     // cursor; nil: none
	size    int
	records recordSum
}

// recordSum identifies the records of a page in any order: ties may come in another one.
type recordSum struct {
	sum   uint64
	count int
	bytes int64
}

func (r *recordSum) add(record []byte) {
	r.sum += xxh3.Hash(record)
	r.count++
	r.bytes += int64(len(record))
}

// resumedParts collects them, from any goroutine.
type resumedParts struct {
	mu   sync.Mutex
	list []resumedPart
}

func (p *resumedParts) add(page *Page, variables map[string]any) {
	part := resumedPart{after: variables["after"], size: variables["first"].(int)}
	part.ids, _ = variables["ids"].([]int64)
	for _, at := range page.records {
		part.records.add(page.part(at))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, part)
}

// ResumedIsCurrent reads the pages that came from an earlier run again, several in one request, and reports whether
// the server still gives the same records. An edit may leave no trace in the version of the data.
func (s *Source) ResumedIsCurrent(ctx context.Context, workers int) (bool, error) {
	var changed atomic.Bool
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(workers, 1))
	for parts := s.progress.resumed.list; len(parts) > 0 && !changed.Load(); {
		n, size := 1, parts[0].records.bytes
		for n < min(len(parts), maxAgain) && size+parts[n].records.bytes < s.client.MaxBody()/8 {
			size += parts[n].records.bytes
			n++
		}
		batch := parts[:n]
		parts = parts[n:]
		g.Go(func() error {
			same, err := s.readAgain(ctx, batch)
			if !same {
				changed.Store(true)
			}
			return err
		})
	}
	err := g.Wait()
	return err == nil && !changed.Load(), s.client.Redact(err)
}

// readAgain compares pages with the server's. If one request for all of them fails, it requests them one by one.
func (s *Source) readAgain(ctx context.Context, parts []resumedPart) (same bool, err error) {
	if len(parts) > 1 {
		if same, err := s.withFewTries(1).readAgainOnce(ctx, parts); err == nil || graphql.IsOutage(err) || ctx.Err() != nil {
			return same, err
		}
	}
	for i := range parts {
		same, err := s.readAgainOnce(ctx, parts[i:i+1])
		if IsRecordFault(err) { // it did not fail in the earlier run
			return false, nil
		}
		if err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

func (s *Source) readAgainOnce(ctx context.Context, parts []resumedPart) (bool, error) {
	text, variables := s.query.againText(parts)
	var sums []recordSum
	var reader connectionReader
	read := func(scanner *jsonscan.Scanner, i int) int {
		reader, sums = connectionReader{Scanner: scanner}, make([]recordSum, len(parts))
		return reader.object("data", i, graphql.DataDepth, func(key []byte, i int) int {
			var n int
			if _, err := fmt.Sscanf(string(key), "page%d", &n); err != nil || n < 0 || n >= len(parts) {
				return reader.Skip(i, graphql.DataDepth+1)
			}
			_, end := reader.parts(string(key), i, graphql.DataDepth+1, func(_, i int) int {
				record, end := reader.raw(i, recordDepth)
				sums[n].add(record)
				return end
			})
			return end
		})
	}
	_, err := s.client.Ask(ctx, &graphql.Request{Query: text, Variables: variables, Fresh: true, FewTries: s.fewTries, Records: true,
		Read: read, Accept: func(*graphql.Answer) error { return reader.err }})
	if err != nil {
		return false, err
	}
	for i, part := range parts {
		if sums[i] != part.records {
			return false, nil
		}
	}
	return true, nil
}

// againText asks for the records of pages.
func (q *Query) againText(parts []resumedPart) (string, map[string]any) {
	var b strings.Builder
	var params []string
	variables := map[string]any{}
	for i, part := range parts {
		args := append(q.args(), fmt.Sprintf("first: %d", part.size))
		if part.ids != nil {
			name := fmt.Sprintf("ids%d", i)
			params, variables[name] = append(params, "$"+name+": [Int!]"), part.ids
			args = append([]string{"ids: $" + name}, args...)
		}
		if part.after != nil {
			args = append(args, fmt.Sprintf("after: %q", part.after))
		}
		fmt.Fprintf(&b, "  page%d: %s(%s) {\n    nodes {\n%s    }\n  }\n",
			i, q.Connection.Name, strings.Join(args, ", "), q.Selection.Text("      "))
	}
	header := "query " + q.name() + "Again"
	if len(params) > 0 {
		header += "(" + strings.Join(params, ", ") + ")"
	}
	return header + " {\n" + b.String() + "}\n", variables
}
