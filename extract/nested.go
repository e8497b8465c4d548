package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// nestedPage is how many nodes of a nested connection are asked for at once.
// Every connection gives as many; the next page begins where the server says.
const nestedPage = 100

// batchMost is how many nested pages are asked for in one request: as many nodes
// as a tenth of a page of records may hold.
const batchMost = 10

// nestedError is a failure to read what is nested in one record of a page.
type nestedError struct {
	row int
	err error
}

func (e *nestedError) Error() string { return e.err.Error() }
func (e *nestedError) Unwrap() error { return e.err }

// complete reads the nested connections of a page's records to their ends, and
// puts the nodes where the first ones are. Nodes that come may have gaps of
// their own, so it looks again until there are none.
func (s *Source) complete(ctx context.Context, page *Page) error {
	for s.nested != nil {
		gaps, err := findGaps(page.Body, page.connection, s.nested)
		if err != nil || len(gaps) == 0 {
			return err
		}
		tails, err := newTails(page, gaps)
		if err != nil {
			return err
		}
		if err := s.read(ctx, page.Window, tails); err != nil {
			return err
		}
		var edits []edit
		for _, t := range tails {
			if repeats(t.have) {
				return t.fail(fmt.Errorf("a node came twice: %w", errMoved))
			}
			edits = append(edits, edit{span{t.nodes.to, t.nodes.to}, t.text}, edit{t.next, []byte("false")})
		}
		if err := page.rewrite(edits); err != nil {
			return err
		}
		if err := s.fits(page); err != nil {
			return err
		}
	}
	return nil
}

// tail is a gap on its way to be filled: the nodes that it has by now, and the
// text of those that came behind the first ones.
type tail struct {
	*gap
	have []jsontext.Value
	text []byte
	done bool
}

func newTails(page *Page, gaps []*gap) ([]*tail, error) {
	tails := make([]*tail, len(gaps))
	for i, g := range gaps {
		have, err := list(page.Body[g.nodes.from-1 : g.nodes.to+1])
		if err != nil {
			return nil, err
		}
		tails[i] = &tail{gap: g, have: have}
	}
	return tails, nil
}

func (t *tail) fail(err error) error {
	return &nestedError{t.trail[0].index, fmt.Errorf("%s: %w", t.gap, err)}
}

// weight is how many bytes the next page of a tail may have.
func (t *tail) weight() int64 { return (t.nodes.to - t.nodes.from) / int64(t.count) * nestedPage }

// read asks for the pages of the tails, several in one request, until all are at
// their ends. What fails together is asked for one by one.
func (s *Source) read(ctx context.Context, w Window, tails []*tail) error {
	for len(tails) > 0 {
		n, weight := 1, tails[0].weight()
		for n < min(len(tails), batchMost) && weight+tails[n].weight() < s.client.options.MaxBody/8 {
			weight += tails[n].weight()
			n++
		}
		batch := tails[:n]
		if n > 1 && s.follow(brief(ctx, 1), w, batch) != nil && ctx.Err() == nil {
			batch = batch[:1]
		}
		if len(batch) == 1 {
			if err := s.follow(ctx, w, batch); err != nil {
				return batch[0].fail(err)
			}
		}
		tails = append(tails[len(batch):len(tails):len(tails)], open(batch)...)
	}
	return nil
}

func open(batch []*tail) []*tail {
	var rest []*tail
	for _, t := range batch {
		if !t.done {
			rest = append(rest, t)
		}
	}
	return rest
}

// follow asks for the next page of each tail. Either all of them grow or none.
//
// Each page begins with the last node that is already there: if another node
// stands in its place, or one comes twice, the order moved between the requests
// and nodes may be missing.
func (s *Source) follow(ctx context.Context, w Window, batch []*tail) error {
	text, ways := s.followUps(w, batch)
	var moved error
	pages := make([]nestedNodes, len(batch))
	err := s.do(ctx, text, nil, func(a *Answer) error {
		moved = nil
		for i, t := range batch {
			err := pages[i].read(a.Body, ways[i], len(t.have)-1)
			if errors.Is(err, errMoved) {
				moved = err // asking for the same again would not help
				return nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err = errors.Join(err, moved); err != nil {
		return err
	}
	for i, t := range batch {
		if next := pages[i].nodes; len(next) == 0 || !same(t.have[len(t.have)-1], next[0]) {
			return errMoved
		}
	}
	for i, t := range batch {
		if err := t.grow(pages[i], s.client.options.MaxBody); err != nil {
			return err
		}
	}
	return nil
}

func (t *tail) grow(p nestedNodes, most int64) error {
	for _, node := range p.nodes[1:] {
		t.text = append(append(t.text, ','), node...)
	}
	t.have, t.done = append(t.have, p.nodes[1:]...), !p.hasNext
	if int64(len(t.text)) > most {
		return errors.New("more nodes than fit into one answer's bounds; select fewer columns")
	}
	return nil
}

// nestedNodes is one page of a nested connection.
type nestedNodes struct {
	nodes   []jsontext.Value
	hasNext bool
}

// read finds the page in an answer: the nodes after an offset.
func (p *nestedNodes) read(answer jsontext.Value, way []hop, offset int) error {
	value, err := seek(answer, way)
	if err != nil {
		return err
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(value))
	e, err := readConnection(dec, func(int) error { return dec.SkipValue() })
	if err != nil {
		return err
	}
	if e.hasNext && e.count < 2 {
		return errors.New("a page of a nested connection with nothing new that says a next one follows")
	}
	p.hasNext = e.hasNext
	p.nodes, err = list(value[e.nodes.from-1 : e.nodes.to+1])
	return errors.Join(err, e.usable(offset))
}

// list gives the elements of an array.
func list(array jsontext.Value) ([]jsontext.Value, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(array))
	var values []jsontext.Value
	err := elements(dec, func(int) error {
		value, err := dec.ReadValue()
		values = append(values, value.Clone())
		return err
	})
	return values, err
}

// same says whether two nodes are one: by their ids, where selected, else by
// what they hold, however the server wrote it this time.
func same(a, b jsontext.Value) bool {
	idA, errA := member(a, "id")
	idB, errB := member(b, "id")
	if errA == nil && errB == nil {
		return bytes.Equal(idA, idB)
	}
	a, b = a.Clone(), b.Clone()
	exact := jsontext.CanonicalizeRawInts(false)
	return a.Canonicalize(exact) == nil && b.Canonicalize(exact) == nil && bytes.Equal(a, b)
}

func repeats(nodes []jsontext.Value) bool {
	seen := map[string]bool{}
	for _, node := range nodes {
		id, err := member(node, "id")
		if err != nil {
			continue
		}
		if seen[string(id)] {
			return true
		}
		seen[string(id)] = true
	}
	return false
}
