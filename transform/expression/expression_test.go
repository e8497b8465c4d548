package expression

import (
	"errors"
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

func TestTypeOf(t *testing.T) {
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
		`therapies`:                           "list<string>",
		`therapies[0]`:                        "string, nullable",
		`map(therapies, upper(#))`:            "list<string>",
		`filter(therapies, # startsWith "a")`: "list<string>",
		`split(name, " ")`:                    "list<string>",
		`uniq(filter(concat(therapies, split(name, " ")), # != nil))`: "list<string>",
		`concat(therapies, [id])`:                                     "? 1:1: the type of the expression cannot be told; add type: with one of int32, int64, double, bool, string, timestamp, date, json",
		`len(therapies)`:                                              "int64",
		`join(therapies, ", ")`:                                       "string",
		`$env["5_prime"]`:                                             "string, nullable",
		`let x = id * 2; x + 1`:                                       "int64",
		`rating == 5`:                                                 "bool, nullable",
		`rating != 5`:                                                 "bool, nullable",
		`rating == nil`:                                               "bool",
		`rating in [5]`:                                               "bool, nullable",
		`id not in [5]`:                                               "bool",
		`id in [5, nil]`:                                              "bool, nullable",
		`level startsWith "A"`:                                        "bool, nullable",
		`rating > 2 ? name : "x"`:                                     "string",
		`any(therapies, # == level)`:                                  "bool, nullable",
		`any(therapies, # == name)`:                                   "bool",
		`sum(map(therapies, len(#)))`:                                 "int64, nullable",
		`therapies[1:]`:                                               "list<string>",
		`therapies[rating:]`:                                          "list<string>, nullable",
		`let x = rating; x ?? 0`:                                      "int64",
		`day`:                                                         "timestamp[us, UTC], nullable",
		`score`:                                                       "double",
		`score * 2 + id`:                                              "double",
		`mean(id, 2)`:                                                 "double, nullable",
		`max(id, score)`:                                              "double, nullable",
		`max(score, id, nil)`:                                         "double, nullable",
		`min(id, rating)`:                                             "int64, nullable",
		`max(name, level)`:                                            "string, nullable",
		`max(made, day)`:                                              "timestamp[us, UTC], nullable",
		`max(made, id)`:                                               "? 1:1: max cannot compare timestamp with int",
		`made.Unix()`:                                                 "int64",
		`max(id, made.UnixMilli())`:                                   "int64, nullable",
		`made - made`:                                                 "? 1:1: the type of the expression cannot be told; add type: with one of int32, int64, double, bool, string, timestamp, date, json",
		`flagged ? 1 : first([0.5])`:                                  "? 1:1: the type of the expression cannot be told; add type: with one of int32, int64, double, bool, string, timestamp, date, json",
		`let x = median([id]); flagged ? (rating ?? x) : 1`: "? 1:1: the type of the expression cannot be told; add type: with one of int32, int64, double, bool, string, timestamp, date, json",
		`name[0]`:          "? 1:5: a text has no elements; cut a character out of it: name[0:1]",
		`mean(name)`:       "? 1:1: mean wants numbers, not string",
		`max()`:            "? 1:1: not enough arguments to call max",
		`first(therapies)`: "? 1:1: the type of the expression cannot be told; add type: with one of int32, int64, double, bool, string, timestamp, date, json",
		`nil`:              "? 1:1: the type of the expression cannot be told; add type: with one of int32, int64, double, bool, string, timestamp, date, json",
		`{"a": id}`:        "? 1:1: the type of the expression cannot be told; add type: with one of int32, int64, double, bool, string, timestamp, date, json",
		`idd + 1`:          "? 1:1: unknown name idd; did you mean id?",
		`id + therapy`:     "? 1:6: unknown name therapy; did you mean therapies?",
		`uper(name)`:       "? 1:1: unknown name uper; did you mean upper?",
		`qqqqqqqq`:         "? 1:1: unknown name qqqqqqqq; an expression sees the columns of its table that stand before it",
		`now()`:            "? 1:1: unknown name now; now is not available, since the same data must give the same rows",
		`keys({})`:         "? 1:1: unknown name keys; keys is not available, since the same data must give the same rows",
		`made.Local()`:     "? 1:6: Local depends on the machine's time zone; the same data must give the same rows on every machine",
		`date(name, "2006", "Asia/Tokyo").Year()`: "? 1:1: date with a time zone depends on the machine's time zones; the same data must give the same rows on every machine",
		`name + 1`:          "? 1:6: invalid operation: + (mismatched types string and int)",
		`"é" + "é" + nname`: "? 1:13: unknown name nname; did you mean name?",
		"id +\n  nope":      "? 2:3: unknown name nope; did you mean name?",
		`id +`:              "? 1:4: unexpected token EOF",
		``:                  "? 1:1: unexpected token EOF",
		`name matches "("`:  "? 1:6: error parsing regexp: missing closing ): `(`",
	} {
		typ, err := TypeOf(src, exprColumns)
		got := typ.String()
		if typ.Nullable {
			got += ", nullable"
		}
		if err != nil {
			var fault *Error
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

func TestCompileFilter(t *testing.T) {
	for src, want := range map[string]string{
		`rating == nil || rating >= 2`: "",
		`flagged`:                      "",
		`len(therapies) > 0 and name contains "x"`: "",
		`therapies[0] == "x" ? nil : true`:         "",
		`rating`:                                   "1:1: a filter must be true or false, this one gives int64; compare it with something",
		`made`:                                     "1:1: a filter must be true or false, this one gives timestamp; compare it with something",
		`therapies`:                                "1:1: a filter must be true or false, this one gives list; compare it with something",
		`ratin > 2`:                                "1:1: unknown name ratin; did you mean rating?",
		`rating > "2"`:                             "1:8: invalid operation: > (mismatched types int and string)",
	} {
		got := ""
		if _, err := CompileFilter(src, exprColumns); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
}
