package starter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas/browse"
)

// mostKinds is how many types an interface may have for a starter to take the
// fields that only some of them have.
const mostKinds = 6

// chooseColumns chooses the columns: the id, the plain values, then what they refer to.
func (st *starter) chooseColumns() {
	node := st.connection.Of
	plain, related := split(node.Fields)
	for _, name := range []string{"id", "__typename", "name"} {
		i := slices.IndexFunc(plain, func(e *browse.Entry) bool { return e.Name == name })
		switch {
		case i >= 0:
			st.plain("", plain[i])
			plain = slices.Delete(plain, i, i+1)
		case name == "__typename" && len(node.Possible) > 0:
			st.add("typename", name, &browse.Entry{Name: name, Doc: "The kind: " + wording.List(node.Possible, mostKinds) + "."}, true)
		}
	}
	for _, e := range plain {
		st.plain("", e)
	}
	for _, e := range related {
		st.related("", e)
	}
	st.kinds(node)
}

// split parts fields that are values from those that have fields of their own.
// Fields that need an argument, or that the API gives up, are in neither.
func split(fields []*browse.Entry) (plain, related []*browse.Entry) {
	for _, e := range fields {
		switch {
		case e.Required || e.Deprecated != "" || strings.Contains(e.Is, "list<list<"):
		case e.Paged || composite(e):
			related = append(related, e)
		default:
			plain = append(plain, e)
		}
	}
	return plain, related
}

// composite says whether a field has fields of its own: its type is neither an
// enum, whose values are known, nor one of the words for plain values.
func composite(e *browse.Entry) bool {
	base := strings.TrimSuffix(strings.TrimPrefix(e.Is, "list<"), ">")
	return len(e.Values) == 0 && base[0] >= 'A' && base[0] <= 'Z'
}

func (st *starter) plain(prefix string, e *browse.Entry) {
	st.add(columnName(prefix, snake(e.Name)), dotted(prefix, e.Name), e, prefix == "" && !e.Nullable && !strings.HasPrefix(e.Is, "list<"))
}

// related takes the id of what a field refers to, and how people name it.
func (st *starter) related(prefix string, e *browse.Entry) {
	base := strings.TrimSuffix(strings.TrimPrefix(e.Is, "list<"), ">")
	entries, err := browse.Lookup(st.schema, base)
	if e.Paged || err != nil {
		st.skipped = append(st.skipped, dotted(prefix, e.Name)+" (paged)")
		return
	}
	of, name, list := entries[0], snake(e.Name), strings.HasPrefix(e.Is, "list<")
	before := len(st.columns)
	take := func(field, column string) bool {
		i := slices.IndexFunc(of.Fields, func(f *browse.Entry) bool {
			return f.Name == field && !f.Required && f.Deprecated == "" && !f.Paged && !composite(f)
		})
		if i < 0 {
			return false
		}
		if column = columnName(prefix, column); !st.taken[column] { // else the record has it itself
			st.add(column, dotted(prefix, e.Name)+"."+field, &browse.Entry{Doc: docOf(e, field), Values: of.Fields[i].Values}, false)
		}
		return true
	}
	if strings.HasSuffix(of.Name, "Coordinate") && !list {
		st.place(prefix, e, of)
		return
	}
	ids := name + "_id"
	if list {
		ids = singular(name) + "_ids"
	}
	take("id", ids)
	if len(of.Possible) > 0 && (!list || len(st.columns) > before) {
		st.add(columnName(prefix, strings.TrimSuffix(strings.TrimSuffix(ids, "s"), "id")+"typename"), dotted(prefix, e.Name)+".__typename", &browse.Entry{Doc: e.Doc}, false)
	}
	if !take("name", name) && !take("displayName", name) && !take("code", name) {
		take("createdAt", name+"_at")
	}
	if len(st.columns) == before {
		st.skipped = append(st.skipped, dotted(prefix, e.Name))
	}
}

// docOf says what the id, name or time of a related record is.
func docOf(e *browse.Entry, field string) string {
	switch {
	case e.Doc == "":
		return ""
	case field == "id" && strings.HasPrefix(e.Is, "list<"):
		return e.Doc + " Their ids."
	case field == "id":
		return e.Doc + " Its id."
	case field == "createdAt":
		return e.Doc + " Its time."
	}
	return e.Doc
}

// place takes the values of a place on the genome, which says little by its id.
func (st *starter) place(prefix string, e, of *browse.Entry) {
	plain, _ := split(of.Fields)
	for _, f := range plain {
		if !slices.Contains([]string{"id", "name", "link", "openRevisionCount"}, f.Name) {
			said := *f
			said.Doc = strings.TrimSpace(e.Doc + " " + f.Doc)
			st.add(columnName(prefix, snake(e.Name)+"_"+snake(f.Name)), dotted(prefix, e.Name)+"."+f.Name, &said, false)
		}
	}
}

// kinds takes the values that only some types of an interface have.
func (st *starter) kinds(node *browse.Entry) {
	if len(node.Possible) > mostKinds {
		st.hint = fmt.Sprintf("Fields of one kind: narrow to it, such as %s.FIELD (civic-etl schema %s).", node.Possible[0], node.Possible[0])
	}
	if len(node.Possible) == 0 || len(node.Possible) > mostKinds {
		return
	}
	common := map[string]bool{}
	for _, e := range node.Fields {
		common[e.Name] = true
	}
	for _, kind := range node.Possible {
		entries, err := browse.Lookup(st.schema, kind)
		if err != nil {
			continue
		}
		own := slices.DeleteFunc(slices.Clone(entries[0].Fields), func(e *browse.Entry) bool { return common[e.Name] })
		plain, related := split(own)
		for _, e := range plain {
			st.plain(kind, e)
		}
		for _, e := range related {
			st.related(kind, e)
		}
	}
}

// add makes a column, under a name that no other has.
func (st *starter) add(name, path string, of *browse.Entry, plain bool) {
	for st.taken[name] {
		name += "_"
	}
	st.taken[name] = true
	st.columns = append(st.columns, starterColumn{name: name, path: path, of: of, plain: plain})
}

func dotted(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

func columnName(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return snake(prefix) + "_" + name
}

// singular is what one of a list is called, as far as English is regular.
func singular(name string) string {
	switch {
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	case strings.HasSuffix(name, "s"):
		return strings.TrimSuffix(name, "s")
	}
	return name
}
