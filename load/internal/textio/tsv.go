package textio

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/values"
)

// tsvFields writes values as fields. A field is quoted as in CSV only where it
// must be: the null text alone is null, so an empty string, or one that equals
// the null text, is quoted.
type tsvFields struct {
	null   []byte
	squish bool
}

// newTSVEncoder writes a header and one line a row.
func newTSVEncoder(out io.WriteCloser, o Options) *Encoder {
	f := &tsvFields{null: []byte(o.Format.Null), squish: o.Format.Squish}
	e := &Encoder{out: out, cell: f.cell, after: []byte{'\n'}}
	for i, c := range o.Columns {
		before := []byte{'\t'}
		e.before = append(e.before, slices.Grow(before[:min(i, 1)], 16))
		e.buf = append(append(e.buf, e.before[i]...), c.Name...)
		e.buf = f.quote(e.buf, len(e.buf)-len(c.Name))
		e.digests = append(e.digests, digest.New(arrow.BinaryTypes.String))
	}
	e.buf = append(e.buf, e.after...)
	return e
}

// cell gives what appends the values of a column, also to the digest.
func (f *tsvFields) cell(d *digest.Digest, a arrow.Array) (Cell, error) {
	if text, isText := a.(*array.String); isText && !f.squish { // the field is the value: the whole column goes at once
		return f.text(text), d.Add(a)
	}
	nulls := nullsOf(a)
	value, err := TSVValue(a)
	return func(dst []byte, row int) ([]byte, error) {
		if nulls.at(row) {
			d.AddNull()
			return append(dst, f.null...), nil
		}
		start := len(dst)
		dst, err := value(dst, row)
		if err != nil {
			return dst, err
		}
		if f.squish {
			dst = dst[:start+squish(dst[start:])]
		}
		d.AddText(dst[start:])
		return f.quote(dst, start), nil
	}, err
}

func (f *tsvFields) text(a *array.String) Cell {
	column := newTextColumn(a, special)
	return func(dst []byte, row int) ([]byte, error) {
		if column.nulls.at(row) {
			return append(dst, f.null...), nil
		}
		value, clean := column.at(row)
		start := len(dst)
		if dst = values.Append(dst, value); !clean || len(value) == len(f.null) || len(value) == 0 {
			dst = f.quote(dst, start)
		}
		return dst, nil
	}
}

// TSVValue gives the text of an array's values before quoting, that of a list joined by
// commas. The values asked for must not be null.
func TSVValue(a arrow.Array) (Cell, error) {
	list, ok := a.(*array.List)
	if !ok {
		return Scalar(a)
	}
	elements := list.ListValues()
	element, err := Scalar(elements)
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
func (f *tsvFields) quote(dst []byte, start int) []byte {
	field := dst[start:]
	if len(field) > 0 && special(field) == len(field) && !bytes.Equal(field, f.null) {
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

// special is how many bytes of s precede the first that only a quoted field may
// hold. It looks at eight bytes at a time: every byte of a file passes here.
func special(s []byte) int {
	i := 0
	for i+8 <= len(s) {
		found := unusual(binary.LittleEndian.Uint64(s[i:]))
		if found == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(found) / 8
		if quoted(s[i]) {
			return i
		}
		i++ // another control character
	}
	for i < len(s) && !quoted(s[i]) {
		i++
	}
	return i
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
