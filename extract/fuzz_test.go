package extract

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/civic-etl/civic-etl/schemas"
)

// FuzzAnswer holds the reader of answers against encoding/json: what it accepts
// is one whole JSON object with data, and the data is what was in it.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{good, good + " ", good + "{}", `{"data":null}`, `{"errors":[{"message":"m","path":[1,"a"]}]}`, `{"data":{},"errors":{}}`,
		`{"data":{"a":1},}`, "{}", "", "[", "{\"data\":\"\xff\"}", `{"errors":[null,1,{"extensions":{"code":"x"}}],"data":1}`} {
		f.Add([]byte(seed))
	}
	c, err := NewClient(Options{Endpoint: "https://civicdb.org/"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, err := c.readAnswer(body)
		if err != nil {
			if strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("%q is not safe to print", err)
			}
			return
		}
		var want struct{ Data, Errors json.RawMessage }
		var keys map[string]json.RawMessage
		if json.Unmarshal(body, &keys) != nil {
			t.Fatalf("accepted %q, which encoding/json refuses", body)
		}
		want.Data, want.Errors = keys["data"], keys["errors"]
		if string(answer.Data) != string(want.Data) || len(want.Data) == 0 || string(want.Data) == "null" {
			t.Errorf("data is %q, want %q", answer.Data, want.Data)
		}
		if text := string(want.Errors); text != "" && text != "null" && strings.Trim(text, " \t\r\n[]") != "" {
			t.Errorf("ignored errors: %s", text)
		}
	})
}

// FuzzPage holds the reader of pages against encoding/json, and edits what it
// accepts: the result is JSON and holds the records it says.
func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		good,
		`{"data":{"things":{"nodes":[{"id":1},{"id":2,"nodes":[]}],"pageInfo":{"endCursor":"Mg","hasNextPage":true},"totalCount":9}}}`,
		`{"data":{"other":1,"things":{"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":null},"totalCount":0}},"extensions":[]}`,
		"{ \"data\" : { \"things\" : { \"nodes\" : [ {\"a\":{}} , {} ] , \"pageInfo\" : { \"hasNextPage\" : false } } } }",
		`{"data":{"things":{"nodes":[null],"pageInfo":{"hasNextPage":1}}}}`,
		`{"data":{"things":{"nodes":[{"members":{"nodes":[{"id":1}],"pageInfo":{"hasNextPage":true,"endCursor":"MQ"}}}],"pageInfo":{"hasNextPage":false}}}}`,
	} {
		f.Add([]byte(seed), uint8(1))
	}
	q := thingsQuery()
	f.Fuzz(func(t *testing.T, body []byte, keep uint8) {
		p, err := q.ReadPage(Window{}, body)
		if err != nil {
			return
		}
		if want := count(t, body); p.Nodes != want {
			t.Fatalf("%d records, encoding/json finds %d in %q", p.Nodes, want, body)
		}
		_, _ = findGaps(body, "things", branches([]*schemas.Field{connField("members", scalar("id"))}))
		twice, _ := q.ReadPage(Window{}, body)
		if err := twice.join(p); err != nil || twice.Nodes != 2*p.Nodes || count(t, twice.Body) != twice.Nodes || twice.HasNext != p.HasNext {
			t.Fatalf("joined with itself: %v, %q", err, twice.Body)
		}
		n := min(int(keep), p.Nodes)
		if err := p.Cut(n); err != nil || p.Nodes != n || count(t, p.Body) != n {
			t.Fatalf("cut to %d: %v, %q", n, err, p.Body)
		}
	})
}

func count(t *testing.T, body []byte) int {
	t.Helper()
	var answer map[string]json.RawMessage
	for _, name := range []string{"data", "things"} {
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", body, err)
		}
		body, answer = answer[name], nil
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	var nodes []json.RawMessage
	if err := json.Unmarshal(answer["nodes"], &nodes); err != nil {
		t.Fatal(err)
	}
	return len(nodes)
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"1", "-1", "Wed, 21 Oct 2015 07:28:00 GMT", "999999999999999999999", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if d := retryAfter(header); d < 0 || d > longestAfter {
			t.Errorf("%q: %s", header, d)
		}
	})
}
