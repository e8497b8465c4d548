package transform

import (
	"fmt"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// TestExpressions computes one column of a record, or says why it is rejected.
func TestExpressions(t *testing.T) {
	str, i64, f64 := nullString, nullInt, nullFloat
	ts, day := schemas.Type{Kind: schemas.Timestamp, Nullable: true}, schemas.Type{Kind: schemas.Date, Nullable: true}
	for _, c := range []struct {
		src  string
		typ  schemas.Type
		want string
	}{
		{`"https://x.org/" + string(id)`, str, `"https://x.org/7"`},
		{`string(null)`, str, `null`},
		{`string(score)`, str, `"1.5"`},
		{`string(flag)`, str, `"true"`},
		{`string(made)`, str, `"2015-06-21T16:05:26.5Z"`},
		{`string(list)`, str, `"[\"a<\",null,\"b\"]"`},
		{`"a" + string(null)`, str, `null`},
		{`newest(null, made, date("2015-06-22")).Format("2006-01-02")`, str, `"2015-06-22"`},
		{`newest(made, null)`, ts, `"2015-06-21T16:05:26.5Z"`},
		{`newest(null, null)`, ts, `null`},
		{`null + 1`, i64, "null"},
		{`null ?? 5`, i64, `5`},
		{`null`, i64, `null`},
		{`null`, schemas.Type{Kind: schemas.Int64}, `! column x: expr: it gives null where the column may not be null`},
		{`id * 2`, i64, `14`},
		{`id / 2`, f64, `3.5`},
		{`id / 2`, i64, `! column x: expr: 3.5 does not fit int64`},
		{`id / 0`, f64, `! column x: expr: division by zero`},
		{`id * 1000000000`, schemas.Type{Kind: schemas.Int32, Nullable: true}, `! column x: expr: 7000000000 does not fit int32`},
		{`id`, f64, `7`},
		{`id`, str, `! column x: expr: 7 does not fit string`},
		{`flag and id > 3`, nullBool, `true`},
		{`id`, nullBool, `! column x: expr: 7 does not fit bool`},
		{`upper(name)`, str, `"NAÏVE"`},
		{`made`, ts, `"2015-06-21T16:05:26.5Z"`},
		{`made + duration("24h")`, ts, `"2015-06-22T16:05:26.5Z"`},
		{`made`, day, `"2015-06-21"`},
		{`made - duration("500000h")`, day, `"1958-06-07"`},
		{`newest(made, id)`, ts, `! column x: expr: newest wants timestamps, not a number`},
		{`date("0001-01-01") - duration("1ns")`, ts, `! column x: expr: the result is a timestamp outside the years 1 to 9999`},
		{`date("9999-12-31T23:59:59-01:00")`, ts, `! column x: expr: 9999-12-31T23:59:59-01:00 is outside the years 1 to 9999 in UTC`},
		{`date("15:04:05")`, day, `! column x: expr: 0000-01-01T15:04:05Z is outside the years 1 to 9999 in UTC`},
		{`made + duration("1ns")`, ts, `! column x: expr: 2015-06-21T16:05:26.500000001Z does not fit timestamp`},
		{`int(null)`, i64, `null`},
		{`9223372036854775807 + id`, i64, `! column x: expr: 9223372036854775807 + 7 does not fit int64`},
		{`int(1e308)`, i64, `! column x: expr: int: 1e+308 does not fit int64`},
		{`abs(-9223372036854775807 - 1)`, i64, `! column x: expr: -(-9223372036854775808) does not fit int64`},
		{`name[:len(name)-1]`, str, `"naïv"`},
		{`indexOf(name, "v")`, i64, `3`},
		{`fromBase64("/w==")`, str, `! column x: expr: fromBase64: the result is not UTF-8`},
		{`filter(list, # == "a<")`, listString, `["a<"]`},
		{`{"a": fromBase64("w68=")}`, schemas.Type{Kind: schemas.JSON}, `"{\"a\":\"ï\"}"`},
		{`groupBy(list, #)`, schemas.Type{Kind: schemas.JSON}, `"{\"a<\":[\"a<\"],\"b\":[\"b\"]}"`},
		{`{"a": made - made}`, schemas.Type{Kind: schemas.JSON}, `! column x: expr: a value that JSON cannot hold does not fit json`},
		{`{"a": [1]}`, str, `! column x: expr: {"a":[1]} does not fit string`},
		{`groupBy(1..3, # % 2)`, schemas.Type{Kind: schemas.JSON}, `"{\"0\":[2],\"1\":[1,3]}"`},
		{`day`, day, `"2024-02-29"`},
		{`day + duration("24h")`, day, `"2024-03-01"`},
		{`list`, listString, `["a<",null,"b"]`},
		{`filter(list, # != nil)`, listString, `["a<","b"]`},
		{`map(1..3, # * id)`, listInt, `[7,14,21]`},
		{`split("a b", " ")`, listString, `["a","b"]`},
		{`null`, listInt, `null`},
		{`id`, listInt, `! column x: expr: it gives 7, not a list`},
		{`list`, listInt, `! column x: expr: a< does not fit int64`},
		{`list`, schemas.Type{Kind: schemas.String, List: true}, `! column x: expr: it gives null where the list's elements may not be null`},
		{`{"b": id, "a": name}`, schemas.Type{Kind: schemas.JSON}, `"{\"a\":\"naïve\",\"b\":7}"`},
		{`list[5]`, str, "! column x: expr: index out of range: 5 (array length is 3)"},
		{`toJSON(id)`, str, `"7"`},
		{`repeat(name, 999999999)`, str, `! column x: expr: memory budget exceeded`},
		{`len(1..9999999)`, i64, `! column x: expr: memory budget exceeded`},
	} {
		columns := []Column{
			num("id", "id"), col("score", "score", nullFloat, schemas.Float64), col("flag", "flag", nullBool, schemas.Bool), {Name: "name", Keys: keys("name"), Type: nullString, Wire: schemas.String},
			col("made", "made", ts, schemas.Timestamp), col("day", "day", day, schemas.Date), strs("list", "list[]"), num("null", "null"), calc("x", c.src, c.typ),
		}
		s, r := decode(t, Options{Tables: []Table{{Name: "t", Columns: columns}}}, page(
			`{"id":7,"score":1.5,"flag":true,"name":"naïve","made":"2015-06-21T16:05:26.5Z","day":"2024-02-29","list":["a<",null,"b"],"null":null}`))
		got := ""
		if rows := s.table(0); len(rows) == 1 {
			_, got, _ = strings.Cut(strings.TrimSuffix(rows[0], "]"), `,null,`)
			if i := strings.Index(rows[0], `"b"],null,`); i > 0 {
				got = strings.TrimSuffix(rows[0][i+len(`"b"],null,`):], "]")
			}
		} else if len(r[0].Rejects) == 1 {
			got = "! " + r[0].Rejects[0].Reason
			if r[0].Rejects[0].Table != "t" || r[0].Rejects[0].Path != "" {
				t.Errorf("%s: %+v", c.src, r[0].Rejects[0])
			}
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.src, got, c.want)
		}
	}
}

