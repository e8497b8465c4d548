package load

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/schemas"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, got, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (run with -update to accept):\n%s", name, got)
	}
}

func TestGoldenText(t *testing.T) {
	shape := everyKind()
	for name, f := range map[string]Format{
		"every_kind.ndjson":     {Name: "ndjson"},
		"every_kind.tsv":        {Name: "tsv"},
		"every_kind.squish.tsv": {Name: "tsv", Squish: true, Null: "NA"},
	} {
		var b bytes.Buffer
		s := NewStream(&b, f, shape)
		for _, batch := range []arrow.RecordBatch{nasty(shape, 0, 12), nasty(shape, 40, 8)} {
			if err := s.Write(context.Background(), batch); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

func TestStreamRefuses(t *testing.T) {
	for want, f := range map[string]Format{"use ndjson or tsv": {Name: "parquet"}, "unknown format": {Name: "csv"}} {
		s := NewStream(&bytes.Buffer{}, f, everyKind())
		if err := s.Write(context.Background(), nasty(everyKind(), 0, 1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Error(err)
		}
		if s.Close(context.Background()) == nil {
			t.Errorf("%s: closed without error", f.Name)
		}
	}
}

// TestStreamWritesAtOnce: what was given to Write is on its way when it returns.
func TestStreamWritesAtOnce(t *testing.T) {
	var b bytes.Buffer
	shape := everyKind()
	s := NewStream(&b, Format{Name: "ndjson"}, shape)
	if err := s.Write(context.Background(), nasty(shape, 0, 3)); err != nil {
		t.Fatal(err)
	}
	if bytes.Count(b.Bytes(), []byte("\n")) != 3 {
		t.Errorf("%q", b.String())
	}
}

func TestTSVFields(t *testing.T) {
	text := func(s string) *string { return &s }
	for _, c := range []struct {
		format Format
		value  *string
		want   string
	}{
		{Format{}, nil, ""},
		{Format{}, text(""), `""`},
		{Format{}, text("plain"), "plain"},
		{Format{}, text(" a "), " a "},
		{Format{}, text("a\tb"), "\"a\tb\""},
		{Format{}, text("a\nb"), "\"a\nb\""},
		{Format{}, text("a\rb"), "\"a\rb\""},
		{Format{}, text(`"`), `""""`},
		{Format{}, text(`a"b""c`), `"a""b""""c"`},
		{Format{}, text("NA"), "NA"},
		{Format{Null: "NA"}, nil, "NA"},
		{Format{Null: "NA"}, text("NA"), `"NA"`},
		{Format{Null: "NA"}, text(""), `""`},
		{Format{Squish: true}, text(" \ta \n\u00a0 b\u2003"), "a b"},
		{Format{Squish: true}, text("\t\n"), `""`},
		{Format{Squish: true}, text("naïve\u3000日本"), "naïve 日本"},
	} {
		shape := &schemas.Table{Columns: []schemas.Column{{Name: "c", Type: schemas.Type{Kind: schemas.String, Nullable: true}}}}
		var v any
		if c.value != nil {
			v = *c.value
		}
		c.format.Name = "tsv"
		var b bytes.Buffer
		writeTo(t, &b, c.format, shape, batchOf(shape, v))
		if got := b.String(); got != "c\n"+c.want+"\n" {
			t.Errorf("%v %q: %q, not %q", c.format, v, got, c.want)
		}
	}
}

func TestJSONRefusesWhatItCannotWrite(t *testing.T) {
	for want, c := range map[string]struct {
		kind  schemas.Kind
		value any
	}{
		"JSON has no number for NaN":  {schemas.Float64, math.NaN()},
		"JSON has no number for -Inf": {schemas.Float64, math.Inf(-1)},
		"the year 10000":              {schemas.Date, arrow.Date32(2932897)},
		"the year -1":                 {schemas.Timestamp, arrow.Timestamp(-62167219200_000001)},
	} {
		shape := &schemas.Table{Columns: []schemas.Column{{Name: "c", Type: schemas.Type{Kind: c.kind}}}}
		err := NewStream(&bytes.Buffer{}, Format{Name: "ndjson"}, shape).Write(context.Background(), batchOf(shape, c.value))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "column c, row 1") {
			t.Errorf("%v, not %q", err, want)
		}
	}
}

// textTable has two columns of text, the first of them the one to fuzz.
func textTable() *schemas.Table {
	null := schemas.Type{Kind: schemas.String, Nullable: true}
	list := schemas.Type{Kind: schemas.String, Nullable: true, List: true, ElementNullable: true}
	return &schemas.Table{Name: "t", Columns: []schemas.Column{{Name: "a", Type: null}, {Name: "b", Type: null}, {Name: "c", Type: list}}}
}

func textBatch(shape *schemas.Table, a, b string) arrow.RecordBatch {
	rows := [][]any{{a, b, []any{a, nil, b}}, {nil, a, nil}, {b, nil, []any{}}}
	return tableOf(shape, rows)
}

// FuzzTSV: what is written reads back with our parser and, quoting aside, with
// encoding/csv.
func FuzzTSV(f *testing.F) {
	for i, s := range nastyTexts {
		f.Add(s, nastyTexts[(i*7+3)%len(nastyTexts)], "", false)
	}
	f.Add("NA", "", "NA", false)
	f.Add(" a\u00a0 ", "\t", "x", true)
	f.Fuzz(func(t *testing.T, a, b, null string, squished bool) {
		if strings.ContainsAny(null, "\t\n\r\"") || !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		shape, format := textTable(), Format{Name: "tsv", Null: null, Squish: squished}
		batch := textBatch(shape, a, b)
		var text bytes.Buffer
		writeTo(t, &text, format, shape, batch)
		if err := reread(t, format, shape, batch, text.Bytes()); err != nil {
			t.Fatalf("%q: %v", text.Bytes(), err)
		}
		if null != "" || strings.Contains(a+b, "\r") { // encoding/csv drops carriage returns
			return
		}
		r := csv.NewReader(&text)
		r.Comma = '\t'
		rows, err := r.ReadAll()
		if err != nil || len(rows) != 4 {
			t.Fatalf("%v %q", err, rows)
		}
		if squished {
			a, b = strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " ")
		}
		if rows[1][0] != a || rows[1][1] != b || rows[2][1] != a || rows[3][0] != b {
			t.Fatalf("%q", rows)
		}
	})
}

// FuzzNDJSON: what is written reads back with our parser and with encoding/json.
func FuzzNDJSON(f *testing.F) {
	for i, s := range nastyTexts {
		f.Add(s, nastyTexts[(i*7+3)%len(nastyTexts)])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		shape, format := textTable(), Format{Name: "ndjson"}
		batch := textBatch(shape, a, b)
		var text bytes.Buffer
		writeTo(t, &text, format, shape, batch)
		err := reread(t, format, shape, batch, text.Bytes())
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			if err == nil {
				t.Fatal("text that is not UTF-8 goes unnoticed")
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", text.Bytes(), err)
		}
		lines := strings.Split(text.String(), "\n")
		if len(lines) != 4 {
			t.Fatalf("%q", lines)
		}
		var row struct {
			A, B *string
			C    []*string
		}
		if err := json.Unmarshal([]byte(lines[0]), &row); err != nil {
			t.Fatal(err)
		}
		if *row.A != a || *row.B != b || !reflect.DeepEqual(row.C, []*string{&a, nil, &b}) {
			t.Fatalf("%q", lines[0])
		}
	})
}

// reread compares text with the batch that it was made from.
func reread(t *testing.T, f Format, shape *schemas.Table, batch arrow.RecordBatch, text []byte) error {
	t.Helper()
	l := &layout{format: f, columns: shape.Columns, narrow: 1}
	e, err := l.encoder(&limited{n: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Write(context.Background(), batch), e.Close(context.Background())); err != nil {
		t.Fatal(err)
	}
	read := newRereader(l)
	if err := errors.Join(read.read(context.Background(), bytes.NewReader(text)), read.end()); err != nil {
		return err
	}
	return digest.Compare(l.columns, read.text.sums(), e.sums(), batch.NumRows())
}

func TestSpecial(t *testing.T) {
	for n := range 20 {
		for at := range n {
			for _, c := range []byte("\t\n\r\"") {
				text := bytes.Repeat([]byte{' '}, n)
				text[at] = c
				if at+1 < n {
					text[n-1] = '"'
				}
				if at > 0 {
					text[at/2] = '\x01'
				}
				if got := special(text); got != at {
					t.Errorf("%q: %d, not %d", text, got, at)
				}
				if got := tsvMark(text); got != at {
					t.Errorf("%q: read as they are: %d, not %d", text, got, at)
				}
			}
		}
		plain := bytes.Repeat([]byte("é!\x08\x89\x8a\xff "), n)
		if got := special(plain); got != -1 {
			t.Errorf("%q: %d", plain, got)
		}
		if got := tsvMark(plain); got != len(plain) {
			t.Errorf("%q: read as they are: %d", plain, got)
		}
	}
}

// TestUnescaped: both ways of finding what a JSON string may not hold as it is
// find the first such byte, and that text is ASCII is only said of text that is.
func TestUnescaped(t *testing.T) {
	for n := range 40 {
		for at := range n {
			for _, c := range []byte("\x00\x1f\"\\") {
				text := bytes.Repeat([]byte{' '}, n)
				text[at] = c
				if at+1 < n {
					text[n-1] = '"'
				}
				if got := unescaped(text); got != at {
					t.Errorf("%q: written as they are: %d, not %d", text, got, at)
				}
				if got, ascii := plainJSON(text); got != at || !ascii {
					t.Errorf("%q: read as they are: %d, not %d; ASCII: %t", text, got, at, ascii)
				}
			}
			text := bytes.Repeat([]byte{'!'}, n)
			text[at] = 0x80
			if got, ascii := plainJSON(text); got != n || ascii {
				t.Errorf("%q: %d, not %d; ASCII: %t", text, got, n, ascii)
			}
		}
		plain := "é!\x7f\x80\x9f\xa2\xdc\xff " + strings.Repeat(" ", n)
		if got := unescaped([]byte(plain)); got != len(plain) {
			t.Errorf("%q: %d", plain, got)
		}
	}
}
