package extract

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// Page is the answer to one window. The receiver owns it, Body included.
type Page struct {
	Window     Window
	Body       []byte     // a whole answer: {"data":{<connection>:{…,"nodes":[…]}}}
	Nodes      int        // records in Body
	IDs        []int64    // of the records, in their order; nil if no integer id is selected
	Rejects    []Reject   // records of the window that the server fails to return
	Unproven   []Unproven // lists nested in records that may lack nodes
	TotalCount int        // records of all windows
	HasNext    bool       // rows follow the window
	EndCursor  string     // of the last row; "" if the server gives none
	Changed    bool       // TotalCount differed between its parts

	name       string                     // of the connection
	keyed      bool                       // its records have an integer id
	nested     map[string]*schemas.Branch // connections in its records; nil: not read
	connection connection
	records    []span
	unfinished []*partial // nested connections with further pages
	damaged    []damagedRecord
}

// Reject is a record that the server always fails to return, with the server's error, or returns damaged.
type Reject struct {
	ID           int64 // 0 if unknown
	Reason, Path string
	Record       []byte // its known part, as JSON
}

// String names the record for the user.
func (r Reject) String() string {
	if r.ID == 0 {
		return string(r.Record)
	}
	return "record " + strconv.FormatInt(r.ID, 10)
}

// PagingError says that the server does not page as expected: another way of paging may work.
type PagingError struct{ What string }

// Error implements error.
func (e *PagingError) Error() string { return e.What }

// ReadPage checks an answer to a window and gives its page, which keeps the body. Damaged records become rejects.
func (q *Query) ReadPage(w Window, body []byte) (*Page, error) {
	p := q.newPage(w)
	p.nested = schemas.Branches(q.Selection.Fields)
	err := p.read(body)
	if _, damaged := errors.AsType[*damageError](err); damaged {
		err = p.setAside(w.Offset)
	}
	if err != nil {
		return nil, err
	}
	for _, at := range p.unfinished {
		p.Unproven = append(p.Unproven, at.unproven(at.count, at.total))
	}
	return p, nil
}

func (q *Query) newPage(w Window) *Page {
	return &Page{Window: w, name: q.Connection.Name, keyed: q.Keyed()}
}

// read replaces the page's content by a body.
func (p *Page) read(body []byte) error {
	r := &pageReader{page: p}
	top, err := graphql.ReadOutline(context.Background(), body, r.data)
	if err != nil {
		return err
	}
	if err := r.accept(body); err != nil {
		return err
	}
	return r.damage(top.Damage)
}

// Keyed reports whether the integer id of the records is selected.
func (q *Query) Keyed() bool {
	return slices.ContainsFunc(q.Selection.Fields, func(f *schemas.Field) bool {
		return f.Key == "id" && f.Name == "id" && f.Narrow == "" && f.Type == "Int" && !f.List
	})
}

// checkPart checks the answer to rows offset+1 to offset+size: a contradiction would lose data later.
func (q *Query) checkPart(p *Page, offset, size int) error {
	w := p.Window
	switch {
	case p.connection.total < 0:
		return errors.New("the answer has no totalCount")
	case p.Nodes > size:
		return fmt.Errorf("received %d records, requested %d", p.Nodes, size)
	case p.HasNext && p.Nodes == 0:
		return errors.New("an empty page with hasNextPage true")
	case q.Follow && p.HasNext && (p.EndCursor == "" || p.EndCursor == w.After):
		return fmt.Errorf("a page with the cursor %q after %q has hasNextPage true",
			jsonscan.Clip([]byte(p.EndCursor)), jsonscan.Clip([]byte(w.After)))
	case !q.Follow && p.HasNext && p.EndCursor != cursor(offset+p.Nodes):
		return &PagingError{fmt.Sprintf("the last of %d records has the cursor %q instead of %q: "+
			"the server no longer pages by offset", p.Nodes, jsonscan.Clip([]byte(p.EndCursor)), cursor(offset+p.Nodes))}
	}
	return q.checkPaging(p)
}

// checkPaging checks that ids selects records by id, and that records sorted by id are in that order.
func (q *Query) checkPaging(p *Page) error {
	if w := p.Window; w.IDs {
		if p.TotalCount > w.Size {
			return &PagingError{fmt.Sprintf("received %d records for %d ids: "+NotIDs, p.TotalCount, w.Size)}
		}
		for _, id := range p.IDs {
			if id <= int64(w.Offset) || id > int64(w.Offset+w.Size) {
				return &PagingError{fmt.Sprintf("received record %d for %s: "+NotIDs, id, w)}
			}
		}
	}
	if q.OrderByID && !p.Window.IDs {
		for i := 1; i < len(p.IDs); i++ {
			if p.IDs[i] < p.IDs[i-1] {
				return &PagingError{fmt.Sprintf("record %d before record %d in a list sorted by id: "+
					"the server does not sort", p.IDs[i-1], p.IDs[i])}
			}
		}
	}
	return nil
}

// NotIDs ends the messages about paging by ids.
const NotIDs = "the server's ids argument is not the records' id"

// Cut keeps only the first n records.
func (p *Page) Cut(n int) error {
	end := p.connection.nodes.from
	if n = min(n, len(p.records)); n > 0 {
		end = p.records[n-1].to
	}
	return p.rewrite([]edit{{at: span{end, p.connection.nodes.to}}})
}

// sortByID sorts the records of a window of ids: the server's order may have ties, and the same data
// must give the same rows. Records without an id stay in place.
func (p *Page) sortByID() error {
	if slices.IsSorted(p.IDs) {
		return nil
	}
	return p.fill(p.Records(), true)
}

// Record is one record of a page, as JSON.
type Record struct {
	ID   int64
	Text []byte
}

// Records gives copies of the page's records, which must have ids.
func (p *Page) Records() []Record {
	records := make([]Record, len(p.records))
	for i, at := range p.records {
		records[i] = Record{p.IDs[i], bytes.Clone(p.part(at))}
	}
	return records
}

// Amend drops the records that keep refuses and adds more: sorted by id, or at the end.
func (p *Page) Amend(keep func(id int64) bool, more []Record, byID bool) error {
	records := slices.DeleteFunc(p.Records(), func(r Record) bool { return !keep(r.ID) })
	return p.fill(append(records, more...), byID)
}

func (p *Page) fill(records []Record, byID bool) error {
	if byID {
		slices.SortStableFunc(records, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
	}
	var texts [][]byte
	for _, r := range records {
		texts = append(texts, r.Text)
	}
	return p.rewrite([]edit{{p.connection.nodes, bytes.Join(texts, []byte{','})}})
}

func (p *Page) rewrite(edits []edit) error {
	splices := make([]jsonscan.Edit, len(edits))
	for i, e := range edits {
		splices[i] = jsonscan.Edit{From: e.at.from, To: e.at.to, Text: e.text}
	}
	total := p.TotalCount
	err := p.read(jsonscan.Splice(p.Body, splices))
	p.TotalCount = total
	return err
}

func (p *Page) part(at span) []byte { return p.Body[at.from:at.to] }

// edit replaces a part of a body. An empty part makes it an insertion.
type edit struct {
	at   span
	text []byte
}