func TestFilters(t *testing.T) {
	boolean := schemas.Type{Kind: schemas.Bool, Nullable: true}
	columns := []Column{
		num("id", "id"), num("rating", "rating"), calc("half", "rating / 2", nullFloat), calc("good", "rating >= 3", boolean), calc("label", `good ? "good" : "bad"`, nullString),
	}
	rows := []Column{num("id", "id"), str("n", "t[].n"), strs("l", "l[]"), calc("up", "upper(n)", schemas.Type{Kind: schemas.String})}
	s, r := decode(t, Options{ID: keys("id"), Tables: []Table{
		{Name: "a", Columns: columns, Filter: `rating != nil && rating > 1`},
		{Name: "b", Columns: columns[:2], Filter: `rating == nil ? nil : true`},
		{Name: "c", Rows: keys("t[]"), Columns: rows, Filter: `n != nil && n != "drop"`},
		{Name: "d", Columns: append(columns[:2:2], calc("good", "rating == nil || rating >= 3", boolean), calc("other", "rating + 1", nullInt)), Filter: `good and rating != nil`},
	}}, page(
		`{"id":1,"rating":5,"t":[{"n":"x"},{"n":"drop"},{"n":null},{"n":"y"}],"l":["p","q"]}`,
		`{"id":2,"rating":1,"t":[{"n":"drop"}],"l":null}`,
		`{"id":3,"rating":null,"t":[{"n":"z"}],"l":[]}`,
		`{"id":4,"rating":2,"t":[],"l":[]}`,
	))
	diff(t, s.table(0), []string{`[1,5,2.5,true,"good"]`, `[4,2,1,false,"bad"]`})
	diff(t, s.table(1), []string{`[1,5]`, `[2,1]`, `[4,2]`})
	diff(t, s.table(2), []string{`[1,"x",["p","q"],"X"]`, `[1,"y",["p","q"],"Y"]`, `[3,"z",[],"Z"]`})
	diff(t, s.table(3), []string{`[1,5,true,6]`})
	if r[0].Filtered != 2+1+3+3 || len(r[0].Rejects) != 0 || fmt.Sprint(r[0].IDs) != "[1 2 3 4]" {
		t.Errorf("%+v", r[0])
	}
}

