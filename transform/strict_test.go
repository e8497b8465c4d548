package transform

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// damaged reads jsonscan's table of values that no JSON parser may take: a name, a
// quoted value and a part of the reason a line.
func damaged(t testing.TB) (all []struct{ name, value, why string }) {
	t.Helper()
	table, err := os.ReadFile("../schemas/jsonscan/testdata/damaged.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		value, err1 := strconv.Unquote(fields[1])
		why, err2 := strconv.Unquote(fields[2])
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: %v, %v", line, err1, err2)
		}
		all = append(all, struct{ name, value, why string }{fields[0], value, why})
	}
	return all
}

// TestDamagedPages puts each damaged value where it is read for a column, where it is skipped, and where it
// is in the middle of a JSON column, in a page whose other records are sound.
func TestDamagedPages(t *testing.T) {
	places := map[string]string{"column": `"s":@`, "unknown": `"x":@`, "json": `"j":@`, "list": `"l":[{"n":@}]`}
	for _, c := range damaged(t) {
		for place, member := range places {
			t.Run(c.name+"/"+place, func(t *testing.T) {
				record := `{"id":2,` + strings.ReplaceAll(member, "@", c.value) + `}`
				refuse(t, page(`{"id":1,"s":"kept?"}`, record, `{"id":3}`), c.why)
			})
		}
	}
}

// TestRepeatedKeys repeats keys in the objects that are read for columns.
func TestRepeatedKeys(t *testing.T) {
	for record, key := range map[string]string{
		`{"id":1,"id":1}`:                        "id",
		`{"id":1,"s":"a","j":1,"s":"b"}`:         "s",
		`{"s":null,"s":null}`:                    "s",
		`{"s":"a","\u0073":"b"}`:                 "s",
		`{"\u0073":"a","s":"b"}`:                 "s",
		`{"x":1,"id":1,"x":2}`:                   "x",
		`{"x":1,"id":1,"y":2,"\u0078":2}`:        "x",
		`{"l":[{"n":"a"},{"n":"a","n":"b"}]}`:    "n",
		`{"l":[{"z":1,"n":"a","z":2}]}`:          "z",
		`{"l":[],"l":[]}`:                        "l",
		`{"id":1,"j":{"k":{"q":1,"r":2,"q":3}}}`: "q",
	} {
		refuse(t, page(`{"id":1}`, record), `repeats the key "`+key+`" in one object`)
	}
	// The same keys in neighbouring objects are sound.
	s, _ := decode(t, strictOptions(), page(`{"id":1,"x":{"id":1},"l":[{"n":"a","z":1},{"n":"b","z":1}],"y":{"x":1}}`))
	diff(t, s.table(0), []string{`[1,null,null,["a","b"]]`})
}

func TestDamagedEnvelopes(t *testing.T) {
	whole := string(page(`{"id":1,"s":"a"}`))
	for _, c := range []struct{ name, body, why string }{
		{"empty", ``, "ends early, an object is missing"},
		{"HTML", `<html>`, "'<' where an object should be"},
		{"list", `[]`, "where an object should be"},
		{"null", `null`, "where an object should be"},
		{"BOM", "\ufeff" + whole, "byte 0xef where an object should be"},
		{"trailing bytes", whole + "x", "continues after its end"},
		{"second document", whole + whole, "continues after its end"},
		{"trailing zero byte", whole + "\x00", "continues after its end"},
		{"no data", `{}`, "has no data"},
		{"data null", `{"data":null}`, `holds null where data should be`},
		{"data a list", `{"data":[]}`, `holds [] where data should be`},
		{"other connection", `{"data":{"genes":{"nodes":[]}}}`, "has no data of things"},
		{"connection null", `{"data":{"things":null}}`, `holds null where data of things should be`},
		{"no nodes", `{"data":{"things":{"totalCount":0}}}`, "has no nodes"},
		{"nodes null", `{"data":{"things":{"nodes":null}}}`, `holds null where nodes should be`},
		{"nodes an object", `{"data":{"things":{"nodes":{}}}}`, `holds {} where nodes should be`},
		{"errors before", `{"errors":[{"message":"boom"}],` + whole[1:], `contains errors: [{"message":"boom"}]`},
		{"errors behind", whole[:len(whole)-1] + `,"errors":[{"message":"boom"}]}`, "contains errors"},
		{"errors an object", whole[:len(whole)-1] + `,"errors":{}}`, "contains errors"},
		{"two data", whole[:len(whole)-1] + `,"data":{}}`, `repeats the key "data"`},
		{"two nodes", strings.Replace(whole, `"nodes"`, `"nodes":[],"nodes"`, 1), `repeats the key "nodes"`},
		{"two connections", strings.Replace(whole, `"things"`, `"things":{"nodes":[]},"things"`, 1), `repeats the key "things"`},
		{"total count a text", strings.Replace(whole, `:1,"page`, `:"1","page`, 1), "has an invalid totalCount"},
		{"total count a fraction", strings.Replace(whole, `:1,"page`, `:1.5,"page`, 1), "has an invalid totalCount"},
		{"total count negative", strings.Replace(whole, `:1,"page`, `:-1,"page`, 1), "has an invalid totalCount"},
		{"has next a text", strings.Replace(whole, `:true`, `:"true"`, 1), "has an invalid hasNextPage"},
		{"page info null", `{"data":{"things":{"pageInfo":null,"nodes":[]}}}`, "where pageInfo should be"},
	} {
		t.Run(c.name, func(t *testing.T) { refuse(t, []byte(c.body), c.why) })
	}
}

