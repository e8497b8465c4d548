package expression

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/civic-etl/civic-etl/schemas"
)

// logicColumns are all nullable; t, f and u are true, false and null.
var logicColumns = []schemas.Column{
	nullable("t", schemas.Bool), nullable("f", schemas.Bool), nullable("u", schemas.Bool),
	nullable("n", schemas.Int64), nullable("null", schemas.Int64), nullable("least", schemas.Int64), nullable("x", schemas.Float64),
	nullable("s", schemas.String), nullable("none_s", schemas.String),
	nullable("face", schemas.String), nullable("naive", schemas.String),
	nullable("made", schemas.Timestamp), nullable("first_day", schemas.Timestamp), nullable("last_day", schemas.Timestamp),
	listOf("ids", schemas.String), listOf("empty", schemas.String), listOf("no_list", schemas.String),
	listOf("ints", schemas.Int64), listOf("nulls", schemas.Int64),
	{Name: "id", Type: schemas.Type{Kind: schemas.Int64}}, {Name: "label", Type: schemas.Type{Kind: schemas.String}},
	{Name: "tags", Type: schemas.Type{Kind: schemas.String, List: true}},
	{Name: "gaps", Type: schemas.Type{Kind: schemas.Int64, List: true, ElementNullable: true}},
}

func nullable(name string, kind schemas.Kind) schemas.Column {
	return schemas.Column{Name: name, Type: schemas.Type{Kind: kind, Nullable: true}}
}

func listOf(name string, kind schemas.Kind) schemas.Column {
	return schemas.Column{Name: name, Type: schemas.Type{Kind: kind, List: true, Nullable: true, ElementNullable: true}}
}

var logicRow = map[string]any{
	"t": true, "f": false, "n": 7, "x": 1.5, "s": "β-catenin", "face": "😀 ok", "naive": "naïve", "least": math.MinInt64,
	"made":      time.Date(2015, 6, 21, 16, 5, 26, 0, time.UTC),
	"first_day": time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), "last_day": time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC),
	"id": 3, "label": "L", "tags": []any{"x", "y"}, "gaps": []any{nil, 1},
	"ids": []any{"C0", nil}, "empty": []any{}, "ints": []any{3, nil, 1}, "nulls": []any{nil, nil},
}

// TestLogic evaluates each expression over one row. A result is written as JSON, an error begins with "! ".
func TestLogic(t *testing.T) {
	for line := range strings.Lines(logic) {
		src, want, isTest := strings.Cut(strings.TrimSpace(line), " → ")
		if !isTest {
			continue
		}
		for part := range strings.SplitSeq(src, " · ") {
			if got := evaluate(t, strings.TrimSpace(part)); got != want {
				t.Errorf("%s\n got %s\nwant %s", part, got, want)
			}
		}
	}
}

func evaluate(t *testing.T, src string) string {
	t.Helper()
	p, err := Compile(src, logicColumns)
	if err != nil {
		return "? " + err.Error()
	}
	value, err := p.Run(func(i int) any { return logicRow[logicColumns[i].Name] })
	if err != nil {
		return "! " + err.Error()
	}
	if typ, err := TypeOf(src, logicColumns); err == nil && value == nil && !typ.Nullable {
		t.Errorf("%s gives null, and its type is not nullable", src)
	}
	if d, ok := value.(time.Duration); ok {
		return d.String()
	}
	text, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		t.Errorf("%s: %v", src, err)
	}
	return string(text)
}

