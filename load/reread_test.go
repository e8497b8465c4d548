package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/schemas"
)

// yardstick reads text with the decoders that build on libraries.
func yardstick(text []byte, l *layout) ([]digest.Sum, error) {
	if l.format.Name == "ndjson" {
		digests := digest.ForSchema(l.schema())
		err := blocks(bytes.NewReader(text), func(block []byte) error {
			batch, err := parseNDJSON(block, l.columns)
			if err != nil {
				return err
			}
			defer batch.Release()
			return digest.AddBatch(digests, batch)
		})
		return digest.Sums(digests), err
	}
	p := &tsvParser{r: bufio.NewReaderSize(bytes.NewReader(text), textBlock)}
	digests := make([]*digest.Digest, len(l.columns))
	for i := range digests {
		digests[i] = digest.New(arrow.BinaryTypes.String)
	}
	if err := p.header(l.columns); err != nil {
		return nil, err
	}
	for {
		for i, d := range digests {
			field, quoted, last, err := p.next()
			if err == io.EOF && i == 0 {
				return digest.Sums(digests), nil
			}
			if err != nil || last != (i == len(digests)-1) {
				return nil, fmt.Errorf("a damaged row: %w", err)
			}
			if !quoted && string(field) == l.format.Null {
				d.AddNull()
			} else {
				d.AddText(field)
			}
		}
	}
}

func reading(text []byte, l *layout, wrap func(io.Reader) io.Reader) ([]digest.Sum, error) {
	r := newRereader(l)
	err := errors.Join(r.read(context.Background(), wrap(bytes.NewReader(text))), r.end())
	return r.text.sums(), err
}

func whole(r io.Reader) io.Reader { return r }

// written is what a table of every kind looks like as text.
func written(t testing.TB, f Format, shape *schemas.Table, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	e, err := (&layout{format: f, columns: shape.Columns, narrow: 1}).encoder(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Write(context.Background(), nasty(shape, 0, n)), e.Close(context.Background())); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var textFormats = []Format{{Name: "ndjson"}, {Name: "tsv"}, {Name: "tsv", Null: "NA"}}

// TestRereadLikeOthers: our readers find in a file what those find that build
// on libraries, however the bytes come in.
func TestRereadLikeOthers(t *testing.T) {
	shape := everyKind()
	shape.Columns = append(shape.Columns, schemas.Column{Name: "a \"name\"\tthat needs\\escapes", Type: schemas.Type{Kind: schemas.Int64, Nullable: true}})
	rows := oneIn(10, 120)
	for _, f := range textFormats {
		text, l := written(t, f, shape, rows), &layout{format: f, columns: shape.Columns}
		want, err := yardstick(text, l)
		if err != nil {
			t.Fatal(err)
		}
		for name, wrap := range map[string]func(io.Reader) io.Reader{"whole": whole, "byte by byte": iotest.OneByteReader, "halves": iotest.HalfReader, "with the end": iotest.DataErrReader} {
			got, err := reading(text, l, wrap)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s, %s: %v, other digests: %v", f.Name, name, err, !slices.Equal(got, want))
			}
		}
	}
}

// TestRereadDamaged: when a byte of a text is changed, left out or doubled, the
// reader refuses it, or finds what the others find.
func TestRereadDamaged(t *testing.T) {
	shape := everyKind()
	for _, f := range textFormats {
		text, l := written(t, f, shape, 3), &layout{format: f, columns: shape.Columns}
		refused, tried := 0, 0
		for at := 0; at < len(text); at += 1 + at/40 {
			for _, with := range []string{"", "x", "\"", "\\", "0", "\n", "\t", " ", "\x00", "\xff", ",", "e", string(text[at]) + string(text[at])} {
				damaged := slices.Concat(text[:at], []byte(with), text[at+1:])
				tried++
				if !agrees(t, damaged, l) {
					refused++
				}
			}
		}
		if tried < 500 || f.Name == "ndjson" && refused < tried/2 {
			t.Errorf("%s: only %d refused, of %d", f.Name, refused, tried)
		}
	}
}