// TestCutPages cuts a page behind every byte.
func TestCutPages(t *testing.T) {
	body := page(`{"id":1,"s":"a\u00e9\n","l":[{"n":"x"},null],"j":{"k":[1.5e3,true]}}`, `{"id":2,"x":[{}]}`)
	for n := range len(body) {
		refuse(t, body[:n], "")
	}
}

func TestSoundEnvelopes(t *testing.T) {
	for _, body := range []string{
		`{"data":{"things":{"nodes":[{"id":1}]}}}`,
		`{"errors":null,"extensions":{"cost":1},"data":{"viewer":null,"things":{"edges":[],"nodes":[{"id":1}]},"z":[]}}`,
		`{"data":{"things":{"nodes":[{"id":1}],"pageInfo":{"endCursor":null,"hasNextPage":false},"pageCount":3}},"errors":[]}` + "\r\n",
	} {
		s, r := decode(t, strictOptions(), []byte(body))
		diff(t, s.table(0), []string{`[1,null,null,null]`})
		if r[0].TotalCount != -1 || r[0].HasNext {
			t.Errorf("%s: %+v", body, r[0])
		}
	}
}

func strictOptions() Options {
	jsonColumn := col("j", "j", nullString, schemas.JSON)
	return Options{ID: keys("id"), Tables: []Table{{Columns: []Column{num("id", "id"), str("s", "s"), jsonColumn, strs("l", "l[].n")}}}}
}

// refuse decodes a sound page, then the damaged body, and checks that only the sound page's rows are there.
func refuse(t *testing.T, body []byte, why string) {
	t.Helper()
	d, s := decoder(t, strictOptions()), &sink{}
	if _, err := d.Decode(page(`{"id":100,"s":"before","l":[{"n":"x"}]}`), s.emit); err != nil {
		t.Fatal(err)
	}
	result, err := d.Decode(body, s.emit)
	var refused *PageError
	if !errors.As(err, &refused) {
		t.Fatalf("took %.200q: %v", body, err)
	}
	if !strings.Contains(err.Error(), why) || !strings.HasPrefix(err.Error(), "page ") || refused.Offset > len(body) {
		t.Errorf("%.200q: %v, want %q", body, err, why)
	}
	if result.Records != 0 || result.IDs != nil || result.Rejects != nil {
		t.Errorf("result of a refused page: %+v", result)
	}
	// The same ids again: nothing of the refused page is remembered.
	if r, err := d.Decode(page(`{"id":1,"s":"after"}`), s.emit); err != nil || r.Duplicates != 0 || len(r.IDs) != 1 {
		t.Fatalf("after: %+v, %v", r, err)
	}
	if err := d.Flush(s.emit); err != nil {
		t.Fatal(err)
	}
	diff(t, s.table(0), []string{`[100,"before",null,["x"]]`, `[1,"after",null,null]`})
}
