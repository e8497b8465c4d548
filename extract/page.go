package extract

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Page is the answer to one window. Whoever gets it owns it, Body included.
type Page struct {
	Window     Window
	Body       []byte // a whole answer: {"data":{<connection>:{…,"nodes":[…]}}}
	Nodes      int    // records in Body
	TotalCount int    // of all windows together
	HasNext    bool   // there are rows after the window
	EndCursor  string // of the last row; "" if the server gives none

	connection string
	envelope   *envelope
}

// ReadPage checks an answer to a window, such as one recorded earlier, and
// gives its page. It keeps the body.
func (q *Query) ReadPage(w Window, body []byte) (*Page, error) {
	e, err := readEnvelope(body, q.Connection.Name)
	if err != nil {
		return nil, err
	}
	return &Page{
		Window: w, Body: body, Nodes: e.count, TotalCount: max(e.total, 0), HasNext: e.hasNext, EndCursor: e.cursor,
		connection: q.Connection.Name, envelope: e,
	}, nil
}

// readPart reads the answer to rows offset+1 to offset+size. What does not add
// up would be lost data later on.
func (q *Query) readPart(w Window, offset, size int, body []byte) (*Page, error) {
	p, err := q.ReadPage(w, body)
	switch {
	case err != nil:
		return nil, err
	case p.envelope.total < 0:
		return nil, errors.New("the answer holds no totalCount")
	case p.Nodes > size:
		return nil, fmt.Errorf("%d records came where %d were asked for", p.Nodes, size)
	case p.HasNext && p.Nodes == 0:
		return nil, errors.New("an empty page that says a next one follows")
	case p.HasNext && p.EndCursor != cursor(offset+p.Nodes):
		return nil, fmt.Errorf("the last of %d records has the cursor %q where %q belongs: "+
			"the server no longer pages by offset", p.Nodes, cut(p.EndCursor, 40), cursor(offset+p.Nodes))
	}
	return p, nil
}

// join appends the records of the rows that follow the page's own.
func (p *Page) join(next *Page) error {
	rest := next.Body[next.envelope.nodes.from:next.envelope.nodes.to]
	edits := []edit{
		{span{p.envelope.nodes.to, p.envelope.nodes.to}, glue(p.Nodes, next.Nodes, rest)},
		{p.envelope.next, next.part(next.envelope.next)},
	}
	if p.envelope.end.set() && next.envelope.end.set() {
		edits = append(edits, edit{p.envelope.end, next.part(next.envelope.end)})
	}
	return p.rewrite(edits)
}

// cut keeps only the first n records.
func (p *Page) cut(n int) error {
	end := p.envelope.nodes.from
	_, err := readEnvelopeEach(p.Body, p.connection, func(dec *jsontext.Decoder, i int) error {
		err := dec.SkipValue()
		if i < n {
			end = dec.InputOffset()
		}
		return err
	})
	if err != nil {
		return err
	}
	return p.rewrite([]edit{{at: span{end, p.envelope.nodes.to}}})
}

// sortByID brings the records of a window of ids into their order. The server's
// own may hold ties, which come in any order, and the same data is to give the
// same rows. Records without an id stay as they came.
func (p *Page) sortByID() error {
	nodes := p.envelope.nodes
	records, err := list(p.Body[nodes.from-1 : nodes.to+1])
	if err != nil {
		return err
	}
	ids := make(map[*byte]int64, len(records))
	for _, r := range records {
		id, err := member(r, "id")
		if err != nil {
			return nil
		}
		n, err := strconv.ParseInt(string(id), 10, 64)
		if err != nil {
			return nil
		}
		ids[&r[0]] = n
	}
	byID := func(a, b jsontext.Value) int { return cmp.Compare(ids[&a[0]], ids[&b[0]]) }
	if slices.IsSortedFunc(records, byID) {
		return nil
	}
	slices.SortStableFunc(records, byID)
	var text []byte
	for i, r := range records {
		text = append(text, glue(i, 1, r)...)
	}
	return p.rewrite([]edit{{nodes, text}})
}

// rewrite edits the body and reads what it says anew.
func (p *Page) rewrite(edits []edit) error {
	body := apply(p.Body, sorted(edits))
	e, err := readEnvelope(body, p.connection)
	if err != nil {
		return err
	}
	p.Body, p.envelope, p.Nodes, p.HasNext, p.EndCursor = body, e, e.count, e.hasNext, e.cursor
	return nil
}

func (p *Page) part(at span) []byte { return p.Body[at.from:at.to] }

// glue is what to insert at the end of an array of have elements to add more.
func glue(have, more int, text []byte) []byte {
	if have == 0 || more == 0 {
		return text
	}
	return append([]byte{','}, text...)
}
