package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

const (
	nestedPage = 100 // nodes of a nested connection requested at once; every connection gives as many
	maxBatch   = 10  // nested pages in one request
)

// branch is a selected field that is a connection or leads to one.
type branch struct {
	field *schemas.Field
	inner map[string]*branch // by response key; nil if no connection is below
}

// branches finds the connections below some fields; nil if there are none.
func branches(fields []*schemas.Field) map[string]*branch {
	var found map[string]*branch
	for _, f := range fields {
		inner := branches(f.Fields)
		if !f.Connection && inner == nil {
			continue
		}
		if found == nil {
			found = map[string]*branch{}
		}
		found[f.Key] = &branch{f, inner}
	}
	return found
}

// partial is a connection inside a record with only its first nodes.
type partial struct {
	trail  []*place // from the record to the object that has the connection
	branch *branch  // of the connection
	connection
}

// place is an object on the way to a nested connection.
type place struct {
	branch *branch // its field; nil for the record
	index  int     // in the field's list or nodes, or of the record in its page; -1 if it is the only value
	id     []byte  // as JSON; nil if not selected
}

// String names the connection for the user: variants.evidenceItems of record 12.
func (p *partial) String() string {
	var names []string
	for _, at := range p.trail[1:] {
		names = append(names, at.branch.field.Name)
	}
	record := string(p.trail[0].id)
	if record == "" {
		record = fmt.Sprintf("%d of the page", p.trail[0].index+1)
	}
	return fmt.Sprintf("%s of record %s", strings.Join(append(names, p.branch.field.Name), "."), record)
}

// nestedError is a failure to read a connection nested in one record of a page.
type nestedError struct {
	row int
	error
}

func (e *nestedError) Unwrap() error { return e.error }

// fetchNested reads the nested connections of a page's records to their ends, and inserts the further
// nodes. These may have unfinished connections too, so it repeats until there are none.
func (s *Source) fetchNested(ctx context.Context, page *Page) error {
	for len(page.unfinished) > 0 {
		var tails []*tail
		for _, p := range page.unfinished {
			tails = append(tails, &tail{partial: p, have: elements(page.Body[p.nodes.from-1 : p.nodes.to+1])})
		}
		if err := s.fetchTails(ctx, page.Window, tails); err != nil {
			return err
		}
		var edits []edit
		for _, t := range tails {
			if repeats(t.have) {
				return t.fail(fmt.Errorf("duplicate node: %w", ErrChanged))
			}
			edits = append(edits, edit{span{t.nodes.to, t.nodes.to}, t.text}, edit{t.next, []byte("false")})
		}
		if err := s.rewrite(page, edits); err != nil {
			return err
		}
	}
	return nil
}

// tail is the rest of a partial connection while it is fetched.
type tail struct {
	*partial
	have [][]byte // all nodes so far
	text []byte   // of the nodes after the first ones
	done bool
}

func (t *tail) fail(err error) error {
	return &nestedError{t.trail[0].index, fmt.Errorf("%s: %w", t.partial, err)}
}

// size estimates the bytes of the next page of a tail.
func (t *tail) size() int64 { return int64(t.nodes.to-t.nodes.from) / int64(t.count) * nestedPage }

// fetchTails requests the next pages of the tails, several at once, until all are complete. After a
// failure it requests them one by one.
func (s *Source) fetchTails(ctx context.Context, w Window, tails []*tail) error {
	all := tails
	for len(tails) > 0 {
		n, size := 1, tails[0].size()
		for n < min(len(tails), maxBatch) && size+tails[n].size() < s.client.MaxBody()/8 {
			size += tails[n].size()
			n++
		}
		batch := tails[:n]
		if n > 1 && s.withFewTries(1).fetchBatch(ctx, w, batch) != nil && ctx.Err() == nil {
			batch = batch[:1]
		}
		if len(batch) == 1 {
			if err := s.fetchBatch(ctx, w, batch); err != nil {
				return batch[0].fail(err)
			}
		}
		if textSize(all) > s.client.MaxBody() {
			return batch[0].fail(errors.New("the nodes are larger than one answer may be; select fewer columns, " +
				"or ask for smaller pages (extract.page_size)"))
		}
		rest := slices.Concat(tails[len(batch):], batch)
		tails = slices.DeleteFunc(rest, func(t *tail) bool { return t.done })
	}
	return nil
}

// fetchBatch requests the next page of each tail. Either all of them grow or none.
//
// Each page begins with the last known node: if another node is in its place, the order changed between
// the requests and nodes may be missing.
func (s *Source) fetchBatch(ctx context.Context, w Window, batch []*tail) error {
	text, ways := s.followUps(w, batch)
	pages := make([]nestedNodes, len(batch))
	_, err := s.ask(ctx, &graphql.Request{Query: text, Damaged: true, Accept: func(a *graphql.Answer) error {
		if len(a.Damage) > 0 {
			return &damageError{a.Damage[0]}
		}
		for i, t := range batch {
			if err := pages[i].read(a.Body, ways[i], len(t.have)-1); err != nil {
				return err
			}
		}
		return nil
	}})
	if err != nil {
		return err
	}
	for i, t := range batch {
		if next := pages[i].nodes; len(next) == 0 || !sameNode(t.have[len(t.have)-1], next[0]) {
			return ErrChanged
		}
	}
	for i, t := range batch {
		t.grow(pages[i])
	}
	return nil
}

func (t *tail) grow(p nestedNodes) {
	for _, node := range p.nodes[1:] {
		t.text = append(append(t.text, ','), node...)
	}
	t.have, t.done = append(t.have, p.nodes[1:]...), !p.hasNext
}

func textSize(tails []*tail) (size int64) {
	for _, t := range tails {
		size += int64(len(t.text))
	}
	return size
}

// nestedNodes is one page of a nested connection.
type nestedNodes struct {
	nodes   [][]byte
	hasNext bool
}

// read finds the page of the nodes after an offset in an answer. It has no nodes if the data changed: a
// retry would not help.
func (p *nestedNodes) read(answer []byte, way []hop, offset int) error {
	p.nodes = nil
	value := seek(answer, way)
	if value == nil {
		return nil
	}
	r := &connectionReader{Scanner: &jsonscan.Scanner{Data: value}}
	c, _ := r.connection(way[len(way)-1].key, 0, 0, func(_, i int) int {
		text, end := r.raw(i, 1)
		p.nodes = append(p.nodes, bytes.Clone(text)) // the answer around it may be large
		return end
	})
	p.hasNext = c.hasNext
	switch {
	case r.err != nil:
		return r.err
	case c.hasNext && c.count < 2:
		return errors.New("a page of a nested connection with no new node and hasNextPage true")
	}
	return c.canContinue(offset)
}

// sameNode compares two nodes by their ids, where selected, else by their values, in any notation.
func sameNode(a, b []byte) bool {
	if idA, idB := member(a, "id"), member(b, "id"); idA != nil && idB != nil {
		return bytes.Equal(idA, idB)
	}
	x, y := jsontext.Value(bytes.Clone(a)), jsontext.Value(bytes.Clone(b))
	exact := jsontext.CanonicalizeRawInts(false)
	return x.Canonicalize(exact) == nil && y.Canonicalize(exact) == nil && bytes.Equal(x, y)
}

func repeats(nodes [][]byte) bool {
	seen := map[string]bool{}
	for _, node := range nodes {
		id := member(node, "id")
		if id != nil && seen[string(id)] {
			return true
		}
		seen[string(id)] = true
	}
	return false
}
