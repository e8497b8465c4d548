package extract

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// connField selects a connection, with the id that tells its nodes apart.
func connField(name string, fields ...*schemas.Field) *schemas.Field {
	if !slices.ContainsFunc(fields, func(f *schemas.Field) bool { return f.Key == "id" }) {
		fields = append(fields, scalar("id"))
	}
	return &schemas.Field{Name: name, Key: name, Type: "Node", Connection: true, List: true, Fields: fields}
}

func objField(name string, fields ...*schemas.Field) *schemas.Field {
	return &schemas.Field{Name: name, Key: name, Type: "Object", Fields: fields}
}

func listField(name string, fields ...*schemas.Field) *schemas.Field {
	return &schemas.Field{Name: name, Key: name, Type: "Object", List: true, Fields: fields}
}

// narrow puts fields under a type condition, with keys of their own.
func narrow(to string, fields ...*schemas.Field) []*schemas.Field {
	for _, f := range fields {
		f.Narrow = to
		f.Key = to + "_" + f.Name
	}
	return fields
}

// nodes gives n nodes with ids from start.
func nodes(start, n int, more ...func(object)) conn {
	var list conn
	for i := range n {
		o := object{"__typename": "Node", "id": start + i, "name": fmt.Sprintf("node %d", start+i)}
		for _, f := range more {
			f(o)
		}
		list = append(list, o)
	}
	return list
}

// want is what the selection of a whole tree gives: the server's own answer
// when it may give everything at once.
func want(t *testing.T, api *tree, q *Query) any {
	t.Helper()
	whole := &tree{root: api.root, most: 1 << 30}
	run := &execution{tree: whole, variables: map[string]any{"first": 1 << 30}}
	text := strings.ReplaceAll(q.Text(), "first: 100", "first: 1000000")
	text = strings.ReplaceAll(text, "first: $first, after: $after", "first: 1000000")
	return normal(t, map[string]any{"data": run.document(t, text)})
}

func normal(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return blank(out)
}

// blank removes what an answer in parts cannot share with one in a piece: the
// cursors of nested connections.
func blank(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "endCursor")
		for _, inner := range v {
			blank(inner)
		}
	case []any:
		for _, inner := range v {
			blank(inner)
		}
	}
	return v
}

