package readers

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// This file says, the plainest way there is and without a line of civic-etl's,
// what rows a spec must give for a set of nodes.

// wanted is one table as a test expects it. It restates the spec: a test reads
// the same thing said twice, once in YAML and once here.
type wanted struct {
	table   string
	rows    string   // the path whose elements are the rows; empty: one a record
	outer   bool     // records without an element keep one row
	parted  []string // the partition columns
	shuffle bool     // the API gives the records in an order that is not the key's
	columns []wantedColumn
	keep    func(row object) bool // the filter, on the row's values; nil keeps all
}

// wantedColumn is one column: its name, DuckDB's name of its type, and its
// value. Exactly one of path and expr is set.
type wantedColumn struct {
	name, typ string
	path      string
	mode      mode
	expr      func(row object) any // over the columns before it
}

// mode makes of what lies at a path what the column holds. list says whether
// the path leads through a list.
type mode func(v any, list bool) any

func col(name, typ, path string) wantedColumn {
	return wantedColumn{name: name, typ: typ, path: path, mode: keep}
}

func (c wantedColumn) as(m mode) wantedColumn { c.mode = m; return c }

func computed(name, typ string, expr func(row object) any) wantedColumn {
	return wantedColumn{name: name, typ: typ, expr: expr}
}

func keep(v any, _ bool) any { return v }

func count(v any, _ bool) any {
	if v == nil {
		return nil
	}
	return len(v.([]any))
}

func first(v any, _ bool) any {
	if list, _ := v.([]any); len(list) > 0 {
		return list[0]
	}
	return nil
}

