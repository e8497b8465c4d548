package load

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/schemas"
)

// tsvEncoder writes a header and one line a row. A field is quoted as in CSV
// only where it must be: the null text alone is null, so an empty string, or
// one that equals the null text, is quoted.
type tsvEncoder struct {
	out     io.WriteCloser
	null    []byte
	squish  bool
	digests []*digest.Digest // of the fields' text
	buf     []byte
}

func newTSVEncoder(w io.WriteCloser, f Format, columns []schemas.Column) *tsvEncoder {
	e := &tsvEncoder{out: w, null: []byte(f.Null), squish: f.Squish}
	for i, c := range columns {
		e.separate(i)
		e.buf = append(e.buf, c.Name...)
		e.buf = e.quote(e.buf, len(e.buf)-len(c.Name))
		e.digests = append(e.digests, digest.New(arrow.BinaryTypes.String))
	}
	e.buf = append(e.buf, '\n')
	return e
}

// Write appends the batch's rows.
func (e *tsvEncoder) Write(ctx context.Context, batch arrow.RecordBatch) error {
	fields := make([]cell, batch.NumCols())
	for i, a := range batch.Columns() {
		var err error
		if fields[i], err = e.field(e.digests[i], a); err != nil {
			return err
		}
	}
	for row := range int(batch.NumRows()) {
		for i, field := range fields {
			e.separate(i)
			var err error
			if e.buf, err = field(e.buf, row); err != nil {
				return fmt.Errorf("column %s, row %d of the batch: %w", batch.ColumnName(i), row+1, err)
			}
		}
		e.buf = append(e.buf, '\n')
		if len(e.buf) >= textBuffer {
			if err := e.hand(ctx); err != nil {
				return err
			}
		}
	}
	return e.hand(ctx)
}

func (e *tsvEncoder) separate(i int) {
	if i > 0 {
		e.buf = append(e.buf, '\t')
	}
}

// field gives what appends the values of a column, to the digest too.
func (e *tsvEncoder) field(d *digest.Digest, a arrow.Array) (cell, error) {
	if text, isText := a.(*array.String); isText && !e.squish { // the field is the value: the whole column goes at once
		return e.text(text), d.Add(a)
	}
	nulls := nullsOf(a)
	value, err := tsvCell(a)
	return func(dst []byte, row int) ([]byte, error) {
		if nulls.at(row) {
			d.AddNull()
			return append(dst, e.null...), nil
		}
		start := len(dst)
		dst, err := value(dst, row)
		if err != nil {
			return dst, err
		}
		if e.squish {
			dst = dst[:start+squish(dst[start:])]
		}
		d.AddText(dst[start:])
		return e.quote(dst, start), nil
	}, err
}

func (e *tsvEncoder) text(a *array.String) cell {
	column := newTextColumn(a, func(text []byte) int {
		if n := special(text); n >= 0 {
			return n
		}
		return len(text)
	})
	return func(dst []byte, row int) ([]byte, error) {
		if column.nulls.at(row) {
			return append(dst, e.null...), nil
		}
		value, plain := column.at(row)
		start := len(dst)
		if dst = digest.AppendBytes(dst, value); !plain || len(value) == len(e.null) || len(value) == 0 {
			dst = e.quote(dst, start)
		}
		return dst, nil
	}
}

func (e *tsvEncoder) hand(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := e.out.Write(e.buf)
	e.buf = e.buf[:0]
	return err
}

// Close writes the header if no row came, and ends the text. The sink stays
// open.
func (e *tsvEncoder) Close(ctx context.Context) error {
	if err := e.hand(ctx); err != nil {
		return err
	}
	return e.out.Close()
}

func (e *tsvEncoder) sums() []digest.Sum { return digest.Sums(e.digests) }

func tsvCell(a arrow.Array) (cell, error) {
	list, ok := a.(*array.List)
	if !ok {
		return plainText(a)
	}
	elements := list.ListValues()
	element, err := plainText(elements)
	return func(dst []byte, i int) ([]byte, error) {
		start, end := list.ValueOffsets(i)
		for j := int(start); j < int(end); j++ {
			if j > int(start) {
				dst = append(dst, ',')
			}
			if elements.IsNull(j) {
				continue
			}
			var err error
			if dst, err = element(dst, j); err != nil {
				return dst, err
			}
		}
		return dst, nil
	}, err
}

// quote puts the field that dst ends with, from start on, into quotes if it needs them.
func (e *tsvEncoder) quote(dst []byte, start int) []byte {
	field := dst[start:]
	if len(field) > 0 && special(field) < 0 && !bytes.Equal(field, e.null) {
		return dst
	}
	quotes := bytes.Count(field, []byte{'"'})
	dst = append(dst, make([]byte, quotes+2)...)
	to := len(dst) - 1
	dst[to] = '"'
	for from := len(dst) - quotes - 3; from >= start; from-- {
		to--
		if dst[to] = dst[from]; dst[to] == '"' {
			to--
			dst[to] = '"'
		}
	}
	dst[start] = '"'
	return dst
}

// special finds the first byte that may only stand in a quoted field. Eight
// bytes at a time: every byte of a file goes through here.
func special(s []byte) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		found := unusual(binary.LittleEndian.Uint64(s[i:]))
		if found == 0 {
			continue
		}
		at := i + bits.TrailingZeros64(found)/8
		if quoted(s[at]) {
			return at
		}
		i = at + 1 - 8 // another control character
	}
	for ; i < len(s); i++ {
		if quoted(s[i]) {
			return i
		}
	}
	return -1
}

func quoted(c byte) bool { return c == '\t' || c == '\n' || c == '\r' || c == '"' }

const (
	eachByte  = 0x0101010101010101
	eachSlash = '\\' * eachByte
	eachHigh  = 0x80 * eachByte
)

// unusual sets the high bit of the first byte that is a quote or a control
// character, and perhaps of bytes behind it (Hacker's Delight, 6-1). Turning the
// second bit round makes a quote, 0x22, the one byte that comes to stand at 0x20.
func unusual(w uint64) uint64 { return ((w ^ 2*eachByte) - 0x21*eachByte) &^ w & eachHigh }

// squish turns runs of white space into one space, in place, drops them at the
// ends, and gives the new length.
func squish(s []byte) int {
	n, gap := 0, false
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		if unicode.IsSpace(r) {
			gap = n > 0
		} else {
			if gap {
				s[n] = ' '
				n++
				gap = false
			}
			n += copy(s[n:], s[i:i+size])
		}
		i += size
	}
	return n
}
