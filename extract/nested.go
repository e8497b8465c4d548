package extract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/schemas"
)

// nestedPage is how many nodes of a nested connection are asked for at once.
// Every connection gives as many; the next page begins where the server says.
const nestedPage = 100

// complete reads the nested connections of a page's records to their ends, and
// puts the nodes where the first ones are. Nodes that come may have gaps of
// their own, so it looks again until there are none.
func (s *Source) complete(ctx context.Context, page *Page) error {
	for s.nested != nil {
		gaps, err := findGaps(page.Body, page.connection, s.nested)
		if err != nil || len(gaps) == 0 {
			return err
		}
		var edits []edit
		for _, g := range gaps {
			nodes, err := s.rest(ctx, page, g)
			if err != nil {
				return fmt.Errorf("%s: %w", g, err)
			}
			edits = append(edits, edit{span{g.nodes.to, g.nodes.to}, nodes}, edit{g.next, []byte("false")})
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

// rest asks for the nodes a gap lacks. It gives them as text to insert behind
// those that came.
//
// Each page begins with the last node that is already there: if another node
// stands in its place, or one comes twice, the order moved between the requests
// and nodes may be missing.
func (s *Source) rest(ctx context.Context, page *Page, g *gap) ([]byte, error) {
	f := s.followUp(page.Window, g)
	have, err := list(page.Body[g.nodes.from-1 : g.nodes.to+1])
	if err != nil {
		return nil, err
	}
	var text []byte
	for more := true; more; {
		f.variables["after"] = cursorOrNull(len(have) - 1)
		next, e, err := s.follow(ctx, f, len(have)-1)
		if err != nil {
			return nil, err
		}
		if len(next) == 0 || !same(have[len(have)-1], next[0]) {
			return nil, errMoved
		}
		for _, node := range next[1:] {
			text = append(append(text, ','), node...)
		}
		if int64(len(text)) > s.client.options.MaxBody {
			return nil, errors.New("more nodes than fit into one answer's bounds; select fewer columns")
		}
		have, more = append(have, next[1:]...), e.hasNext
	}
	if repeats(have) {
		return nil, fmt.Errorf("a node came twice: %w", errMoved)
	}
	return text, nil
}

// follow asks a follow-up query for the nodes after an offset, and gives them
// and what the connection says.
func (s *Source) follow(ctx context.Context, f *followUp, offset int) (nodes []jsontext.Value, e *envelope, err error) {
	var moved error
	_, err = s.client.do(ctx, f.text, f.variables, func(a *Answer) error {
		value, err := seek(a.Body, f.hops)
		if moved = nil; errors.Is(err, errMoved) {
			moved = err // asking for the same again would not help
			return nil
		}
		if err != nil {
			return err
		}
		dec := jsontext.NewDecoder(bytes.NewBuffer(value))
		if e, err = readConnection(dec, func(int) error { return dec.SkipValue() }); err != nil {
			return err
		}
		if e.hasNext && e.count < 2 {
			return errors.New("a page of a nested connection with nothing new that says a next one follows")
		}
		nodes, err = list(value[e.nodes.from-1 : e.nodes.to+1])
		return errors.Join(err, e.usable(offset))
	})
	return nodes, e, errors.Join(err, moved)
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

// followUp is the query for the rest of one gap; its variable $after is still to
// be set. The hops lead to the connection in its answers.
type followUp struct {
	text      string
	variables map[string]any
	hops      []hop
}

// followUp writes the query: the one record, the way to the connection, and of
// that the nodes after a cursor.
func (s *Source) followUp(w Window, g *gap) *followUp {
	f := &followWriter{q: s.query}
	f.variables = map[string]any{}
	f.hops = []hop{{key: "data", index: -1}}
	f.record(w, g.trail[0])
	f.id(s.query.Selection.Fields, g.trail[0])
	for _, p := range g.trail[1:] {
		f.step(p)
		f.id(p.branch.field.Fields, p)
	}
	f.connection(g.branch.field)
	f.finish()
	return &f.followUp
}

type followWriter struct {
	followUp
	q      *Query
	params []string
	body   strings.Builder
	depth  int
}

func (f *followWriter) line(format string, args ...any) {
	fmt.Fprintf(&f.body, strings.Repeat("  ", f.depth+1)+format+"\n", args...)
}

func (f *followWriter) open(format string, args ...any) {
	f.line(format+" {", args...)
	f.depth++
}

// record opens the one record: by its id where the API can, else by its place
// in the window.
func (f *followWriter) record(w Window, p *place) {
	c, args := f.q.Connection, f.q.args()
	_, err := strconv.Atoi(p.id)
	if err == nil && (c.Single != "" || c.IDs) {
		f.params = append(f.params, "$id: Int!")
		f.variables["id"] = json.RawMessage(p.id)
	}
	switch {
	case err == nil && c.Single != "":
		f.open("%s(id: $id)", c.Single)
		f.hops = append(f.hops, hop{c.Single, -1, p.id})
		return
	case err == nil && c.IDs:
		args = f.q.argsOf("$id")
	case w.IDs:
		f.params = append(f.params, "$ids: [Int!]")
		f.variables["ids"] = w.ids()
		args = append(args, "ids: $ids", after(p.index))
	default:
		args = append(args, after(w.Offset+p.index))
	}
	f.open("%s(%s)", c.Name, strings.Join(append(args, "first: 1"), ", "))
	f.open("nodes")
	f.hops = append(f.hops, hop{c.Name, -1, ""}, hop{"nodes", 0, p.id})
}

// step opens the field that leads to the next object.
func (f *followWriter) step(p *place) {
	field := p.branch.field
	if !field.Connection {
		f.open("%s", f.narrowed(field))
		f.hops = append(f.hops, hop{field.Key, p.index, p.id})
		return
	}
	f.open("%s(first: 1, %s)", f.narrowed(field), after(p.index))
	f.open("nodes")
	f.hops = append(f.hops, hop{field.Key, -1, ""}, hop{"nodes", 0, p.id})
}

// id asks for an object's id where the page has it, to see that it is the same.
func (f *followWriter) id(fields []*schemas.Field, p *place) {
	if p.id == "" {
		return
	}
	for _, field := range fields {
		if field.Key == "id" && field.Narrow != "" {
			f.line("... on %s { id }", field.Narrow)
		} else if field.Key == "id" {
			f.line("id")
		}
	}
}

func (f *followWriter) connection(field *schemas.Field) {
	f.open("%s(first: %d, after: $after)", f.narrowed(field), nestedPage)
	f.line("pageInfo { hasNextPage endCursor }")
	f.open("nodes")
	nodes := schemas.Selection{Type: field.Type, Fields: field.Fields}
	f.body.WriteString(nodes.Text(strings.Repeat("  ", f.depth+1)))
	f.hops = append(f.hops, hop{field.Key, -1, ""})
}

// narrowed opens the field's type condition, if it has one, and gives the field
// as it is selected.
func (f *followWriter) narrowed(field *schemas.Field) string {
	if field.Narrow != "" {
		f.open("... on %s", field.Narrow)
	}
	if field.Key != field.Name {
		return field.Key + ": " + field.Name
	}
	return field.Name
}

func (f *followWriter) finish() {
	for f.depth > 0 {
		f.depth--
		f.line("}")
	}
	params := append(f.params, "$after: String")
	f.text = fmt.Sprintf("query %sRest(%s) {\n%s}\n", f.q.name(), strings.Join(params, ", "), f.body.String())
}

// after is the argument that skips so many rows.
func after(rows int) string {
	if rows == 0 {
		return "after: null"
	}
	return fmt.Sprintf("after: %q", cursor(rows))
}

func cursorOrNull(rows int) any {
	if rows == 0 {
		return nil
	}
	return cursor(rows)
}
