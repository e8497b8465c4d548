package transform

import (
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// TestCompileErrors has one fault of the options each.
func TestCompileErrors(t *testing.T) {
	for want, tables := range map[string][]Table{
		"needs a connection and at least one table":                                  nil,
		"table t: two columns are named a":                                           {{Name: "t", Columns: []Column{num("a", "a"), num("a", "b")}}},
		"table t: column a: type int64 does not go with list: keep of this path":     {{Name: "t", Columns: []Column{num("a", "a[]")}}},
		"table t: column a: type list<string> does not go with list: keep":           {{Name: "t", Columns: []Column{strs("a", "a")}}},
		"table t: column a: type list<string> does not go with list: join":           {{Name: "t", Columns: []Column{mode(strs("a", "a[]"), schemas.Join, listString)}}},
		"table t: column a: list: join gives text, not a int64":                      {{Name: "t", Columns: []Column{mode(strs("a", "a[]"), schemas.Join, nullInt)}}},
		"table t: column a: a count is an integer, not a string":                     {{Name: "t", Columns: []Column{mode(strs("a", "a[]"), schemas.Count, nullString)}}},
		"table t: column a: bool values cannot become timestamp":                     {{Name: "t", Columns: []Column{col("a", "a", schemas.Type{Kind: schemas.Timestamp}, schemas.Bool)}}},
		"table t: column a: has neither a path nor an expression":                    {{Name: "t", Columns: []Column{num("a", "")}}},
		"table t: column b: response key a is a list in one path and not in another": {{Name: "t", Columns: []Column{strs("a", "a[].n"), str("b", "a.m")}}},
		"path a ends at an object: name one of its fields":                           {{Name: "t", Columns: []Column{str("a", "a"), str("b", "a.m")}}},
		"table t: rows: the path goes through no list":                               {{Name: "t", Rows: keys("a"), Columns: []Column{num("id", "id")}}},
		"table t: column a: must be nullable, as the table keeps records without":    {{Name: "t", Outer: true, Rows: keys("l[]"), Columns: []Column{col("a", "l[].a", schemas.Type{Kind: schemas.String}, schemas.String)}}},
		"table t: column a: expr: 1:1: unknown name b":                               {{Name: "t", Columns: []Column{calc("a", "b", nullInt), calc("b", "1", nullInt)}}},
		"table t: filter: 1:1: a filter must be true or false, this one gives int64": {{Name: "t", Columns: []Column{num("a", "a")}, Filter: "a"}},
	} {
		_, err := Compile(Options{Connection: "things", Tables: tables})
		if err == nil || !strings.HasPrefix(err.Error(), want) && !strings.HasPrefix(err.Error(), "a decoder "+want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}