func distinct(v any, _ bool) any {
	if v == nil {
		return nil
	}
	out := []any{}
	for _, e := range v.([]any) {
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// opaque is a value of the API's type JSON: no path leads into it, and a list
// in it is no list to the oracle.
type opaque struct{ value any }

// MarshalJSON is the value's own text.
func (o opaque) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }

// asJSON is the compact JSON text of the value, its keys in the order of the
// source: only for values without objects, or with none of more than one key.
func asJSON(v any, _ bool) any {
	if v == nil {
		return nil
	}
	text, err := marshal(v)
	if err != nil {
		panic(err)
	}
	// encoding/json escapes these two for JavaScript's sake; JSON does not ask for it.
	return strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(text)
}

func joined(separator string) mode {
	return func(v any, _ bool) any {
		if v == nil {
			return nil
		}
		var parts []string
		for _, e := range v.([]any) {
			if e != nil {
				parts = append(parts, fmt.Sprint(e))
			}
		}
		return strings.Join(parts, separator)
	}
}

func labelled(v any, _ bool) any {
	switch v := v.(type) {
	case string:
		return label(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = labelled(e, false)
		}
		return out
	}
	return nil
}

// label is what the official files print for the enum codes these tests meet.
func label(code string) string {
	switch code {
	case "SENSITIVITYRESPONSE":
		return "Sensitivity/Response"
	case "NA":
		return "N/A"
	case "PUBMED":
		return "PubMed"
	case "GRCH37", "GRCH38":
		return "GRCh" + code[4:]
	case "ASCO", "ASH", "NCBI36":
		return code
	case "GAIN_OF_FUNCTION":
		return "Gain of Function"
	case "LOSS_OF_FUNCTION":
		return "Loss of Function"
	case "ACCEPTED", "SUBMITTED", "REJECTED":
		return strings.ToLower(code)
	}
	words := strings.Split(strings.ToLower(code), "_")
	for i, w := range words {
		letters := []rune(w)
		letters[0] = unicode.ToUpper(letters[0])
		words[i] = string(letters)
	}
	return strings.Join(words, " ")
}

// expect is the relation that the nodes give, in their order.
func expect(t *testing.T, nodes []object, w wanted) *relation {
	t.Helper()
	lists := map[string]bool{}
	for _, n := range nodes {
		findLists(n, "", lists)
	}
	out := &relation{}
	for _, c := range w.columns {
		out.columns = append(out.columns, column{c.name, c.typ})
	}
	for _, n := range nodes {
		for _, e := range elements(n, w) {
			row := w.row(n, e, lists)
			if w.keep != nil && !w.keep(row) {
				continue
			}
			values := make([]any, len(w.columns))
			for i, c := range w.columns {
				values[i] = row[c.name]
				if values[i] == "" && slices.Contains(w.parted, c.name) {
					values[i] = nil // Hive and Spark: no empty value in a path
				}
			}
			if err := out.add(values); err != nil {
				t.Fatalf("the oracle: %v", err)
			}
		}
	}
	return out
}

// elements are the values a record's rows are made from, one a row.
func elements(node object, w wanted) []any {
	if w.rows == "" {
		return []any{nil}
	}
	at := any(node)
	for _, segment := range strings.Split(w.rows, ".") {
		at = field(at, segment)
	}
	list, _ := at.([]any)
	if len(list) == 0 && w.outer {
		return []any{nil}
	}
	return list
}

func (w wanted) row(node object, element any, lists map[string]bool) object {
	row := object{}
	for _, c := range w.columns {
		if c.expr != nil {
			row[c.name] = c.expr(row)
			continue
		}
		var v any
		prefix := ""
		if rest, under := strings.CutPrefix(c.path, w.rows+"."); under && w.rows != "" {
			prefix = w.rows
			v = walk(element, strings.Split(rest, "."), prefix, lists)
		} else if c.path == w.rows {
			v = element
		} else {
			v = walk(node, strings.Split(c.path, "."), "", lists)
		}
		row[c.name] = c.mode(v, throughList(c.path, prefix, lists))
	}
	return row
}

// walk follows a path. Through lists it gives one flat list: an element that is
// null, or not of the narrowed type, keeps its place as null; an inner list
// that is null adds nothing.
func walk(v any, path []string, at string, lists map[string]bool) any {
	for i, segment := range path {
		if unicode.IsUpper(rune(segment[0])) {
			if is(v, segment) {
				continue
			}
			return nil
		}
		v = field(v, segment)
		at = join(at, segment)
		list, ok := v.([]any)
		if !ok {
			continue
		}
		flat := []any{}
		rest := path[i+1:]
		for _, e := range list {
			below := e
			if len(rest) > 0 {
				below = walk(e, rest, at, lists)
			}
			switch inner, many := below.([]any); {
			case many:
				flat = append(flat, inner...)
			case below != nil || !throughList(join(at, strings.Join(rest, ".")), at, lists):
				flat = append(flat, below)
			}
		}
		return flat
	}
	return v
}

// field is the value of an object's field; a connection is the list of its
// nodes; a null object has nulls.
func field(v any, name string) any {
	o, ok := v.(object)
	if !ok {
		return nil
	}
	if connection, ok := o[name].(object); ok && connection["nodes"] != nil {
		return connection["nodes"]
	}
	return o[name]
}

// is tells whether an object is of a type. One that does not say its type has
// only the fields of that type: a field of another is not there, so null.
func is(v any, typ string) bool {
	o, ok := v.(object)
	name, told := o["__typename"]
	return ok && (!told || name == typ)
}

// findLists notes the path of every list in a node. Without a schema, a path
// leads through a list where any record shows one.
func findLists(v any, at string, lists map[string]bool) {
	switch v := v.(type) {
	case object:
		for name := range v {
			findLists(field(v, name), join(at, name), lists)
		}
	case []any:
		lists[at] = true
		for _, e := range v {
			findLists(e, at, lists)
		}
	}
}

// throughList tells whether a path meets a list after its first part.
func throughList(path, after string, lists map[string]bool) bool {
	at := ""
	for _, segment := range strings.Split(path, ".") {
		if segment == "" || unicode.IsUpper(rune(segment[0])) {
			continue
		}
		at = join(at, segment)
		if len(at) > len(after) && lists[at] {
			return true
		}
	}
	return false
}

func join(at, segment string) string {
	if at == "" {
		return segment
	}
	return at + "." + segment
}

func isNull(v any) bool { return v == nil }

func integer(v any) int64 {
	n, err := v.(json.Number).Int64()
	if err != nil {
		panic(err)
	}
	return n
}
