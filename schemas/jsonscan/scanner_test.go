package jsonscan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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

// tolerable are the parts of reasons behind which a tolerant scanner reads on.
var tolerable = []string{"surrogate", "control character", "UTF-8", "repeats", "does not know", "hexadecimal"}

// TestTolerant reads each damaged value as the first of two: a tolerant scanner finds the second one, or fails as a
// strict one does.
func TestTolerant(t *testing.T) {
	for _, c := range damaged(t) {
		s := Scanner{Data: []byte(`{"x":` + c.value + `,"y":[7]}`), Tolerant: true}
		var last []byte
		end := s.Object(0, 0, func(_ []byte, i int) int {
			end := s.Skip(i, 1)
			if end > 0 {
				last = s.Data[i:end]
			}
			return end
		})
		tolerated := slices.ContainsFunc(tolerable, func(part string) bool { return strings.Contains(c.reason, part) })
		if tolerated != (end == len(s.Data) && string(last) == "[7]" && len(s.Damage) > 0) || tolerated == (end < 0) {
			t.Errorf("%s: end %d, last %s, damage %v, %v", c.name, end, last, s.Damage, s.Fault())
		}
		if tolerated && !strings.Contains(s.Damage[0].What, c.reason) {
			t.Errorf("%s: damage %v, want %s", c.name, s.Damage, c.reason)
		}
	}
}

// TestBounds: documents that would take much memory or time are refused.
func TestBounds(t *testing.T) {
	keys := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"k%d":0`, i)
		}
		return "{" + b.String()[1:]
	}
	tests := []struct {
		name, text, reason string
		set                func(*Scanner)
	}{
		{"many values", "[" + strings.Repeat("0,", 10_000) + "0]", "more than 5000 values", func(s *Scanner) { s.MaxElements = 5000 }},
		{"objects", "[" + strings.Repeat(`{"a":[{}]},`, 5_000) + "0]", "more than 5000 values", func(s *Scanner) { s.MaxElements = 5000 }},
		{"many keys", keys(mostKeys+1) + "}", "too many keys", nil},
		{"many keys, tolerant", keys(mostKeys+1) + "}", "too many keys", func(s *Scanner) { s.Tolerant = true }},
		{"keys of nested objects", strings.Repeat(keys(1000)+`,"x":`, 70) + "1" + strings.Repeat("}", 70), "too many keys", nil},
		{"a key twice among many", keys(1000) + `,"k500":1}`, `repeats the key "k500"`, nil},
		{"damage without end", `["` + strings.Repeat(`\ud800`, maxDamage+1) + `"]`, "surrogate", func(s *Scanner) { s.Tolerant = true }},
		{"stopped", "[" + strings.Repeat("0,", 10_000) + "0]", "not read to its end", func(s *Scanner) { s.Stop = func() bool { return true } }},
	}
	for _, test := range tests {
		s := Scanner{Data: []byte(test.text)}
		if test.set != nil {
			test.set(&s)
		}
		if end := s.Skip(0, 0); end >= 0 || !strings.Contains(s.Fault().Error(), test.reason) {
			t.Errorf("%s: end %d, %v; want %s", test.name, end, s.Fault(), test.reason)
		}
	}
	s := Scanner{Data: []byte("[" + strings.Repeat(keys(60_000)+"},", 3) + "0]")}
	if s.Skip(0, 0) != len(s.Data) {
		t.Errorf("objects one after another: %v", s.Fault())
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
		lenient := Scanner{Data: b, Tolerant: true}
		last := lenient.Skip(0, 0)
		if end >= 0 && (last != end || len(lenient.Damage) > 0) || last >= 0 && end < 0 && len(lenient.Damage) == 0 || last > len(b) {
			t.Fatalf("%q: tolerant end %d, damage %v; strict end %d", b, last, lenient.Damage, end)
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