// logic has one line for expressions that give the same result.
const logic = `
	three-valued logic
	t && t · t || f · f || t · t || u · u || t · not f → true
	f && t · t && f · f && u · u && f · f || f · not t → false
	u && t · t && u · u && u · u || f · f || u · u || u · not u → null
	f && 1 / 0 > 1 → false
	u && 1 / 0 > 1 → ! division by zero
	u ? 1 : 2 · null > 1 ? 1 : 2 · if u { 1 } else { 2 } → 2
	u ?: 3 → 3

	comparisons
	null == 5 · null != 5 · null == null · null < 5 · 5 >= null · n == null · none_s != s → null
	null == nil · nil == none_s · nil == nil · n != nil · u == nil → true
	n == nil · nil != null → false
	n == 7 · n == 7.0 · n != 8 · n < 7.5 · x == 1.5 · made == made · "a" < "b" · "Z" < "a" · "z" < "β" → true
	n == x · made < made · s == face · t == f → false
	ids == ids · [1, nil] == [1, nil] · {"a": 1} == {"a": 1.0} → true
	ids == empty · [1, nil] == [1, 2] → false
	let v = null; v == nil → true
	let v = nil; v == n → null

	in
	null in [5] · null not in [5] · n in [5, nil] · n not in [5, nil] · n in nulls · nil in ids · s in no_list → null
	made > nil → ? 1:6: invalid operation: > (mismatched types timestamp and unknown)
	n in [5] · n not in [7] · null in [] · n in [] · none_s in empty · n in 8..9 · x in 1..2 → false
	n in [5, 7] · n in [nil, 7] · n not in [5] · null not in [] · n in 7..7 · n in 1..9 · "C0" in ids · 7.0 in [7] → true
	n in [1, 2, 3, 4, 5, 6, 7, 8, 9] · s in ["a", "b", "c", "d", "e", "f", "g", "h", "β-catenin"] → true
	n in [1, 2, 3, 4, 5, 6, 8, 9, 10] · "x" in {"a": 1} → false
	null in [1, 2, 3, 4, 5, 6, 7, 8, 9] · null in 1..3 · n in 1..null · none_s in {"a": 1} → null
	"a" in {"a": nil} → true

	text tests
	none_s startsWith "A" · not (none_s startsWith "A") · none_s contains "A" · none_s endsWith "A" → null
	none_s matches "A" · not (none_s matches "A") · none_s not contains "A" · s contains none_s → null
	s startsWith "β" · s endsWith "nin" · s contains "-" · s matches "^.-cat" · s not startsWith "A" → true
	s matches ("(" + "x") → ! matches: (x is not a regular expression
	s matches "(" → ? 1:3: error parsing regexp: missing closing ): ` + "`(`" + `

	defaults and chains
	null ?? 5 → 5
	(null + 1) ?? 0 → 0
	(null > 2) ?? false → false
	no_list?.[0] · get(no_list, 0) · get(ids, 5) · get(ids, 1) · {"a": 1}.b · {"a": nil}?.a?.b · no_list[0] · ids[null] → null

	lists with nulls
	filter(ids, # == "C0") → ["C0"]
	filter(ids, # != "C0") · filter(ids, # != "x" && # != "C0") → []
	filter(ids, # == nil) → [null]
	filter(no_list, # != "x") · map(no_list, #) · any(no_list, # == "x") · all(no_list, # == "x") · count(no_list, # == "x") → null
	none(no_list, # == "x") · one(no_list, # == "x") · find(no_list, # == "x") · findIndex(no_list, # == "x") · sum(no_list, 1) → null
	join(no_list, ",") · len(no_list) · reverse(no_list) · first(no_list) · last(no_list) · uniq(no_list) · sort(no_list) → null
	concat(ids, no_list) · flatten(no_list) · take(no_list, 1) · reduce(no_list, #acc, 0) · sortBy(no_list, #) · groupBy(no_list, #) → null
	no_list[1:] · count(no_list) · no_list == ids → null
	map(ids, # + "x") → ["C0x",null]
	map(ids, upper(#)) → ["C0",null]
	join(ids, ", ") → "C0"
	join(nulls, ", ") · join(empty) → ""
	any(ids, # == "C0") · any(ids, # == nil) · all(empty, # == "x") · none(empty, # == "x") · one(ints, # == nil) → true
	any(ids, # == "x") · all(ids, # == "C0") · none(ids, # == "x") · one(ids, # == "C0") · one(nulls, # == 1) → null
	any(empty, # == "x") · all(ids, # == "x") · none(ids, # == "C0") · one(empty, # == "x") · any(ids, # != nil && # == "y") → false
	one([1, 1, nil], # == 1) → false
	count(ids, # == "C0") · count([true, nil, false]) · findIndex([nil, 2], # == 2) · findLastIndex([2, 2], # == 2) → 1
	count(nulls, # == 1) · count(empty, true) → 0
	find(ids, # == "C0") → "C0"
	find(ids, # == "x") · findIndex(ids, # == "x") · findLast(ids, # == "x") · first(empty) · last(ids) → null
	findLast([1, 2, 3], # < 3) → 2
	len(ids) → 2
	sum(ints) · sum(ints, #) → 4
	max(ints) · max(ints, 2) · max(3, null) → 3
	min(ints) · min(ints, 2, null) → 1
	mean(ints) · median(ints) · mean(2, null) → 2
	median(1, 2, 4, 8) → 3
	sum(empty, 1) · sum(nulls) · max(nulls) · min(empty) · mean(nulls) · median(nulls) · max(null, null) → null
	mean(1, 2) · max(1, x) · ::mean(1, 2) → 1.5
	max(made, first_day) == made · max(s, "a") == s · min(null, n) == 7 → true
	max(["a", "β"]) → "β"
	sort(ints) → [1,3,null]
	sort(ints, "desc") → [3,1,null]
	sortBy(ints, -#) → [3,1,null]
	sortBy([{"a": 2, "b": "x"}, {"a": 1, "b": "y"}], .a, "desc") → [{"a":2,"b":"x"},{"a":1,"b":"y"}]
	reverse(ints) → [1,null,3]
	uniq([1, nil, 1.0, nil, "1"]) → [1,null,"1"]
	concat(ints, ids) → [3,null,1,"C0",null]
	flatten([[1, nil], [], [[2]]]) → [1,null,2]
	reduce(ints, (# ?? 0) + #acc, 0) · reduce([1, 3], # + #acc) → 4
	reduce(ints, # + #acc) · reduce(empty, #acc) → null
	groupBy(ids, #) → {"C0":["C0"]}
	map(1..3, {#index}) → [0,1,2]
	map(1..2, map(3..4, # * 2)) → [[6,8],[6,8]]
	map(filter(ids, # != nil), let v = #; any(ids, # == v)) → [true]
	take(ints, 2) → [3,null]
	ints[-1] → 1
	ints[5] → ! index out of range: 5 (array length is 3)
	fromPairs([["a", 1]]) → {"a":1}
	null in ints ? 1 : 2 → 2

	characters
	s[:len(s)-1] → "β-cateni"
	naive[:len(naive)-1] → "naïv"
	face[:len(face)-1] → "😀 o"
	face[0:1] · face[-4:1] → "😀"
	face[2:] · face[-2:] → "ok"
	face[1:2] · face[-3:-2] → " "
	s[5:2] · s[99:] · face[4:] → ""
	s[:null] · s[null:] · none_s[1:] → null
	indexOf(face, "ok") · lastIndexOf(naive, "ï") · indexOf(naive, "ï") · indexOf(s, "c") → 2
	indexOf(s, "z") → -1
	len(face) → 4
	upper(naive) → "NAÏVE"
	split(face, "") → ["😀"," ","o","k"]
	trim(s, "βn") → "-cateni"
	replace(naive, "ï", "i") → "naive"
	first([s])[0] → "β"
	fromBase64("w68=") → "ï"
	fromBase64("/w==") → ! fromBase64: the result is not UTF-8
	fromBase64("*") → ! fromBase64: * is not Base64
	"\xe9" → "é"
	b"a" → ? 1:1: bytes are not available; write a text
	fromJSON("{\"a\": 1}").a → 1
	fromJSON("\"\\ud800\"") → ! fromJSON: "\ud800" is not JSON
	fromJSON("{") → ! fromJSON: { is not JSON
	toJSON({"b": 1, "a": "<"}) → "{\n  \"a\": \"<\",\n  \"b\": 1\n}"

	numbers that do not fit
	9223372036854775807 + n → ! 9223372036854775807 + 7 does not fit int64
	n + 9223372036854775807 → ! 7 + 9223372036854775807 does not fit int64
	least - 1 → ! -9223372036854775808 - 1 does not fit int64
	n - least → ! 7 - -9223372036854775808 does not fit int64
	least * -1 → ! -9223372036854775808 * -1 does not fit int64
	4611686018427387904 * 2 → ! 4611686018427387904 * 2 does not fit int64
	-least → ! -(-9223372036854775808) does not fit int64
	abs(least) → ! -(-9223372036854775808) does not fit int64
	sum([9223372036854775807, n]) → ! 9223372036854775807 + 7 does not fit int64
	int(1e308) → ! int: 1e+308 does not fit int64
	int(9223372036854775807.0) → ! int: 9.223372036854776e+18 does not fit int64
	1e308 * 10 → ! 1e+308 * 10 does not fit double
	10 ** 400 → ! 10 ** 400 does not fit double
	0.0 ** -1 → ! 0 ** -1 does not fit double
	n / 0 · n % 0 · 0 / 0 → ! division by zero
	least + 1 - 1 · least · least / 1 == least ? least : 0 → -9223372036854775808
	least % -1 → 0
	-(x - x) · -0.0 · 0 * -x · round(-0.4) · ceil(-0.4) · float("-0") · 0.0 / -x · fromJSON("[-0.0]")[0] → 0
	string(-0.0) · string(float("-0.0")) · toJSON(-0.0) · string(fromJSON("-0")) → "0"
	string([-0.0, {"a": -(x - x)}]) → "[0,{\"a\":0}]"
	string(fromJSON("{\"a\": [-0, null, -0.5, true, \"-0\"]}")) → "{\"a\":[0,null,-0.5,true,\"-0\"]}"
	fromJSON("1e999") → ! fromJSON: 1e999 is not JSON
	bitshl(n, 2) → 28
	bitshl(-1, 63) → -9223372036854775808
	bitshl(0, 99) → 0
	bitshl(1, 63) → ! bitshl: 1 shifted by 63 bits does not fit int64
	bitshl(n, 64) → ! bitshl: 7 shifted by 64 bits does not fit int64
	-4611686018427387904 * 2 → -9223372036854775808
	int("12") → 12
	int("x") → ! int: x is not an integer of 64 bits
	float("inf") → ! float: inf is not a number that fits double
	int(null) · float(null) · string(null) · abs(null) · null + 1 · -null · null / 0 · round(null) · null ** 2 → null
	int(2.9) → 2
	n / 2 → 3.5
	n % 4 → 3

	time
	last_day - first_day → ! 9999-12-31T00:00:00Z - 0001-01-01T00:00:00Z does not fit a duration, which has at most 292 years
	made.Sub(first_day) → ! 2015-06-21T16:05:26Z - 0001-01-01T00:00:00Z does not fit a duration, which has at most 292 years
	duration("2562047h") + duration("2562047h") → ! 2562047h0m0s + 2562047h0m0s does not fit a duration, which has at most 292 years
	duration("2562047h") * 2 → ! 2562047h0m0s * 2 does not fit a duration, which has at most 292 years
	1.5 * duration("2562047h") → ! 2562047h0m0s * 1.5 does not fit a duration, which has at most 292 years
	duration("3000000h") → ! duration: 3000000h is not a duration, such as 36h or 1m30s, of at most 292 years
	last_day + duration("24h") · first_day - duration("1s") · last_day.AddDate(0, 0, 1) → ! the result is a timestamp outside the years 1 to 9999
	made.AddDate(9223372036854775807, 0, 0) · made.Add(duration("2000000h")).Add(duration("2560000h")).AddDate(9000, 0, 0) → ! the result is a timestamp outside the years 1 to 9999
	duration("49h").Round(duration("24h")) → 48h0m0s
	duration("2562047h47m").Round(duration("48h")) · duration("-2562047h47m").Round(duration("48h")) → ! the result does not fit a duration, which has at most 292 years
	max(id, made.Unix()) → 1434902726
	max(made.Month(), 7) → 7
	last_day.UnixNano() → ! the nanoseconds since 1970 do not fit int64
	made - date("2015-06-20") → 40h5m26s
	(made - date("2015-06-20")).Hours() > 40 · made > date("2015-06-20") · int(made.Month()) == 6 · int(made.Weekday()) == 0 → true
	int(made.Month()) + 1 · first([made.Month()]) + 1 → 7
	string(made.Month()) → "June"
	made.Format("2006-01") → "2015-06"
	(nil ?? made)?.Year() → 2015
	date("9999-12-31T23:59:59-01:00").UTC() → ! 9999-12-31T23:59:59-01:00 is outside the years 1 to 9999 in UTC
	date("0001-01-01T00:00:00+01:00") → ! 0001-01-01T00:00:00+01:00 is outside the years 1 to 9999 in UTC
	string(date("0000-01-01")) → ! 0000-01-01 is outside the years 1 to 9999 in UTC
	date("10:30:00").Hour() · date("10h", "15h").Hour() → 10
	date("x") → ! date: x is not a date
	date("2015-06-21 10:00 PST", "2006-01-02 15:04 MST").Hour() → 10
	made.Year → ? 1:6: Year is a method; write Year()
	9223372036854775808 → ? 1:19: invalid integer literal: "9223372036854775808": value out of range
	made.Local() → ? 1:6: Local depends on the machine's time zone; the same data must give the same rows on every machine
	made.In(made.Location()) → ? 1:6: method In is not available

	wrong kinds, which the type checker does not see
	first([s]) + first([n]) → ! cannot compute a text + a number
	first([s]) < first([n]) → ! cannot compare a text with a number
	first([s]) && t → ! want true or false, found a text
	first([s]) ? 1 : 2 → ! want true or false, found a text
	-first([s]) → ! want a number, found a text
	upper(first([n, s])) → ! upper wants a text, not a number
	upper(first([ids])) → ! upper wants a text, not a list
	filter(first([n, ids]), true) → ! filter wants a list, not a number
	filter(ints, # + 1) → ? 1:14: predicate should return boolean (got int)
	join(ints, ",") → ! join wants a list of texts, an element is a number
	first([s, n]).Year() → ! a text has no method Year
	first([made, n]).Format() → ! Format wants a text, and an argument is missing
	first([n, s]).name → ! a number has no name
	newest(s) → ! newest wants timestamps, not a text
	s + 1 → ? 1:3: invalid operation: + (mismatched types string and int)
	ids + 1 → ? 1:5: invalid operation: + (mismatched types list and int)
	made + 1 → ? 1:6: invalid operation: + (mismatched types timestamp and int)

	memory
	repeat("x", 999999999) · len(1..9999999) · reduce(1..100, #acc + #acc, "xx") · replace(repeat("x", 1000000), "x", "12345678901234567890123456789012345678901234567890123456789012345") → ! memory budget exceeded
	map(1..2000, map(1..2000, #)) · 1..9223372036854775807 · least..n · reduce(1..100, concat(#acc, #acc), [1, 2]) → ! memory budget exceeded
	len(repeat("😀", 1000)) → 1000
`