func TestFetchReadsNestedConnectionsToTheirEnd(t *testing.T) {
	tests := []struct {
		name   string
		things conn
		fields []*schemas.Field
	}{
		{"257 members", things3(func(o object) { o["members"] = nodes(1000, 257) }),
			[]*schemas.Field{scalar("id"), connField("members", scalar("id"), scalar("name"))}},
		{"none, one, exactly one page, one more", append(append(append(
			withMembers(1, 0), withMembers(2, 1)...), withMembers(3, 100)...), withMembers(4, 101)...),
			[]*schemas.Field{scalar("id"), connField("members", scalar("id"))}},
		{"without an id", things3(func(o object) { o["members"] = nodes(1000, 205) }),
			[]*schemas.Field{connField("members", scalar("name"))}},
		{"below an object", things3(func(o object) {
			o["profile"] = object{"__typename": "Profile", "id": 7, "members": nodes(1, 150)}
		}), []*schemas.Field{scalar("id"), objField("profile", scalar("id"), connField("members", scalar("id")))}},
		{"below a null object", things3(func(o object) { o["profile"] = nil }),
			[]*schemas.Field{scalar("id"), objField("profile", connField("members", scalar("id")))}},
		{"below lists", things3(func(o object) {
			o["groups"] = []any{
				object{"id": 1, "members": nodes(1, 3)}, nil,
				object{"id": 2, "members": nodes(50, 250)}, object{"id": 3, "members": nodes(500, 101)},
			}
		}), []*schemas.Field{scalar("id"), listField("groups", scalar("id"), connField("members", scalar("id")))}},
		{"below lists without ids", things3(func(o object) {
			o["groups"] = []any{object{"members": nodes(1, 3)}, object{"members": nodes(50, 250)}}
		}), []*schemas.Field{scalar("id"), listField("groups", connField("members", scalar("name")))}},
		{"two side by side", things3(func(o object) { o["members"], o["others"] = nodes(1, 120), nodes(1, 320) }),
			[]*schemas.Field{scalar("id"), connField("others", scalar("id")), connField("members", scalar("id"))}},
		{"nested in nested", things3(func(o object) {
			o["members"] = nodes(1, 130, func(m object) {
				n := 2
				if m["id"].(int)%60 == 5 {
					n = 210
				}
				m["evidence"] = nodes(m["id"].(int)*1000, n)
			})
		}), []*schemas.Field{scalar("id"), connField("members", scalar("id"), connField("evidence", scalar("id")))}},
		{"nested in nested below an object", things3(func(o object) {
			o["members"] = nodes(1, 102, func(m object) {
				m["profile"] = object{"id": 3, "evidence": nodes(1, 101+m["id"].(int)%2)}
			})
		})[:1], []*schemas.Field{connField("members", objField("profile", scalar("id"), connField("evidence", scalar("id"))))}},
		{"narrowed and aliased", things3(func(o object) { o["members"] = nodes(1, 140) }),
			append([]*schemas.Field{scalar("id")}, narrow("Thing", connField("members", scalar("name")))...)},
		{"narrowed away", things3(func(o object) { o["members"] = nodes(1, 140) }),
			append([]*schemas.Field{scalar("id")}, narrow("Other", connField("members", scalar("name")))...)},
		{"narrowed below a list, id narrowed too", things3(func(o object) {
			o["parts"] = []any{object{"__typename": "Text", "text": "and"}, object{"__typename": "Variant", "id": 12, "members": nodes(1, 111)}}
		}), []*schemas.Field{scalar("id"), listField("parts",
			&schemas.Field{Name: "id", Key: "id", Narrow: "Variant"},
			&schemas.Field{Name: "members", Key: "members", Narrow: "Variant", Connection: true, Fields: []*schemas.Field{scalar("id")}})}},
	}
	ways := []struct {
		name   string
		change func(*Query)
	}{
		{"by the single record", func(q *Query) { q.Connection.Single = "thing" }},
		{"by ids", func(q *Query) { q.Connection.IDs = true }},
		{"by the window", func(q *Query) { q.Connection.IDs = false }},
		{"by ids, paged by ids", func(q *Query) { q.Connection.IDs, q.Paging = true, IDs }},
	}
	for _, test := range tests {
		for _, way := range ways {
			t.Run(test.name+" "+way.name, func(t *testing.T) {
				api := &tree{root: map[string]conn{"things": test.things}, most: 100, single: map[string]string{"thing": "things"}}
				q := thingsQuery()
				q.Selection = &schemas.Selection{Type: "Thing", Fields: test.fields}
				way.change(q)
				c := serve(t, api)
				p, err := Open(c, q).Fetch(t.Context(), Window{Size: 100, IDs: q.Paging == IDs})
				if err != nil {
					t.Fatal(err)
				}
				if got, want := normal(t, json.RawMessage(p.Body)), want(t, api, q); !reflect.DeepEqual(got, want) {
					t.Errorf("got\n%.2000s\nwant\n%.2000s", fmt.Sprint(got), fmt.Sprint(want))
				}
			})
		}
	}
}

// things3 gives three records, each changed by a function.
func things3(change func(object)) conn {
	list := things(1, 2, 3)
	for _, o := range list {
		change(o)
	}
	return list
}

func withMembers(id, n int) conn {
	list := things(id)
	list[0]["members"] = nodes(id*1000, n)
	return list
}

// TestFetchSecondPageNested has its gaps in a later window, so that the
// record's place in the connection counts.
func TestFetchSecondPageNested(t *testing.T) {
	var list conn
	for id := range 7 {
		list = append(list, withMembers(id+1, 100*(id%3)+5)...)
	}
	api := &tree{root: map[string]conn{"things": list}, most: 100}
	q := thingsQuery()
	q.Connection.IDs, q.PageSize = false, 3
	q.Selection = &schemas.Selection{Fields: []*schemas.Field{connField("members", scalar("id"))}}
	p, err := Open(serve(t, api), q).Fetch(t.Context(), Window{Index: 1, Offset: 3, Size: 3})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(p.Body), `"id"`); got != 5+105+205 {
		t.Errorf("got %d members, want those of records 4 to 6: 315", got)
	}
}

func TestFetchWithoutNestedAsksOnce(t *testing.T) {
	api := &tree{root: map[string]conn{"things": things(1)}, most: 100}
	c := serve(t, api)
	source := Open(c, thingsQuery())
	if _, err := source.Fetch(t.Context(), Window{Size: 100}); err != nil || api.requests() != 1 || source.nested != nil {
		t.Errorf("%d requests, %v", api.requests(), err)
	}
}
