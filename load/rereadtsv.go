package load

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/internal/digest"
)

// tsvReader reads TSV back into the digests of the fields' text. tsvParser is
// its yardstick in tests.
type tsvReader struct {
	names   []string
	null    []byte
	digests []*digest.Digest
	fields  []tsvField // of the row being read
	scratch []byte     // a field with quotes in it
	row     int        // 0: the header
}

// tsvField is where a field's text lies.
type tsvField struct {
	from, to int
	quoted   bool
	doubled  bool // quotes in it are written twice
}

func newTSVReader(l *layout) *tsvReader {
	r := &tsvReader{null: []byte(l.format.Null), fields: make([]tsvField, len(l.columns))}
	for _, c := range l.columns {
		r.names = append(r.names, c.Name)
		r.digests = append(r.digests, digest.New(arrow.BinaryTypes.String))
	}
	return r
}

func (r *tsvReader) feed(text []byte) (taken int, err error) {
	for {
		n, err := r.split(text[taken:])
		if n == 0 && err == nil {
			return taken, nil
		}
		if err == nil {
			err = r.take(text[taken:])
		} else if r.row == 0 {
			err = fmt.Errorf("header: %w", err)
		} else {
			err = fmt.Errorf("row %d: %w", r.row, err)
		}
		if err != nil {
			return taken, err
		}
		taken += n
		r.row++
	}
}

func (r *tsvReader) end() error {
	if r.row == 0 {
		return fmt.Errorf("header: %w", io.ErrUnexpectedEOF)
	}
	return nil
}

func (r *tsvReader) sums() []digest.Sum { return digest.Sums(r.digests) }

// split finds the fields of the row that text begins with and the length of the
// row, 0 if its end is not there yet.
func (r *tsvReader) split(text []byte) (n int, err error) {
	for i := range r.fields {
		f := &r.fields[i]
		var end int // where the tab or line feed behind the field is
		if n < len(text) && text[n] == '"' {
			end = f.quote(text, n+1)
		} else {
			*f = tsvField{from: n}
			end = n + tsvMark(text[n:])
			f.to = end
		}
		if end >= len(text) {
			return 0, nil
		}
		switch c := text[end]; {
		case c != '\t' && c != '\n' && f.quoted:
			return 0, fmt.Errorf("%q after a quoted field", c)
		case c != '\t' && c != '\n':
			return 0, errors.New("a carriage return or quote in a field that is not quoted")
		case (c == '\n') != (i == len(r.fields)-1):
			return 0, fmt.Errorf("%d fields instead of %d, or more", i+1, len(r.fields))
		}
		n = end + 1
	}
	return n, nil
}

// quote finds the end of a quoted field whose text begins at from, and gives
// what comes behind its closing quote; the length of text if it is not there.
func (f *tsvField) quote(text []byte, from int) int {
	*f = tsvField{from: from, quoted: true}
	for i := from; ; i += 2 {
		n := bytes.IndexByte(text[min(i, len(text)):], '"')
		if i += n; n < 0 || i+1 >= len(text) {
			return len(text)
		}
		if text[i+1] != '"' {
			f.to = i
			return i + 1
		}
		f.doubled = true
	}
}

// take adds the fields found in text to the digests.
func (r *tsvReader) take(text []byte) error {
	for i, f := range r.fields {
		field := text[f.from:f.to]
		if f.doubled {
			field = r.single(field)
		}
		switch {
		case r.row == 0 && string(field) != r.names[i]:
			return fmt.Errorf("header names %.80q where %s belongs", field, r.names[i])
		case r.row == 0:
		case !f.quoted && bytes.Equal(field, r.null):
			r.digests[i].AddNull()
		default:
			r.digests[i].AddText(field)
		}
	}
	return nil
}

// single writes each pair of quotes as one.
func (r *tsvReader) single(field []byte) []byte {
	r.scratch = r.scratch[:0]
	for {
		i := bytes.IndexByte(field, '"')
		if i < 0 {
			r.scratch = append(r.scratch, field...)
			return r.scratch
		}
		r.scratch = append(r.scratch, field[:i+1]...)
		field = field[i+2:]
	}
}

// tsvMark is how many bytes of b may stand in a field that is not quoted. Eight
// bytes at a time it looks for those that are below 0x0e, where tab, line feed and
// carriage return are, or that are a quote.
func tsvMark(b []byte) int {
	const each, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		found := ((w - 0x0e*each) | ((w ^ '"'*each) - each)) &^ w & high
		if found == 0 {
			continue
		}
		i += bits.TrailingZeros64(found) / 8
		if tsvEnds(b[i]) {
			return i
		}
		i -= 7 // another control character: go on behind it
	}
	for ; i < len(b) && !tsvEnds(b[i]); i++ {
	}
	return i
}

func tsvEnds(c byte) bool { return c == '\t' || c == '\n' || c == '\r' || c == '"' }
