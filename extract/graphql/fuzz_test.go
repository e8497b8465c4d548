package graphql

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
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
		answer, err := c.readAnswer(t.Context(), body, &Request{})
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
