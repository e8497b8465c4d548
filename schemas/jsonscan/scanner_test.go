package jsonscan

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// damage is a value that no JSON parser may take, with a part of the reason.
type damage struct{ name, value, reason string }

// damaged reads testdata/damaged.txt: a name, a quoted value and a quoted reason a line.
func damaged(t testing.TB) (all []damage) {
	t.Helper()
	table, err := os.ReadFile("testdata/damaged.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		value, err1 := strconv.Unquote(fields[1])
		reason, err2 := strconv.Unquote(fields[2])
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: %v, %v", line, err1, err2)
		}
		all = append(all, damage{fields[0], value, reason})
	}
	return all
}

// TestDamaged puts each damaged value into an object that is otherwise sound.
func TestDamaged(t *testing.T) {
	for _, c := range damaged(t) {
		s := Scanner{Data: []byte(`{"x":` + c.value + `}`)}
		end := s.Skip(0, 0)
		if end >= 0 {
			end = s.End(end)
		}
		if fault := s.Fault(); end >= 0 || fault == nil || !strings.Contains(fault.Error(), c.reason) {
			t.Errorf("%s: end %d, %v; want %s", c.name, end, fault, c.reason)
		}
	}
}

// TestReset shows that nothing of a refused document is left.
func TestReset(t *testing.T) {
	s := Scanner{Data: []byte(`{"a":{"b":1,"b`)}
	if s.Skip(0, 0) >= 0 || s.Fault() == nil {
		t.Fatal("the first document must be refused")
	}
	s.Reset([]byte(` {"b" : 1} `))
	if end := s.Skip(0, 0); s.Fault() != nil || s.End(end) != len(s.Data) {
		t.Errorf("end %d, %v", end, s.Fault())
	}
}

// reference gives the result that the scanner must agree with: jsontext's, and the depth.
func reference(b []byte) (valid, deep bool) {
	d := jsontext.NewDecoder(bytes.NewReader(b))
	for {
		if _, err := d.ReadToken(); err != nil {
			return false, deep
		}
		deep = deep || d.StackDepth() > MaxDepth
		if d.StackDepth() == 0 {
			break
		}
	}
	_, err := d.ReadToken()
	return errors.Is(err, io.EOF), deep
}

func FuzzScanner(f *testing.F) {
	for _, c := range damaged(f) {
		f.Add([]byte(c.value))
	}
	for _, sound := range []string{`{"a":[1,-0,0.5,1e9,1E-2,true,false,null,"x\u00e9\ud83d\ude00\\"],"":{}}`, ` [ ] `, `"é"`, `12345678901234567890`, `"\u0000"`} {
		f.Add([]byte(sound))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := Scanner{Data: b}
		end := s.Skip(0, 0)
		ok := end >= 0 && s.Space(end) == len(b)
		if fault := s.Fault(); (end < 0) != (fault != nil) || fault != nil && fault.Offset > len(b) {
			t.Fatalf("end %d, fault %v", end, fault)
		}
		want, deep := reference(b)
		if ok != (want && !deep) {
			t.Fatalf("%q: took %t (%v), jsontext %t, deep %t", b, ok, s.Fault(), want, deep)
		}
		if !ok {
			return
		}
		if !json.Valid(b) || !utf8.Valid(b) {
			t.Fatalf("%q: encoding/json does not take it", b)
		}
		var short bytes.Buffer
		if err := json.Compact(&short, b); err != nil || !bytes.Equal(short.Bytes(), AppendCompact(nil, b)) {
			t.Fatalf("%q compacts to %q, want %q", b, AppendCompact(nil, b), short.Bytes())
		}
		var text string
		if i := s.Space(0); b[i] == '"' && json.Unmarshal(b, &text) == nil {
			var got Token
			if s.Token(&got, i, 0); string(got.Text) != text {
				t.Fatalf("%q means %q, want %q", b, got.Text, text)
			}
		}
	})
}
