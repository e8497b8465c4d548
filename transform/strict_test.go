package transform

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// damaged is the strictness table: values that no JSON parser may take, each with a part of
// the reason given.
var damaged = []struct{ name, value, why string }{
	{"trailing comma in a list", `[1,2,]`, "where a value should be"},
	{"trailing comma in an object", `{"a":1,}`, "where a key should be"},
	{"leading comma", `[,1]`, "where a value should be"},
	{"no comma", `[1 2]`, "where ',' or ']' should be"},
	{"no comma in an object", `{"a":1 "b":2}`, "where ',' or '}' should be"},
	{"no colon", `{"a" 1}`, "where ':' should be"},
	{"no value", `{"a":}`, "where a value should be"},
	{"key that is no string", `{a:1}`, "where a key should be"},
	{"key in single quotes", `{'a':1}`, "where a key should be"},
	{"wrong bracket", `[1}`, "where ',' or ']' should be"},
	{"comment", `[1/*x*/]`, "where ',' or ']' should be"},
	{"NaN", `NaN`, "'N' where a value should be"},
	{"Infinity", `Infinity`, "where a value should be"},
	{"minus Infinity", `-Infinity`, "where a digit should be"},
	{"undefined", `undefined`, "where a value should be"},
	{"True", `True`, "where a value should be"},
	{"cut word", `tru`, "of true should be"},
	{"long word", `nulll`, "where ',' or '}' should be"},
	{"leading zero", `01`, "where ',' or '}' should be"},
	{"negative leading zero", `-01`, "where ',' or '}' should be"},
	{"plus sign", `+1`, "where a value should be"},
	{"bare minus", `-`, "where a digit should be"},
	{"bare point", `1.`, "where a digit should be"},
	{"point first", `.5`, "where a value should be"},
	{"bare exponent", `1e`, "where a digit should be"},
	{"bare exponent sign", `1e+`, "where a digit should be"},
	{"hexadecimal", `0x1`, "where ',' or '}' should be"},
	{"underscore", `1_000`, "where ',' or '}' should be"},
	{"unknown escape", `"\x41"`, "escape that JSON does not know"},
	{"escaped quote mark", `"\'"`, "escape that JSON does not know"},
	{"short unicode escape", `"\u12"`, "without four hexadecimal digits"},
	{"bad unicode escape", `"\u12g4"`, "without four hexadecimal digits"},
	{"high surrogate alone", `"\ud800"`, "half a surrogate pair"},
	{"high surrogate, then a letter", `"\ud800a bit more"`, "half a surrogate pair"},
	{"two high surrogates", `"\ud800\ud800"`, "half a surrogate pair"},
	{"low surrogate alone", `"\udc00"`, "half a surrogate pair"},
	{"surrogate and cut escape", `"\ud800\u12"`, "half a surrogate pair"},
	{"raw line break", "\"a\nb\"", "raw control character, byte 0x0a"},
	{"raw tab", "\"a\tb\"", "raw control character"},
	{"raw zero", "\"a\x00b\"", "raw control character"},
	{"raw control behind eight bytes", "\"12345678901234\x1f\"", "raw control character"},
	{"invalid UTF-8", "\"a\xffb\"", "not valid UTF-8"},
	{"cut UTF-8", "\"12345678\xe2\x82\"", "not valid UTF-8"},
	{"overlong UTF-8", "\"\xc0\xaf\"", "not valid UTF-8"},
	{"surrogate in UTF-8", "\"\xed\xa0\x80\"", "not valid UTF-8"},
	{"beyond Unicode", "\"\xf4\x90\x80\x80\"", "not valid UTF-8"},
	{"Latin-1", "\"na\xefve, a long statement\"", "not valid UTF-8"},
	{"UTF-8 in a key", "{\"\xff\":1}", "not valid UTF-8"},
	{"repeated key", `{"a":1,"b":2,"a":3}`, `repeats the key "a"`},
	{"repeated key, escaped", `{"a":1,"\u0061":3}`, `repeats the key "a"`},
	{"repeated key far down", `[[{"x":{"k":1,"k":1}}]]`, `repeats the key "k"`},
	{"repeated key among many", `{` + manyMembers(40) + `,"k3":0}`, `repeats the key "k3"`},
	{"too deep lists", strings.Repeat("[", 600) + strings.Repeat("]", 600), "nests too deep"},
	{"too deep objects", strings.Repeat(`{"a":`, 600) + "1" + strings.Repeat("}", 600), "nests too deep"},
	{"form feed as space", "[1,\f2]", "where a value should be"},
	{"no-break space", "[1,\u00a02]", "where a value should be"},
}

func manyMembers(n int) string {
	var members []string
	for i := range n {
		members = append(members, `"k`+string(rune('0'+i%10))+strings.Repeat("x", i/10)+`":1`)
	}
	return strings.Join(members, ",")
}

