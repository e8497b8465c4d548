package starter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas/browse"
)

// mostKinds is how many types an interface may have for a starter to include the
// fields of single types.
const mostKinds = 6

// chooseColumns chooses the columns: the id, the plain values, then related records.
func (st *starter) chooseColumns() {
	node := st.connection.Of
	plain, related := split(node.Fields)
	for _, name := range []string{"id", "__typename", "name"} {
		i := slices.IndexFunc(plain, func(e *browse.Entry) bool { return e.Name == name })
		switch {
		case i >= 0:
			st.addPlain("", plain[i])
			plain = slices.Delete(plain, i, i+1)
		case name == "__typename" && len(node.Possible) > 0:
			kind := &browse.Entry{Doc: "The kind: " + wording.List(node.Possible, mostKinds) + "."}
			st.add("typename", name, kind, true)
		}
	}
	st.addAll("", plain, related)
	st.addKinds(node)
}

func (st *starter) addAll(prefix string, plain, related []*browse.Entry) {
	for _, e := range plain {
		st.addPlain(prefix, e)
	}
	for _, e := range related {
		st.addRelated(prefix, e)
	}
}

// split separates fields with plain values from those with fields. It drops fields that need an
// argument and deprecated ones.
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

// element is the type of the field, or of its elements.
func element(e *browse.Entry) string {
	return strings.TrimSuffix(strings.TrimPrefix(e.Is, "list<"), ">")
}

func isList(e *browse.Entry) bool { return strings.HasPrefix(e.Is, "list<") }

// composite reports whether a field has fields: its type is neither an enum, whose values are
// known, nor a scalar, whose name is in lower case.
func composite(e *browse.Entry) bool {
	first := element(e)[0]
	return len(e.Values) == 0 && first >= 'A' && first <= 'Z'
}

func (st *starter) addPlain(prefix string, e *browse.Entry) {
	never := prefix == "" && !e.Nullable && !isList(e)
	st.add(joined(snake(prefix), "_", snake(e.Name)), joined(prefix, ".", e.Name), e, never)
}

// addRelated adds the id and the name of a related record.
func (st *starter) addRelated(prefix string, e *browse.Entry) {
	path := joined(prefix, ".", e.Name)
	entries, err := browse.Lookup(st.schema, element(e))
	if e.Paged || err != nil {
		st.skipped = append(st.skipped, path+" (paged)")
		return
	}
	of, before := entries[0], len(st.columns)
	if strings.HasSuffix(of.Name, "Coordinate") && !isList(e) {
		st.addPlace(prefix, e, of)
		return
	}
	name := joined(snake(prefix), "_", snake(e.Name))
	id, typename := name+"_id", name+"_typename"
	if isList(e) {
		id, typename = singular(name)+"_ids", singular(name)+"_typename"
	}
	st.addField(e, of, path, "id", id)
	if len(of.Possible) > 0 && (!isList(e) || len(st.columns) > before) {
		st.add(typename, path+".__typename", &browse.Entry{Doc: e.Doc}, false)
	}
	_ = st.addField(e, of, path, "name", name) || st.addField(e, of, path, "displayName", name) ||
		st.addField(e, of, path, "code", name) || st.addField(e, of, path, "createdAt", name+"_at")
	if len(st.columns) == before {
		st.skipped = append(st.skipped, path)
	}
}

// addField adds a plain field of a related record, unless another column has the name. It reports
// whether the field exists.
func (st *starter) addField(e, of *browse.Entry, path, field, column string) bool {
	i := slices.IndexFunc(of.Fields, func(f *browse.Entry) bool {
		return f.Name == field && !f.Required && f.Deprecated == "" && !f.Paged && !composite(f)
	})
	if i >= 0 && !st.taken[column] {
		st.add(column, path+"."+field, &browse.Entry{Doc: docOf(e, field), Values: of.Fields[i].Values}, false)
	}
	return i >= 0
}

// docOf describes the id, name or time of a related record.
func docOf(e *browse.Entry, field string) string {
	switch {
	case e.Doc == "":
		return ""
	case field == "id" && isList(e):
		return e.Doc + " Their ids."
	case field == "id":
		return e.Doc + " Its id."
	case field == "createdAt":
		return e.Doc + " Its time."
	}
	return e.Doc
}

// addPlace adds the values of coordinates, whose id says little.
func (st *starter) addPlace(prefix string, e, of *browse.Entry) {
	plain, _ := split(of.Fields)
	for _, f := range plain {
		if slices.Contains([]string{"id", "name", "link", "openRevisionCount"}, f.Name) {
			continue
		}
		described := *f
		described.Doc = strings.TrimSpace(e.Doc + " " + f.Doc)
		name := joined(snake(prefix), "_", snake(e.Name)) + "_" + snake(f.Name)
		st.add(name, joined(prefix, ".", e.Name)+"."+f.Name, &described, false)
	}
}

// addKinds adds the values that only some types of an interface have.
func (st *starter) addKinds(node *browse.Entry) {
	if len(node.Possible) > mostKinds {
		st.hint = fmt.Sprintf("Fields of one kind: narrow to it, such as %s.FIELD (civic-etl schema %[1]s).",
			node.Possible[0])
		return
	}
	for _, kind := range node.Possible {
		entries, err := browse.Lookup(st.schema, kind)
		if err != nil {
			continue
		}
		own := slices.DeleteFunc(slices.Clone(entries[0].Fields), func(e *browse.Entry) bool {
			return slices.ContainsFunc(node.Fields, func(common *browse.Entry) bool { return common.Name == e.Name })
		})
		plain, related := split(own)
		st.addAll(kind, plain, related)
	}
}

// add adds a column, under a name that no other has.
func (st *starter) add(name, path string, of *browse.Entry, plain bool) {
	for st.taken[name] {
		name += "_"
	}
	st.taken[name] = true
	st.columns = append(st.columns, column{name: name, path: path, of: of, plain: plain})
}

// joined joins a prefix and a name, if there is a prefix.
func joined(prefix, separator, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + separator + name
}

// singular is the regular English singular of a name.
func singular(name string) string {
	if stem, ok := strings.CutSuffix(name, "ies"); ok {
		return stem + "y"
	}
	return strings.TrimSuffix(name, "s")
}