// TestRejectInExpression rolls the record back from the tables before and behind, and from a filter's count.
func TestRejectInExpression(t *testing.T) {
	s, r := decode(t, Options{Tables: []Table{
		{Name: "a", Columns: []Column{num("id", "id")}, Filter: "id != 2"},
		{Name: "b", Columns: []Column{num("id", "id"), calc("x", "100 / (id - 2)", nullFloat)}},
		{Name: "c", Columns: []Column{num("id", "id")}, Filter: "id / (id - 2) > 0 || id == 1"},
	}}, page(`{"id":1}`, `{"id":2}`, `{"id":3}`))
	diff(t, s.table(0), []string{`[1]`, `[3]`})
	diff(t, s.table(1), []string{`[1,-100]`, `[3,100]`})
	diff(t, s.table(2), []string{`[1]`, `[3]`})
	if len(r[0].Rejects) != 1 || r[0].Filtered != 0 || r[0].Rejects[0].Table != "b" {
		t.Errorf("%+v", r[0])
	}
}

// TestHGVSFunctions runs them as a spec does, nulls among the arguments.
func TestHGVSFunctions(t *testing.T) {
	o := Options{Tables: []Table{{Name: "t", Columns: []Column{
		strs("all", "h[]"), hidden(str("one", "one")),
		calc("found", `genomic_hgvs(all, "GRCh38")`, nullString), calc("chromosome", "hgvs_chromosome(found)", nullString),
		calc("start", "hgvs_start(found)", nullInt), calc("stop", "hgvs_stop(found)", nullInt),
		calc("reference", "hgvs_reference_bases(found)", nullString), calc("variant", "hgvs_variant_bases(found)", nullString),
		calc("accession", "hgvs_accession(one)", nullString), calc("type", "hgvs_type(one)", nullString), calc("build", "hgvs_build(one)", nullString),
	}}}}
	got, _ := decode(t, o, page(
		`{"h":["NC_000007.14:g.140753336A>T"],"one":"NM_004333.4:c.1799T>A"}`,
		`{"h":["NC_000007.14:g.1_2del",null],"one":"NC_000007.13:g.140453136A>T"}`,
		`{"h":null,"one":"NG_007873.3(NM_004333.4):c.1799T>A"}`, `{"h":[],"one":"p.V600E"}`, `{"h":[""],"one":null}`))
	diff(t, got.table(0), []string{
		`[["NC_000007.14:g.140753336A>T"],"NC_000007.14:g.140753336A>T","7",140753336,140753336,"A","T","NM_004333.4","c",null]`,
		`[["NC_000007.14:g.1_2del",null],"NC_000007.14:g.1_2del","7",1,2,null,null,"NC_000007.13","g","GRCh37"]`,
		`[null,null,null,null,null,null,null,"NG_007873.3","c",null]`,
		`[[],null,null,null,null,null,null,null,null,null]`,
		`[[""],null,null,null,null,null,null,null,null,null]`,
	})
}

// TestProfileColumns runs the functions as a spec does: over segments of every row, the whole
// list beside the segment.
func TestProfileColumns(t *testing.T) {
	texts, ids := whole(strs("texts", "p[].text")), whole(col("ids", "p[].v_id", listInt, schemas.Int64))
	o := Options{Tables: []Table{{Name: "t", Rows: keys("p[]"), Columns: []Column{
		hidden(nth("at", "p[]")), num("id", "p[].v_id"), hidden(texts), hidden(ids),
		calc("negated", "profile_negated(texts, ids, at)", nullBool),
		calc("fault", "profile_fault(texts, ids)", nullString),
	}, Filter: "id != nil"}}}
	got, _ := decode(t, o,
		page(`{"p":[{"f":1},{"v_id":7},{"text":"AND NOT"},{"f":2},{"v_id":8}]}`, `{"p":[{"v_id":9},{"v_id":9}]}`, `{"p":null}`))
	diff(t, got.table(0), []string{`[7,false,null]`, `[8,true,null]`,
		`[9,null,"want AND, OR or the end, found a variant"]`, `[9,null,"want AND, OR or the end, found a variant"]`})
}
