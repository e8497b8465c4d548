package textio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/tabletest"
	"github.com/civic-etl/civic-etl/schemas"
)

// oracle reads text with decoders that build on libraries.
func oracle(text []byte, o Options) ([]digest.Sum, error) {
	if o.Format.Name == "ndjson" {
		batch, err := parseNDJSON(text, o.Columns)
		if err != nil {
			return nil, err
		}
		defer batch.Release()
		digests := digest.ForSchema(batch.Schema())
		err = digest.AddBatch(digests, batch)
		return digest.Sums(digests), err
	}
	digests := make([]*digest.Digest, len(o.Columns))
	for i := range digests {
		digests[i] = digest.New(arrow.BinaryTypes.String)
	}
	err := parseTSV(text, o.Columns, func(i int, field []byte, quoted bool) error {
		if !quoted && string(field) == o.Format.Null {
			digests[i].AddNull()
		} else {
			digests[i].AddText(field)
		}
		return nil
	})
	return digest.Sums(digests), err
}

// reading gives what Check finds in text.
func reading(text []byte, o Options, wrap func(io.Reader) io.Reader) ([]digest.Sum, error) {
	c := NewCheck(o)
	err := c.read(context.Background(), wrap(bytes.NewReader(text)))
	if err == nil {
		if err = c.reader.end(); err != nil {
			err = differs(err)
		}
	}
	return digest.Sums(c.digests), err
}

func whole(r io.Reader) io.Reader { return r }

// written is what a table of every kind looks like as text.
func written(t testing.TB, f format.Format, shape *schemas.Table, n int) []byte {
	text, _ := write(t, Options{Format: f, Columns: shape.Columns}, tabletest.Nasty(shape, 0, n))
	return text
}

var textFormats = []format.Format{{Name: "ndjson"}, {Name: "tsv"}, {Name: "tsv", Null: "NA"}}

// TestDecodeLikeOthers: our readers find in a file what those find that build
// on libraries, however the bytes come in.
func TestDecodeLikeOthers(t *testing.T) {
	shape := tabletest.EveryKind()
	shape.Columns = append(shape.Columns, schemas.Column{Name: "a \"name\"\tthat needs\\escapes", Type: schemas.Type{Kind: schemas.Int64, Nullable: true}})
	rows := 120
	for _, f := range textFormats {
		text, o := written(t, f, shape, rows), Options{Format: f, Columns: shape.Columns}
		want, err := oracle(text, o)
		if err != nil {
			t.Fatal(err)
		}
		for name, wrap := range map[string]func(io.Reader) io.Reader{"whole": whole, "byte by byte": iotest.OneByteReader, "halves": iotest.HalfReader, "with the end": iotest.DataErrReader} {
			got, err := reading(text, o, wrap)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s, %s: %v, other digests: %v", f.Name, name, err, !slices.Equal(got, want))
			}
		}
	}
}

// TestDecodeDamaged: when a byte of a text is changed, left out or doubled, the
// reader refuses it, or finds what the others find.
func TestDecodeDamaged(t *testing.T) {
	shape := tabletest.EveryKind()
	for _, f := range textFormats {
		text, o := written(t, f, shape, 3), Options{Format: f, Columns: shape.Columns}
		refused, tried := 0, 0
		for at := 0; at < len(text); at += 1 + at/40 {
			for _, with := range []string{"", "x", "\"", "\\", "0", "\n", "\t", " ", "\x00", "\xff", ",", "e", string(text[at]) + string(text[at])} {
				damaged := slices.Concat(text[:at], []byte(with), text[at+1:])
				tried++
				if !agrees(t, damaged, o) {
					refused++
				}
			}
		}
		if tried < 500 || f.Name == "ndjson" && refused < tried/2 {
			t.Errorf("%s: only %d refused, of %d", f.Name, refused, tried)
		}
	}
}

// agrees says whether the reader takes the text; what it takes, the oracle
// has to find too.
func agrees(t *testing.T, text []byte, o Options) bool {
	t.Helper()
	got, err := reading(text, o, whole)
	if err != nil {
		if !errors.Is(err, digest.ErrDiffers) {
			t.Fatalf("%q: %v does not say that the file differs", text, err)
		}
		return false
	}
	want, err := oracle(text, o)
	if err != nil {
		t.Fatalf("%q is taken, and others say: %v", text, err)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%q is read otherwise than by others", text)
	}
	rowsAgree(t, text, o)
	return true
}

