package extract

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/schemas"
)

// Page is the answer to one window. Whoever gets it owns it, Body included.
type Page struct {
	Window     Window
	Body       []byte   // a whole answer: {"data":{<connection>:{…,"nodes":[…]}}}
	Nodes      int      // records in Body
	IDs        []int64  // of the records, in their order; nil if no integer id is selected
	Rejects    []Reject // records of the window that the server cannot give
	TotalCount int      // of all windows together
	HasNext    bool     // there are rows after the window
	EndCursor  string   // of the last row; "" if the server gives none

	connection string
	keyed      bool // its records have an integer id
	moved      bool // totalCount was not the same in all of its parts
	envelope   *envelope
}

// Reject is a record that the server fails for every time it is asked for, in
// the server's words.
type Reject struct {
	ID           int64 // 0 if it is not known
	Reason, Path string
	Record       []byte // what is known of the record, as JSON
}

// PagingError says that the server does not page as a source relies on: another
// way of paging may do.
type PagingError struct{ What string }

func (e *PagingError) Error() string { return e.What }

// ReadPage checks an answer to a window, such as one recorded earlier, and
// gives its page. It keeps the body.
func (q *Query) ReadPage(w Window, body []byte) (*Page, error) {
	p := &Page{Window: w, connection: q.Connection.Name, keyed: q.keyed()}
	return p, p.read(body)
}

func (p *Page) read(body []byte) (err error) {
	p.IDs = nil
	visit := func(dec *jsontext.Decoder, _ int) error { return record(dec) }
	if p.keyed {
		visit = func(dec *jsontext.Decoder, _ int) error {
			id, err := recordID(dec)
			p.IDs = append(p.IDs, id)
			return err
		}
	}
	e, err := readEnvelopeEach(body, p.connection, visit)
	if err != nil {
		return err
	}
	p.Body, p.envelope, p.Nodes, p.HasNext, p.EndCursor = body, e, e.count, e.hasNext, e.cursor
	p.TotalCount = max(e.total, 0)
	return nil
}

// keyed says whether the integer id of a record is among what is selected.
func (q *Query) keyed() bool {
	return slices.ContainsFunc(q.Selection.Fields, func(f *schemas.Field) bool {
		return f.Key == "id" && f.Name == "id" && f.Narrow == "" && f.Type == "Int" && !f.List
	})
}

// recordID skips one record and gives its id.
func recordID(dec *jsontext.Decoder) (int64, error) {
	if kind := dec.PeekKind(); kind != jsontext.KindBeginObject && kind != jsontext.KindInvalid {
		return 0, record(dec)
	}
	var id int64
	found := errors.New("a record without an id")
	err := members(dec, func(name string) error {
		if name != "id" {
			return dec.SkipValue()
		}
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if id, found = strconv.ParseInt(string(value), 10, 64); found != nil {
			found = fmt.Errorf("a record's id is %s, not a whole number", cut(string(value), 40))
		}
		return nil
	})
	return id, cmp.Or(err, found)
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
	case q.Follow && p.HasNext && (p.EndCursor == "" || p.EndCursor == w.After):
		return nil, fmt.Errorf("a page with the cursor %q after %q says that a next one follows", cut(p.EndCursor, 40), cut(w.After, 40))
	case !q.Follow && p.HasNext && p.EndCursor != cursor(offset+p.Nodes):
		return nil, &PagingError{fmt.Sprintf("the last of %d records has the cursor %q where %q belongs: "+
			"the server no longer pages by offset", p.Nodes, cut(p.EndCursor, 40), cursor(offset+p.Nodes))}
	}
	return p, q.holds(p)
}

// holds checks what the way of paging rests on: that ids gives the records asked
// for, and that sorted by id they are in that order.
func (q *Query) holds(p *Page) error {
	if w := p.Window; w.IDs {
		if p.TotalCount > w.Size {
			return &PagingError{fmt.Sprintf("%d records are there where %d ids were asked for: the server's ids argument is not the records' id", p.TotalCount, w.Size)}
		}
		for _, id := range p.IDs {
			if id <= int64(w.Offset) || id > int64(w.Offset+w.Size) {
				return &PagingError{fmt.Sprintf("record %d came where %s were asked for: the server's ids argument is not the records' id", id, w)}
			}
		}
	}
	if q.OrderByID && !p.Window.IDs {
		for i, id := range p.IDs[:max(len(p.IDs)-1, 0)] {
			if next := p.IDs[i+1]; next < id {
				return &PagingError{fmt.Sprintf("record %d came before record %d where they are sorted by id: the server does not sort", id, next)}
			}
		}
	}
	return nil
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
	p.moved = p.moved || next.moved || p.TotalCount != next.TotalCount
	return p.rewrite(edits)
}

// Cut keeps only the first n records.
func (p *Page) Cut(n int) error {
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
	if slices.IsSorted(p.IDs) {
		return nil
	}
	records, err := p.Records()
	if err != nil {
		return err
	}
	return p.fill(records, true)
}

// Record is one record of a page, as JSON.
type Record struct {
	ID   int64
	Text []byte
}

// Records gives the page's records, which must have ids. The texts are copies.
func (p *Page) Records() ([]Record, error) {
	nodes := p.envelope.nodes
	texts, err := list(p.Body[nodes.from-1 : nodes.to+1])
	if err != nil {
		return nil, err
	}
	records := make([]Record, len(texts))
	for i, text := range texts {
		records[i] = Record{p.IDs[i], text}
	}
	return records, nil
}

// Amend drops the records that keep says no to and adds more: sorted in by id, or
// at the end.
func (p *Page) Amend(keep func(id int64) bool, more []Record, byID bool) error {
	records, err := p.Records()
	if err != nil {
		return err
	}
	records = slices.DeleteFunc(records, func(r Record) bool { return !keep(r.ID) })
	return p.fill(append(records, more...), byID)
}

func (p *Page) fill(records []Record, byID bool) error {
	if byID {
		slices.SortStableFunc(records, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
	}
	var text []byte
	for i, r := range records {
		text = append(text, glue(i, 1, r.Text)...)
	}
	return p.rewrite([]edit{{p.envelope.nodes, text}})
}

// rewrite edits the body and reads what it says anew.
func (p *Page) rewrite(edits []edit) error {
	total := p.TotalCount
	err := p.read(apply(p.Body, sorted(edits)))
	p.TotalCount = total
	return err
}

func (p *Page) part(at span) []byte { return p.Body[at.from:at.to] }

// glue is what to insert at the end of an array of have elements to add more.
func glue(have, more int, text []byte) []byte {
	if have == 0 || more == 0 {
		return text
	}
	return append([]byte{','}, text...)
}