// goWords must not stand in a message for users.
var goWords = []string{"reflect", "interface", "panic", "runtime", "nil pointer", "goroutine", "time.Time", "[]any", "map[", "%!", "strconv"}

// FuzzExpr compiles any text and runs it over a row. A fault has its place; a message has no words of Go; a result
// that cannot be null is not null.
func FuzzExpr(f *testing.F) {
	for _, src := range []string{`id + 1`, `map(tags, # + label)`, `any(gaps, # > id)`, `count(tags, # == label)`, `sum(gaps)`, `id in gaps`,
		`filter(gaps, # == id)[0:id]`, `let v = gaps; map(v, # ?? id)`, `map(therapies, #)`, `rating ?? 0`, `made.Year()`, "let x = 1; x", `"`, `$env`, `{"a": [1,2,..`} {
		f.Add(src)
	}
	for line := range strings.Lines(logic) {
		if src, _, isTest := strings.Cut(strings.TrimSpace(line), " → "); isTest {
			for part := range strings.SplitSeq(src, " · ") {
				f.Add(part)
			}
		}
	}
	f.Fuzz(func(t *testing.T, src string) {
		typ, err := TypeOf(src, logicColumns)
		var fault *Error
		if err != nil && (!errors.As(err, &fault) || fault.Offset < 0 || fault.Offset > len(src) || fault.Line < 1 || fault.Column < 1) {
			t.Fatalf("%q: %#v", src, err)
		}
		typed := err == nil
		p, err := Compile(src, logicColumns)
		if err != nil {
			return
		}
		notNull := map[string]any{"id": 1, "label": "", "tags": []any{}, "gaps": []any{}}
		for _, row := range []map[string]any{logicRow, notNull} {
			value, err := p.Run(func(i int) any { return row[logicColumns[i].Name] })
			if err == nil && value == nil && typed && !typ.Nullable {
				t.Fatalf("%q gives null, its type is %s", src, typ)
			}
			for _, word := range goWords {
				if err != nil && strings.Contains(err.Error(), word) && !strings.Contains(src, word) {
					t.Fatalf("%q: %v", src, err)
				}
			}
		}
	})
}

func ExampleProgram_Run() {
	p, err := Compile(`rating > 3 || level == "A"`, exprColumns)
	if err != nil {
		panic(err)
	}
	for _, row := range []map[string]any{{"rating": 5}, {"rating": 2}, {"level": "A"}, {"rating": 2, "level": "B"}} {
		result, err := p.Run(func(i int) any { return row[exprColumns[i].Name] })
		fmt.Println(result, err)
	}
	// Output:
	// true <nil>
	// <nil> <nil>
	// true <nil>
	// false <nil>
}
