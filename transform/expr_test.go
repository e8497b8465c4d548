package transform

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

var exprColumns = []schemas.Column{
	{Name: "id", Type: schemas.Type{Kind: schemas.Int64}},
	{Name: "rating", Type: schemas.Type{Kind: schemas.Int32, Nullable: true}},
	{Name: "score", Type: schemas.Type{Kind: schemas.Float64}},
	{Name: "name", Type: schemas.Type{Kind: schemas.String}},
	{Name: "level", Type: schemas.Type{Kind: schemas.Enum, Nullable: true}},
	{Name: "flagged", Type: schemas.Type{Kind: schemas.Bool}},
	{Name: "made", Type: schemas.Type{Kind: schemas.Timestamp}},
	{Name: "day", Type: schemas.Type{Kind: schemas.Date, Nullable: true}},
	{Name: "therapies", Type: schemas.Type{Kind: schemas.String, List: true}},
	{Name: "5_prime", Type: schemas.Type{Kind: schemas.String, Nullable: true}},
}

func TestExprType(t *testing.T) {
	for src, want := range map[string]string{
		`"https://civicdb.org/links/evidence_items/" + string(id)`: "string",
		`string(id)`:                          "string",
		`string(rating)`:                      "string, nullable",
		`id + 1`:                              "int64",
		`id / 2`:                              "double",
		`rating`:                              "int64, nullable",
		`rating ?? 0`:                         "int64",
		`rating + 1`:                          "int64, nullable",
		`rating == nil || rating >= 2`:        "bool, nullable",
		`flagged ? name : level`:              "string, nullable",
		`flagged ? name : "x"`:                "string",
		`flagged ? name : nil`:                "string, nullable",
		`made`:                                "timestamp[us, UTC]",
		`made.Year()`:                         "int64",
		`day`:                                 "timestamp[us, UTC], nullable",
		`therapies`:                           "list<string>",
		`therapies[0]`:                        "string, nullable",
		`map(therapies, upper(#))`:            "list<string>",
		`filter(therapies, # startsWith "a")`: "list<string>",
		`split(name, " ")`:                    "list<string>",
		`len(therapies)`:                      "int64",
		`join(therapies, ", ")`:               "string",
		`$env["5_prime"]`:                     "string, nullable",
		`let x = id * 2; x + 1`:               "int64, nullable",
		`first(therapies)`:                    "? 1:1: the type of the expression cannot be told; add type: with one of int32, int64, double, bool, string, timestamp, date, json",
		`nil`:                                 "? 1:1: the type of the expression cannot be told; add type: with one of int32, int64, double, bool, string, timestamp, date, json",
		`{"a": id}`:                           "? 1:1: the type of the expression cannot be told; add type: with one of int32, int64, double, bool, string, timestamp, date, json",
		`idd + 1`:                             "? 1:1: unknown name idd; did you mean id?",
		`id + therapy`:                        "? 1:6: unknown name therapy; did you mean therapies?",
		`uper(name)`:                          "? 1:1: unknown name uper; did you mean upper?",
		`qqqqqqqq`:                            "? 1:1: unknown name qqqqqqqq; an expression sees the columns of its table that stand before it",
		`now()`:                               "? 1:1: unknown name now; now is not available, since the same data must give the same rows",
		`keys({})`:                            "? 1:1: unknown name keys; keys is not available, since the same data must give the same rows",
		`made.Local()`:                        "? 1:6: Local depends on the machine's time zone; the same data must give the same rows on every machine",
		`date(name, "2006", "Asia/Tokyo").Year()`: "? 1:1: date with a time zone depends on the machine's time zones; the same data must give the same rows on every machine",
		`name + 1`:          "? 1:6: invalid operation: + (mismatched types string and int)",
		`"é" + "é" + nname`: "? 1:13: unknown name nname; did you mean name?",
		"id +\n  nope":      "? 2:3: unknown name nope; did you mean name?",
		`id +`:              "? 1:4: unexpected token EOF",
		``:                  "? 1:1: unexpected token EOF",
		`name matches "("`:  "? 1:6: error parsing regexp: missing closing ): `(`",
	} {
		typ, err := ExprType(src, exprColumns)
		got := typ.String()
		if typ.Nullable {
			got += ", nullable"
		}
		if err != nil {
			var fault *ExprError
			if !errors.As(err, &fault) || fault.Offset > len(src) {
				t.Errorf("%s: %#v", src, err)
			}
			got = "? " + err.Error()
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
}

func TestCheckFilter(t *testing.T) {
	for src, want := range map[string]string{
		`rating == nil || rating >= 2`: "",
		`flagged`:                      "",
		`len(therapies) > 0 and name contains "x"`: "",
		`therapies[0] == "x" ? nil : true`:         "",
		`rating`:                                   "1:1: a filter must be true or false, this one gives int64; compare it with something",
		`made`:                                     "1:1: a filter must be true or false, this one gives timestamp; compare it with something",
		`therapies`:                                "1:1: a filter must be true or false, this one gives []interface {}; compare it with something",
		`ratin > 2`:                                "1:1: unknown name ratin; did you mean rating?",
		`rating > "2"`:                             "1:8: invalid operation: > (mismatched types int and string)",
	} {
		got := ""
		if err := CheckFilter(src, exprColumns); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
}

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
		{`newest(made, id)`, ts, `! column x: expr: newest wants moments, not int`},
		{`null + 1`, i64, "null"},
		{`null ?? 5`, i64, `5`},
		{`null`, i64, `null`},
		{`null`, schemas.Type{Kind: schemas.Int64}, `! column x: expr: it gives null where the column may not be null`},
		{`id * 2`, i64, `14`},
		{`id / 2`, f64, `3.5`},
		{`id / 2`, i64, `! column x: expr: 3.5 does not fit int64`},
		{`id / 0`, f64, `! column x: expr: +Inf does not fit double`},
		{`id * 1000000000`, schemas.Type{Kind: schemas.Int32, Nullable: true}, `! column x: expr: 7000000000 does not fit int32`},
		{`id`, f64, `7`},
		{`id`, str, `! column x: expr: 7 does not fit string`},
		{`flag and id > 3`, nullBool, `true`},
		{`id`, nullBool, `! column x: expr: 7 does not fit bool`},
		{`upper(name)`, str, `"NAÏVE"`},
		{`made`, ts, `"2015-06-21T16:05:26.5Z"`},
		{`made + duration("24h")`, ts, `"2015-06-22T16:05:26.5Z"`},
		{`made`, day, `! column x: expr: 2015-06-21 16:05:26.5 +0000 UTC does not fit date`},
		{`day`, day, `"2024-02-29"`},
		{`day + duration("24h")`, day, `"2024-03-01"`},
		{`list`, listString, `["a<",null,"b"]`},
		{`filter(list, # != nil)`, listString, `["a<","b"]`},
		{`map(1..3, # * id)`, listInt, `[7,14,21]`},
		{`split("a b", " ")`, listString, `["a","b"]`},
		{`null`, listInt, `null`},
		{`id`, listInt, `! column x: expr: it gives int, not a list`},
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

func FuzzExpr(f *testing.F) {
	for _, src := range []string{`id + 1`, `map(therapies, #)`, `rating ?? 0`, `made.Year()`, "let x = 1; x", `"`, `$env`, `{"a": [1,2,..`} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		_, err := ExprType(src, exprColumns)
		var fault *ExprError
		if err != nil && (!errors.As(err, &fault) || fault.Offset < 0 || fault.Offset > len(src) || fault.Line < 1 || fault.Column < 1) {
			t.Fatalf("%q: %#v", src, err)
		}
	})
}
