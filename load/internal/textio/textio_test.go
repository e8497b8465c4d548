package textio

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/tabletest"
	"github.com/civic-etl/civic-etl/schemas"
)

// write encodes batches.
func write(t testing.TB, o Options, batches ...arrow.RecordBatch) ([]byte, *Encoder) {
	t.Helper()
	var b bytes.Buffer
	e, err := NewEncoder(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range batches {
		if err := e.Write(context.Background(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), e
}

func TestTSVFields(t *testing.T) {
	text := func(s string) *string { return &s }
	for _, c := range []struct {
		format format.Format
		value  *string
		want   string
	}{
		{format.Format{}, nil, ""},
		{format.Format{}, text(""), `""`},
		{format.Format{}, text("plain"), "plain"},
		{format.Format{}, text(" a "), " a "},
		{format.Format{}, text("a\tb"), "\"a\tb\""},
		{format.Format{}, text("a\nb"), "\"a\nb\""},
		{format.Format{}, text("a\rb"), "\"a\rb\""},
		{format.Format{}, text(`"`), `""""`},
		{format.Format{}, text(`a"b""c`), `"a""b""""c"`},
		{format.Format{}, text("NA"), "NA"},
		{format.Format{Null: "NA"}, nil, "NA"},
		{format.Format{Null: "NA"}, text("NA"), `"NA"`},
		{format.Format{Null: "NA"}, text(""), `""`},
		{format.Format{Squish: true}, text(" \ta \n\u00a0 b\u2003"), "a b"},
		{format.Format{Squish: true}, text("\t\n"), `""`},
		{format.Format{Empty: format.Bare}, text(""), ""},
		{format.Format{Empty: format.Bare}, nil, ""},
		{format.Format{Empty: format.Bare}, text(" "), " "},
		{format.Format{Empty: format.Bare}, text("\n"), "\"\n\""},
		{format.Format{Empty: format.Bare}, text(`"`), `""""`},
		{format.Format{Empty: format.Bare, Squish: true}, text(" \n"), ""},
		{format.Format{Empty: format.Bare, Null: "NA"}, text(""), ""},
		{format.Format{Empty: format.Bare, Null: "NA"}, nil, "NA"},
		{format.Format{Empty: format.Bare, Null: "NA"}, text("NA"), `"NA"`},
		{format.Format{Squish: true}, text("naïve\u3000日本"), "naïve 日本"},
	} {
		shape := &schemas.Table{Columns: []schemas.Column{{Name: "c", Type: schemas.Type{Kind: schemas.String, Nullable: true}}}}
		var v any
		if c.value != nil {
			v = *c.value
		}
		c.format.Name = "tsv"
		text, _ := write(t, Options{Format: c.format, Columns: shape.Columns}, tabletest.BatchOf(shape, v))
		if got := string(text); got != "c\n"+c.want+"\n" {
			t.Errorf("%v %q: %q, not %q", c.format, v, got, c.want)
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
	return tabletest.TableOf(shape, rows)
}

// FuzzTSV: what is written reads back with our parser and, quoting aside, with
// encoding/csv.
func FuzzTSV(f *testing.F) {
	for i, s := range tabletest.NastyTexts {
		f.Add(s, tabletest.NastyTexts[(i*7+3)%len(tabletest.NastyTexts)], "", false)
	}
	f.Add("NA", "", "NA", false)
	f.Add(" a\u00a0 ", "\t", "x", true)
	f.Fuzz(func(t *testing.T, a, b, null string, squished bool) {
		if strings.ContainsAny(null, "\t\n\r\"") || !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		bare := Options{Format: format.Format{Name: "tsv", Null: null, Squish: squished, Empty: format.Bare}, Columns: textTable().Columns}
		short, sums := write(t, bare, textBatch(textTable(), a, b))
		if err := check(short, bare, sums.Sums(), 3); err != nil {
			t.Fatalf("bare: %q: %v", short, err)
		}
		o := Options{Format: format.Format{Name: "tsv", Null: null, Squish: squished}, Columns: textTable().Columns}
		text, e := write(t, o, textBatch(textTable(), a, b))
		if err := check(text, o, e.Sums(), 3); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if null != "" || strings.Contains(a+b, "\r") { // encoding/csv drops carriage returns
			return
		}
		r := csv.NewReader(bytes.NewReader(text))
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
	for i, s := range tabletest.NastyTexts {
		f.Add(s, tabletest.NastyTexts[(i*7+3)%len(tabletest.NastyTexts)])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		o := Options{Format: format.Format{Name: "ndjson"}, Columns: textTable().Columns}
		text, e := write(t, o, textBatch(textTable(), a, b))
		err := check(text, o, e.Sums(), 3)
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			if err == nil {
				t.Fatal("text that is not UTF-8 goes unnoticed")
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines := strings.Split(string(text), "\n")
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

// check compares text with the checksums of what it was made from.
func check(text []byte, o Options, sums []digest.Sum, rows int64) error {
	c := NewCheck(o)
	hash := xxh3.Hash128(text)
	return c.Finish(context.Background(), bytes.NewReader(text), Want{Rows: rows, Sums: sums, Bytes: int64(len(text)), Hash: hash})
}

// TestReadRowsSelects: the columns asked for come alone, in the order of the text.
func TestReadRowsSelects(t *testing.T) {
	for _, f := range textFormats {
		o := Options{Format: f, Columns: textTable().Columns}
		text, _ := write(t, o, textBatch(textTable(), "x", "y"))
		o.Select = []string{"b"}
		err := ReadRows(context.Background(), bytes.NewReader(text), o, func(batch arrow.RecordBatch) error {
			if got := fmt.Sprint(batch.Column(0)); batch.NumCols() != 1 || batch.ColumnName(0) != "b" || got != `["y" "x" (null)]` {
				t.Errorf("%s: %s", f.Name, got)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestReadRowsCut: compressed text that ends early is an error, also where the
// last row it gives is whole; and a row longer than allowed is given up.
func TestReadRowsCut(t *testing.T) {
	none := func(arrow.RecordBatch) error { return nil }
	for _, name := range []string{"ndjson", "tsv"} {
		for _, compression := range []string{"gzip", "zstd"} {
			o := Options{Format: format.Format{Name: name, Compression: compression}, Columns: textTable().Columns}
			text, _ := write(t, o, textBatch(textTable(), "x", "y"))
			for cut := 1; cut < 8; cut++ {
				if err := ReadRows(context.Background(), bytes.NewReader(text[:len(text)-cut]), o, none); err == nil {
					t.Errorf("%s %s: %d bytes less and no error", name, compression, cut)
				}
			}
		}
		o := Options{Format: format.Format{Name: name}, Columns: textTable().Columns, MaxRow: rowsBytes}
		text, _ := write(t, o, textBatch(textTable(), strings.Repeat("x", 2*rowsBytes), "y"))
		err := ReadRows(context.Background(), bytes.NewReader(text), o, none)
		if err == nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("%s: %v", name, err)
		}
	}
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
		if got := special(plain); got != len(plain) {
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
