package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// The places of an object's values, and the reason for a refusal.
func Example() {
	s := &jsonscan.Scanner{Src: []byte(`{"id": 7, "names": ["a", "b"]}`)}
	end := s.Members(0, 0, func(key []byte, i int) int {
		end := s.Skip(i, 1)
		fmt.Printf("%s is %s\n", key, s.Src[i:end])
		return end
	})
	fmt.Println(end == len(s.Src))

	s = &jsonscan.Scanner{Src: []byte(`{"id": 7,}`)}
	if s.Skip(0, 0) == jsonscan.Fail {
		fmt.Printf("at %d: it %s\n", s.At, s.Fault)
	}
	// Output:
	// id is 7
	// names is ["a", "b"]
	// true
	// at 9: it holds '}' where a key should be
}

// FuzzScanner compares the scanner with jsontext, and the members of an object with
// encoding/json.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0,0.5,1e9,true,false,null,"xé😀\\"],"":{}}`, ` [ ] `, `"\ud800"`, "\"\xff\"", `{"a":1,"a":2}`,
		`{"a":1,}`, `[1,]`, `01`, `1.`, `tru`, `{"a" 1}`, "\"\x01\"", `"\x"`, ``, `{}x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := &jsonscan.Scanner{Src: text}
		end := s.Skip(0, 0)
		accepted := end >= 0 && s.Space(end) == len(text)
		if (end < 0) != (s.Fault != "") || s.At > len(text) {
			t.Fatalf("end %d, fault %q at %d", end, s.Fault, s.At)
		}
		valid, deep := reference(text)
		if accepted != (valid && !deep) {
			t.Fatalf("%q: accepted %t (%s at %d), jsontext %t, deep %t", text, accepted, s.Fault, s.At, valid, deep)
		}
		begin := s.Space(0)
		if !accepted || text[begin] != '{' {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		s.Members(begin, 0, func(key []byte, i int) int {
			end := s.Skip(i, 1)
			if !bytes.Equal(want[string(key)], text[i:end]) {
				t.Errorf("%q is %s, want %s", key, text[i:end], want[string(key)])
			}
			delete(want, string(key))
			return end
		})
		if len(want) > 0 {
			t.Errorf("members not visited: %v", want)
		}
	})
}

// reference is the verdict of jsontext: a single valid value, and deeper than we allow.
func reference(text []byte) (valid, deep bool) {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := d.ReadToken(); err != nil {
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
