package transform

import (
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

func TestFlatten(t *testing.T) {
	required := schemas.Type{Kind: schemas.String}
	count := schemas.Type{Kind: schemas.Int64, Nullable: true}
	for _, c := range []struct {
		name    string
		table   Table
		records []string
		want    []string
	}{
		{"scalars", Table{Columns: []Column{
			num("id", "id"), str("s", "s"), col("f", "f", nullFloat, schemas.Float64), col("b", "b", nullBool, schemas.Bool),
		}}, []string{
			`{"id":1,"s":"x","f":1.5,"b":true}`,
			`{"b":false,"f":-2e3,"s":"","id":-9007199254740993}`,
			`{"id":null,"s":null,"f":null,"b":null}`,
			`{}`,
		}, []string{`[1,"x",1.5,true]`, `[-9007199254740993,"",-2000,false]`, `[null,null,null,null]`, `[null,null,null,null]`}},
		{"nested objects", Table{Columns: []Column{str("a", "o.p.a"), str("b", "o.b"), str("c", "c")}}, []string{
			`{"o":{"p":{"a":"1"},"b":"2"},"c":"3"}`,
			`{"c":"3","o":{"b":"2","p":null}}`,
			`{"c":"3","o":null}`,
			`{"o":{},"c":"3"}`,
		}, []string{`["1","2","3"]`, `[null,"2","3"]`, `[null,null,"3"]`, `[null,null,"3"]`}},
		{"unknown keys are skipped", Table{Columns: []Column{str("a", "a"), str("b", "b")}}, []string{
			`{"x":{"a":"no","y":[{"a":1},[]]},"a":"1","z":[1,2,{"q":"]}"}],"b":"2","w":null}`,
		}, []string{`["1","2"]`}},
		{"escapes", Table{Columns: []Column{str("a", "a"), str("é", "é")}}, []string{
			`{"\u0061":"tab\t\"q\" \\ \/ \b\f\n\r \u00e9\ud83d\ude00\u0000","\u00e9":"ü"}`,
		}, []string{`["tab\t\"q\" \\ / \b\f\n\r é😀\u0000","ü"]`}},
		{"two columns of one value", Table{Columns: []Column{num("id", "id"), col("text", "id", nullString, schemas.Int64)}},
			[]string{`{"id":7}`}, []string{`[7,"7"]`}},
		{"list of objects", Table{Columns: []Column{strs("n", "t[].name")}}, []string{
			`{"t":[{"name":"a"},{"name":"b"}]}`, `{"t":[]}`, `{"t":null}`, `{}`,
			`{"t":[null,{"name":null},{},{"name":"x"}]}`,
		}, []string{`[["a","b"]]`, `[[]]`, `[null]`, `[null]`, `[[null,null,null,"x"]]`}},
		{"list of scalars", Table{Columns: []Column{strs("n", "o.t[]")}}, []string{
			`{"o":{"t":["a",null,""]}}`, `{"o":{"t":[]}}`, `{"o":{"t":null}}`, `{"o":null}`,
		}, []string{`[["a",null,""]]`, `[[]]`, `[null]`, `[null]`}},
		{"lists in lists become one", Table{Columns: []Column{strs("n", "a[].b[].n")}}, []string{
			`{"a":[{"b":[{"n":"1"},{"n":"2"}]},{"b":[]},{"b":null},{},null,{"b":[null,{"n":"3"}]}]}`,
			`{"a":[{"b":null}]}`, `{"a":[]}`, `{"a":null}`,
		}, []string{`[["1","2",null,"3"]]`, `[[]]`, `[[]]`, `[null]`}},
		{"objects between list and value", Table{Columns: []Column{strs("n", "a[].o.n")}}, []string{
			`{"a":[{"o":{"n":"1"}},{"o":null},{},{"o":{}}]}`,
		}, []string{`[["1",null,null,null]]`}},
		{"join", Table{Columns: []Column{mode(strs("n", "t[].name"), schemas.Join, nullString)}}, []string{
			`{"t":[{"name":"a"},{"name":null},{"name":""},{"name":"b"}]}`, `{"t":[]}`, `{"t":null}`, `{"t":[null]}`, `{"t":[{"name":""},{"name":"x"}]}`,
		}, []string{`["a; ; b"]`, `[""]`, `[null]`, `[""]`, `["; x"]`}},
		{"join of inner lists", Table{Columns: []Column{mode(strs("n", "a[].o.b[].n"), schemas.JoinInner, listString)}}, []string{
			`{"a":[{"o":{"b":[{"n":"1"},{"n":null},null,{"n":"2"}]}},{"o":{"b":[]}},{"o":{"b":null}},{"o":{}},{"o":null},{},null]}`,
			`{"a":[]}`, `{"a":null}`,
		}, []string{`[["1; 2","",null,null,null,null,null]]`, `[[]]`, `[null]`}},
		{"join of numbers", Table{Columns: []Column{mode(col("n", "n[]", listInt, schemas.Int64), schemas.Join, nullString)}},
			[]string{`{"n":[1,20,-3]}`}, []string{`["1; 20; -3"]`}},
		{"join of minus zero", Table{Columns: []Column{mode(col("n", "n[]", listInt, schemas.Float64), schemas.Join, nullString)}},
			[]string{`{"n":[-0.0,-0.5,-0,0]}`}, []string{`["0.0; -0.5; 0; 0"]`}},
		{"json of minus zero", Table{Columns: []Column{mode(col("n", "n[]", listInt, schemas.Float64), schemas.AsJSON, nullString)}},
			[]string{`{"n":[-0.0,-1.50,-0E2,null]}`}, []string{`["[0.0,-1.50,0E2,null]"]`}},
		{"json", Table{Columns: []Column{mode(strs("n", "t[].name"), schemas.AsJSON, nullString)}}, []string{
			`{"t":[{"name":"a\"b"},null,{"name":"c"}]}`, `{"t":[]}`, `{"t":null}`,
		}, []string{`["[\"a\\\"b\",null,\"c\"]"]`, `["[]"]`, `[null]`}},
		{"first", Table{Columns: []Column{mode(strs("n", "t[].name"), schemas.First, nullString)}}, []string{
			`{"t":[{"name":"a"},{"name":"b"}]}`, `{"t":[]}`, `{"t":null}`, `{"t":[null,{"name":"b"}]}`,
		}, []string{`["a"]`, `[null]`, `[null]`, `[null]`}},
		{"count", Table{Columns: []Column{mode(strs("n", "t[].name"), schemas.Count, count)}}, []string{
			`{"t":[{"name":"a"},null,{"name":7}]}`, `{"t":[]}`, `{"t":null}`,
		}, []string{`[3]`, `[0]`, `[null]`}},
		{"distinct", Table{Columns: []Column{mode(strs("n", "n[]"), schemas.Distinct, listString)}}, []string{
			`{"n":["b","a","b",null,"a",null,""]}`, `{"n":[]}`, `{"n":null}`, `{"n":["x"]}`,
			`{"n":["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","1",null,null,"17"]}`,
		}, []string{`[["b","a",null,""]]`, `[[]]`, `[null]`, `[["x"]]`,
			`[["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16",null,"17"]]`}},
		{"labels", Table{Columns: []Column{label(str("a", "a")), label(strs("l", "l[]")), label(mode(strs("j", "l[]"), schemas.AsJSON, nullString))}}, []string{
			`{"a":"X","l":["X","Y",null]}`,
		}, []string{`["<X>",["<X>","<Y>",null],"[\"<X>\",\"<Y>\",null]"]`}},
		{"json values", Table{Columns: []Column{col("j", "j", schemas.Type{Kind: schemas.JSON, Nullable: true}, schemas.JSON)}}, []string{
			`{"j": { "b" : [ 1 , 2.50 ] , "a" : "x  \" y" } }`, `{"j":null}`, `{"j":"s"}`, `{"j":1}`, `{"j":[]}`,
		}, []string{`["{\"b\":[1,2.50],\"a\":\"x  \\\" y\"}"]`, `[null]`, `["\"s\""]`, `["1"]`, `["[]"]`}},
		{"white space everywhere", Table{Columns: []Column{num("id", "id"), strs("n", "t[].n")}}, []string{
			" {\n\"id\" : 1 ,\t\"t\" : [ { \"n\" : \"a\" } , null ] } ",
		}, []string{`[1,["a",null]]`}},
		{"rows", Table{Rows: keys("t[]"), Columns: []Column{num("id", "id"), str("n", "t[].n"), strs("all", "u[]"), strs("k", "t[].k[]")}}, []string{
			`{"id":1,"t":[{"n":"a","k":["x","y"]},null,{}],"u":["p","q"]}`, `{"id":2,"t":[],"u":[]}`, `{"id":3,"t":null,"u":null}`, `{"u":null,"t":[{"k":[],"n":"z"}],"id":4}`,
		}, []string{`[1,"a",["p","q"],["x","y"]]`, `[1,null,["p","q"],null]`, `[1,null,["p","q"],null]`, `[4,"z",null,[]]`}},
		{"outer rows", Table{Rows: keys("t[]"), Outer: true, Columns: []Column{num("id", "id"), str("n", "t[].n"), strs("k", "t[].k[]")}}, []string{
			`{"id":1,"t":[{"n":"a"}]}`, `{"id":2,"t":[]}`, `{"t":null,"id":3}`, `{"id":4}`,
		}, []string{`[1,"a",null]`, `[2,null,null]`, `[3,null,null]`, `[4,null,null]`}},
		{"rows of scalars", Table{Rows: keys("o.a[]"), Columns: []Column{str("a", "o.a[]"), num("id", "id")}},
			[]string{`{"o":{"a":["x",null,"y"]},"id":1}`}, []string{`["x",1]`, `[null,1]`, `["y",1]`}},
		{"rows through lists", Table{Rows: keys("a[].b[]"), Columns: []Column{
			num("id", "id"), str("x", "a[].x"), str("y", "a[].b[].y"), strs("z", "a[].z[]"), mode(strs("w", "w[]"), schemas.Join, nullString),
		}}, []string{
			`{"id":1,"a":[{"x":"p","b":[{"y":"1"},{"y":"2"}],"z":["m"]},{"b":[{"y":"3"}],"x":"q","z":null},{"x":"none","b":[]}],"w":["u","v"]}`,
		}, []string{`[1,"p","1",["m"],"u; v"]`, `[1,"p","2",["m"],"u; v"]`, `[1,"q","3",null,"u; v"]`}},
		{"rows without columns of theirs", Table{Rows: keys("t[]"), Columns: []Column{num("id", "id")}},
			[]string{`{"id":1,"t":[{"a":1},2,null]}`}, []string{`[1]`, `[1]`, `[1]`}},
		{"rows and not nullable", Table{Columns: []Column{col("a", "a", required, schemas.String)}}, []string{`{"a":"x"}`}, []string{`["x"]`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, results := decode(t, Options{Tables: []Table{c.table}}, page(c.records...))
			if r := results[0]; len(r.Rejects) > 0 || r.Records != len(c.records) || r.TotalCount != len(c.records) || !r.HasNext || r.IDs != nil {
				t.Errorf("result %+v", r)
			}
			diff(t, s.table(0), c.want)
		})
	}
}

func label(c Column) Column {
	c.Label = func(s string) string { return "<" + s + ">" }
	return c
}