// agrees says whether the reader takes the text; what it takes, the yardstick
// has to find too.
func agrees(t *testing.T, text []byte, l *layout) bool {
	t.Helper()
	got, err := reading(text, l, whole)
	if err != nil {
		if !errors.Is(err, digest.ErrDiffers) {
			t.Fatalf("%q: %v does not say that the file differs", text, err)
		}
		return false
	}
	want, err := yardstick(text, l)
	if err != nil {
		t.Fatalf("%q is taken, and others say: %v", text, err)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%q is read otherwise than by others", text)
	}
	return true
}

// FuzzReread: our readers and those that build on libraries never find
// different values, and ours take nothing that the others refuse.
func FuzzReread(f *testing.F) {
	shape := everyKind()
	for _, format := range textFormats {
		f.Add(written(f, format, shape, 2), format.Name == "tsv", format.Null)
	}
	f.Add([]byte(`{"z_id":1`), false, "")
	f.Add([]byte("z_id\t\"k5"), true, "")
	f.Fuzz(func(t *testing.T, text []byte, tsv bool, null string) {
		if strings.ContainsAny(null, "\t\r\n\"") {
			return
		}
		l := &layout{format: Format{Name: "ndjson"}, columns: shape.Columns}
		if tsv {
			l.format = Format{Name: "tsv", Null: null}
		}
		agrees(t, text, l)
	})
}

// FuzzRereadValue puts any text where one value of a small row belongs.
func FuzzRereadValue(f *testing.F) {
	for _, s := range nastyTexts {
		f.Add([]byte(s))
	}
	for _, s := range []string{`"\ud83e\uddec"`, `"\ud800"`, `"\u00e9\/"`, `-0`, `01`, `1e5`, `1.`, `1e400`, `null`, `[null,"a"]`, `[]`, `[,]`, `"2016-02-29T23:59:59.5Z"`, `"0000-01-01"`, `nulll`, `"x""`, `9223372036854775808`, `9007199254740993`, `999999999999999.5`, `672.25`, `0.30000000000000004`, `2147483648`, `-0.0`} {
		f.Add([]byte(s))
	}
	kinds := everyKind().Columns
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, c := range kinds {
			for _, format := range textFormats {
				l := &layout{format: format, columns: []schemas.Column{{Name: "c", Type: c.Type}}}
				text := slices.Concat([]byte("c\n"), value, []byte("\n"))
				if format.Name == "ndjson" {
					text = slices.Concat([]byte(`{"c":`), value, []byte("}\n"))
				}
				agrees(t, text, l)
			}
		}
	})
}

// TestRereadTimes: every day that RFC 3339 can write, and odd moments.
func TestRereadTimes(t *testing.T) {
	for day := int64(-719_528); day <= 2_932_896; day++ {
		text := time.Unix(day*86_400, 0).UTC().AppendFormat(nil, time.DateOnly)
		if got, ok := days(text); !ok || got != day {
			t.Fatalf("%s is day %d, %v, not %d", text, got, ok, day)
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

// TestDamageIsFollowed: a byte that changes on its way to the disk early in a
// large text is noticed, and nothing is published.
func TestDamageIsFollowed(t *testing.T) {
	shape := everyKind()
	batch := nasty(shape, 0, 400)
	for _, f := range []Format{{Name: "ndjson"}, {Name: "tsv"}} {
		for _, at := range []int64{700, 300_000} {
			out, err := Create(Options{Target: filepath.Join(fastDir(t), "out"), Tables: []*schemas.Table{shape}, Formats: []Format{f}, FS: &damagedFS{at: at}})
			if err != nil {
				t.Fatal(err)
			}
			writes := 0
			for ; writes < 20 && err == nil; writes++ {
				err = out.Write(context.Background(), 0, batch)
			}
			if err == nil {
				_, err = out.Close(context.Background())
			}
			if !errors.Is(err, digest.ErrDiffers) || !strings.Contains(err.Error(), "re-read") {
				t.Errorf("%s, byte %d: %v", f.Name, at, err)
			}
			if out.Publish(&Manifest{RunID: "x"}) == nil {
				t.Errorf("%s, byte %d: published", f.Name, at)
			}
			out.Abort()
		}
	}
}
