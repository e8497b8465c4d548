package extract

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"
)

// Bounds of one request of questions.
const (
	questionsMost = 14     // connections asked at once
	askedMost     = 10_020 // ids named in it: some 70 KB
)

// farRow is beyond the end of every connection.
const farRow = 1 << 30

// question asks the connection for a count and, perhaps, for the ids of a page.
type question struct {
	ids   []int64 // only of these; nil all
	after int     // rows to skip
	nodes int     // ids wanted; 0 only the count
}

// reply is the answer to a question.
type reply struct {
	total int
	ids   []int64
}

// askAll asks questions, as many as fit in one request and so of one moment, the
// requests side by side. Nothing that an earlier run kept answers them.
func (s *Source) askAll(ctx context.Context, questions []question, workers int) ([]reply, error) {
	replies := make([]reply, len(questions))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(workers, 1))
	for from := 0; from < len(questions); {
		to := from + batchOf(questions[from:])
		batch, into := questions[from:to], replies[from:to]
		g.Go(func() error { return s.askSome(ctx, batch, into) })
		from = to
	}
	return replies, g.Wait()
}

// askInOrder asks the first questions, as many as fit in one request, before all
// others.
func (s *Source) askInOrder(ctx context.Context, questions []question, workers int) ([]reply, error) {
	n := batchOf(questions)
	first, err := s.askAll(ctx, questions[:n], workers)
	if err != nil || n == len(questions) {
		return first, err
	}
	rest, err := s.askAll(ctx, questions[n:], workers)
	return append(first, rest...), err
}

// batchOf is how many of the questions go into one request.
func batchOf(questions []question) int {
	n, ids := 0, 0
	for n < min(len(questions), questionsMost) {
		if ids += len(questions[n].ids); n > 0 && ids > askedMost {
			break
		}
		n++
	}
	return n
}

// askSome asks questions in one request or, if that does not go, one by one: a
// server may bound what one query asks for, or fail for one part of it.
func (s *Source) askSome(ctx context.Context, questions []question, into []reply) error {
	if len(questions) > 1 {
		if err := s.askOnce(brief(ctx, 1), questions, into); err == nil || outage(err) || ctx.Err() != nil {
			return err
		}
	}
	for i := range questions {
		q := questions[i : i+1]
		err := s.askOnce(ctx, q, into[i:i+1])
		if poisoned(err) && q[0].nodes == 0 {
			// The count alone should need no record. Where it does, it needs none there.
			err = s.askOnce(ctx, []question{{ids: q[0].ids, after: farRow}}, into[i:i+1])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) askOnce(ctx context.Context, questions []question, into []reply) error {
	text, variables := s.query.questionText(questions)
	_, err := s.client.doFresh(ctx, text, variables, func(a *Answer) error {
		for i := range questions {
			var err error
			if into[i], err = readReply(a.Data, s.query.questionKey(i, len(questions)), questions[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// questionKey is the root field's name in the answer.
func (q *Query) questionKey(i, n int) string {
	if n == 1 {
		return q.Connection.Name
	}
	return fmt.Sprintf("part%d", i)
}

func (q *Query) questionText(questions []question) (string, map[string]any) {
	var b strings.Builder
	var params []string
	variables := map[string]any{}
	for i, part := range questions {
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
		if key := q.questionKey(i, len(questions)); key != name {
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

// readReply reads one part of an answer's data.
func readReply(data []byte, key string, q question) (reply, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(data))
	e, r, listed := &envelope{total: -1}, reply{}, false
	err := only(dec, key, func() error {
		return members(dec, func(name string) error {
			switch name {
			case "totalCount":
				return e.readTotal(dec)
			case "nodes":
				listed = true
				return elements(dec, func(int) error {
					id, err := recordID(dec)
					r.ids = append(r.ids, id)
					return err
				})
			}
			return dec.SkipValue()
		})
	})
	switch {
	case err != nil:
		return r, plainJSON(err)
	case e.total < 0 || q.nodes > 0 && !listed:
		return r, fmt.Errorf("the answer does not say what was asked of %s", key)
	}
	r.total = e.total
	return r, nil
}