// TestDamagedPages puts each damaged value where it is read for a column, where it is skipped, and where it
// is in the middle of a JSON column, in a page whose other records are sound.
func TestDamagedPages(t *testing.T) {
	places := map[string]string{"column": `"s":@`, "unknown": `"x":@`, "json": `"j":@`, "list": `"l":[{"n":@}]`}
	for _, c := range damaged {
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
		{"trailing bytes", whole + "x", "goes on behind its end"},
		{"second document", whole + whole, "goes on behind its end"},
		{"trailing zero byte", whole + "\x00", "goes on behind its end"},
		{"no data", `{}`, "has no data"},
		{"data null", `{"data":null}`, `has no data, but null`},
		{"data a list", `{"data":[]}`, `has no data, but []`},
		{"other connection", `{"data":{"genes":{"nodes":[]}}}`, "has no data of things"},
		{"connection null", `{"data":{"things":null}}`, `has no data of things, but null`},
		{"no nodes", `{"data":{"things":{"totalCount":0}}}`, "has no nodes"},
		{"nodes null", `{"data":{"things":{"nodes":null}}}`, `has no nodes, but null`},
		{"nodes an object", `{"data":{"things":{"nodes":{}}}}`, `has no nodes, but {}`},
		{"errors before", `{"errors":[{"message":"boom"}],` + whole[1:], `carries errors: [{"message":"boom"}]`},
		{"errors behind", whole[:len(whole)-1] + `,"errors":[{"message":"boom"}]}`, "carries errors"},
		{"errors an object", whole[:len(whole)-1] + `,"errors":{}}`, "carries errors"},
		{"two data", whole[:len(whole)-1] + `,"data":{}}`, `repeats the key "data"`},
		{"two nodes", strings.Replace(whole, `"nodes"`, `"nodes":[],"nodes"`, 1), `repeats the key "nodes"`},
		{"two connections", strings.Replace(whole, `"things"`, `"things":{"nodes":[]},"things"`, 1), `repeats the key "things"`},
		{"total count a text", strings.Replace(whole, `:1,"page`, `:"1","page`, 1), "totalCount that is no count"},
		{"total count a fraction", strings.Replace(whole, `:1,"page`, `:1.5,"page`, 1), "totalCount that is no count"},
		{"total count negative", strings.Replace(whole, `:1,"page`, `:-1,"page`, 1), "totalCount that is no count"},
		{"has next a text", strings.Replace(whole, `:true`, `:"true"`, 1), "hasNextPage that is neither"},
		{"page info null", `{"data":{"things":{"pageInfo":null,"nodes":[]}}}`, "has no pageInfo"},
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

// reference says what the scanner has to say of a document: encoding/json's grammar, valid UTF-8, jsontext's strictness, and our depth.
func reference(b []byte) (valid, deep bool) {
	d := jsontext.NewDecoder(bytes.NewReader(b))
	for {
		if _, err := d.ReadToken(); err == io.EOF {
			return false, deep // no value at all
		} else if err != nil {
			return false, deep
		}
		deep = deep || d.StackDepth() > jsonscan.MaxDepth
		if d.StackDepth() == 0 {
			break
		}
	}
	_, err := d.ReadToken()
	return err == io.EOF, deep
}

func FuzzScanner(f *testing.F) {
	for _, c := range damaged {
		f.Add([]byte(c.value))
	}
	for _, sound := range []string{`{"a":[1,-0,0.5,1e9,1E-2,true,false,null,"x\u00e9\ud83d\ude00\\"],"":{}}`, ` [ ] `, `"é"`, `12345678901234567890`, `"\u0000"`} {
		f.Add([]byte(sound))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := jsonscan.Scanner{Src: b}
		end := s.Skip(0, 0)
		ok := end >= 0 && s.Space(end) == len(b)
		if (end < 0) != (s.Fault != "") || s.At > len(b) {
			t.Fatalf("end %d, fault %q at %d", end, s.Fault, s.At)
		}
		want, deep := reference(b)
		if ok != (want && !deep) {
			t.Fatalf("%q: took %t (%s at %d), jsontext %t, deep %t", b, ok, s.Fault, s.At, want, deep)
		}
		if !ok {
			return
		}
		if !json.Valid(b) || !utf8.Valid(b) {
			t.Fatalf("%q: encoding/json does not take it", b)
		}
		var short bytes.Buffer
		if err := json.Compact(&short, b); err != nil || !bytes.Equal(short.Bytes(), compact(nil, b)) {
			t.Fatalf("%q compacts to %q, want %q", b, compact(nil, b), short.Bytes())
		}
		var text string
		if b[s.Space(0)] == '"' && json.Unmarshal(b, &text) == nil {
			raw := bytes.TrimSpace(b)
			if got := jsonscan.Unescape(nil, raw[1:len(raw)-1]); string(got) != text {
				t.Fatalf("%q means %q, want %q", b, got, text)
			}
		}
	})
}
