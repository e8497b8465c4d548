package extract

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// followUps writes the query for pages of nested lists, and gives the ways to them in its answer. Each
// page has a root field: one record, the way to the connection, and its nodes after a cursor.
func (s *Source) followUps(w Window, batch []*nestedJob) (text string, ways [][]hop) {
	var b strings.Builder
	for i, j := range batch {
		t := j.list
		f := &followWriter{q: s.query, hops: []hop{{Key: "data", Index: -1}}, depth: 1}
		if len(batch) > 1 {
			f.alias = fmt.Sprintf("next%d", i)
		}
		rest := f.start(w, t.trail)
		for _, p := range rest {
			f.step(p)
			f.id(p.branch.Field.Fields, p)
		}
		f.connection(j)
		f.finish()
		b.WriteString(f.body.String())
		ways = append(ways, f.hops)
	}
	return fmt.Sprintf("query %sRest {\n%s}\n", s.query.name(), b.String()), ways
}

type hop = jsonscan.Hop

type followWriter struct {
	q     *Query
	alias string // of the root field; may be empty
	hops  []hop
	body  strings.Builder
	depth int
}

func (f *followWriter) line(format string, args ...any) {
	fmt.Fprintf(&f.body, strings.Repeat("  ", f.depth)+format+"\n", args...)
}

func (f *followWriter) open(format string, args ...any) {
	f.line(format+" {", args...)
	f.depth++
}

func (f *followWriter) root(name, args string) {
	key := name
	if f.alias != "" {
		key, name = f.alias, f.alias+": "+name
	}
	f.open("%s(%s)", name, args)
	f.hops = append(f.hops, hop{Key: key, Index: -1})
}

// start opens the last object on the way that the API gives by its id, else the record. It gives the rest of the way.
// Places in lists between them are needed less then: their order may have ties.
func (f *followWriter) start(w Window, trail []*place) []*place {
	for i := len(trail) - 1; i > 0; i-- {
		p := trail[i]
		if _, err := strconv.Atoi(string(p.id)); err == nil && p.branch.Field.Single != "" {
			f.root(p.branch.Field.Single, "id: "+string(p.id))
			f.hops[len(f.hops)-1].ID = p.id
			f.id(p.branch.Field.Fields, p)
			return trail[i+1:]
		}
	}
	f.record(w, trail[0])
	f.id(f.q.Selection.Fields, trail[0])
	return trail[1:]
}

// record opens the record: by its id where the API can, else by its place in the window.
func (f *followWriter) record(w Window, p *place) {
	c, args := f.q.Connection, f.q.args()
	_, err := strconv.Atoi(string(p.id))
	switch {
	case err == nil && c.Single != "":
		f.root(c.Single, "id: "+string(p.id))
		f.hops[len(f.hops)-1].ID = p.id
		return
	case err == nil && c.IDs:
		args = f.q.argsOf("[" + string(p.id) + "]")
	case w.IDs:
		args = append(args, "ids: "+strings.ReplaceAll(fmt.Sprint(w.IDList()), " ", ", "), after(p.index))
	default:
		args = append(args, after(w.Offset+p.index))
	}
	f.root(c.Name, strings.Join(append(args, "first: 1"), ", "))
	f.open("nodes")
	f.hops = append(f.hops, hop{Key: "nodes", ID: p.id})
}

// step opens the field that leads to the next object.
func (f *followWriter) step(p *place) {
	field := p.branch.Field
	if !field.Connection {
		f.open("%s", f.narrowed(field))
		f.hops = append(f.hops, hop{Key: field.Key, Index: p.index, ID: p.id})
		return
	}
	f.open("%s(first: 1, %s)", f.narrowed(field), after(p.index))
	f.open("nodes")
	f.hops = append(f.hops, hop{Key: field.Key, Index: -1}, hop{Key: "nodes", ID: p.id})
}

// id selects an object's id where the page has it, to compare them.
func (f *followWriter) id(fields []*schemas.Field, p *place) {
	if p.id == nil {
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

// connection opens the page. A list that is being proven needs only the ids.
func (f *followWriter) connection(j *nestedJob) {
	field := j.list.branch.Field
	f.open("%s(first: %d, %s)", f.narrowed(field), j.list.size, after(j.from))
	f.line("totalCount")
	f.line("pageInfo { hasNextPage endCursor }")
	f.hops = append(f.hops, hop{Key: field.Key, Index: -1})
	if j.list.state == proving {
		f.line("nodes { id }")
		return
	}
	f.open("nodes")
	nodes := schemas.Selection{Type: field.Type, Fields: field.Fields}
	f.body.WriteString(nodes.Text(strings.Repeat("  ", f.depth)))
}

// narrowed opens the field's type condition, if any, and gives the field as it is selected.
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
	for f.depth > 1 {
		f.depth--
		f.line("}")
	}
}

func after(rows int) string {
	if rows == 0 {
		return "after: null"
	}
	return fmt.Sprintf("after: %q", cursor(rows))
}