// rowsAgree compares the rows of a text that Check takes with those that the
// oracle finds.
func rowsAgree(t *testing.T, text []byte, o Options) {
	t.Helper()
	columns := o.Columns
	parse := func(b *array.RecordBuilder) error { return appendNDJSON(b, text, columns) }
	if o.Format.Name == "tsv" {
		columns = TSVColumns(columns)
		parse = func(b *array.RecordBuilder) error {
			return parseTSV(text, columns, func(i int, field []byte, quoted bool) error {
				if !quoted && string(field) == o.Format.Null {
					b.Field(i).AppendNull()
					return nil
				}
				return appendParsed(b.Field(i), field)
			})
		}
	}
	schema := (&schemas.Table{Columns: columns}).Arrow()
	got := digest.ForSchema(schema)
	err := ReadRows(context.Background(), bytes.NewReader(text), o, func(batch arrow.RecordBatch) error {
		return digest.AddBatch(got, batch)
	})
	if err != nil && o.Format.Name == "tsv" {
		return // Check takes any text for a number
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	if wrong := errors.Join(err, parse(b)); wrong != nil {
		t.Fatalf("%q: rows: %v", text, wrong)
	}
	want := digest.ForSchema(schema)
	if err := digest.AddBatch(want, b.NewRecordBatch()); err != nil || !slices.Equal(digest.Sums(got), digest.Sums(want)) {
		t.Fatalf("%q gives other rows: %v", text, err)
	}
}

// FuzzDecode: our readers and those that build on libraries never find
// different values, and ours take nothing that the others refuse.
func FuzzDecode(f *testing.F) {
	shape := tabletest.EveryKind()
	for _, text := range textFormats {
		f.Add(written(f, text, shape, 2), text.Name == "tsv", text.Null)
	}
	f.Add([]byte(`{"z_id":1`), false, "")
	f.Add([]byte("z_id\t\"k5"), true, "")
	f.Fuzz(func(t *testing.T, text []byte, tsv bool, null string) {
		if strings.ContainsAny(null, "\t\r\n\"") {
			return
		}
		o := Options{Format: format.Format{Name: "ndjson"}, Columns: shape.Columns}
		if tsv {
			o.Format = format.Format{Name: "tsv", Null: null}
		}
		agrees(t, text, o)
	})
}

// FuzzDecodeValue puts any text where one value of a small row belongs.
func FuzzDecodeValue(f *testing.F) {
	for _, s := range tabletest.NastyTexts {
		f.Add([]byte(s))
	}
	for _, s := range []string{`"\ud83e\uddec"`, `"\ud800"`, `"\u00e9\/"`, `-0`, `01`, `1e5`, `1.`, `1e400`, `null`, `[null,"a"]`, `[]`, `[,]`, `"2016-02-29T23:59:59.5Z"`, `"0000-01-01"`, `nulll`, `"x""`, `9223372036854775808`, `9007199254740993`, `999999999999999.5`, `672.25`, `0.30000000000000004`, `2147483648`, `-0.0`} {
		f.Add([]byte(s))
	}
	kinds := tabletest.EveryKind().Columns
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, c := range kinds {
			for _, f := range textFormats {
				o := Options{Format: f, Columns: []schemas.Column{{Name: "c", Type: c.Type}}}
				text := slices.Concat([]byte("c\n"), value, []byte("\n"))
				if f.Name == "ndjson" {
					text = slices.Concat([]byte(`{"c":`), value, []byte("}\n"))
				}
				agrees(t, text, o)
			}
		}
	})
}

// TestDecodeTimes: every day that RFC 3339 can write, and odd moments.
func TestDecodeTimes(t *testing.T) {
	for day := int64(-719_528); day <= 2_932_896; day++ {
		text := time.Unix(day*86_400, 0).UTC().AppendFormat(nil, time.DateOnly)
		var got day32
		if err := addDate(text, &got); err != nil || int64(got.days) != day {
			t.Fatalf("%s is day %d, %v, not %d", text, got.days, err, day)
		}
	}
	for _, text := range []string{"2015-02-29", "2016-02-30", "1900-02-29", "2015-13-01", "2015-00-01", "2015-01-00", "2015-1-01", "15-01-01", "", "2015-01-011", "+015-01-01"} {
		if addDate([]byte(text), digest.New(arrow.FixedWidthTypes.Date32)) == nil {
			t.Errorf("%q is taken for a date", text)
		}
	}
	for _, text := range []string{"2015-06-21T01:02:03", "2015-06-21T24:00:00Z", "2015-06-21T01:60:00Z", "2015-06-21 01:02:03Z", "2015-06-21T01:02:03.Z", "2015-06-21T01:02:03.1234567Z", "2015-06-21T01:02:03+00:00", "2015-06-21T1:02:03Z"} {
		if addTimestamp([]byte(text), digest.New(arrow.FixedWidthTypes.Timestamp_us)) == nil {
			t.Errorf("%q is taken for a time", text)
		}
	}
}

// day32 receives a date.
type day32 struct {
	skipped
	days int32
}

func (d *day32) Add4(v uint32) { d.days = int32(v) }
