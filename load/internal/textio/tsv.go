package textio

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/values"
)

// tsvFields writes values as fields. It quotes a field as in CSV only if it must: a field without quotes that equals
// null is a null, so it also quotes empty texts and texts that equal null.
type tsvFields struct {
	null   []byte
	squish bool // white space: one space between words, none around them
	bare   bool // an empty text is written as nothing
}

// newTSVEncoder writes a header and one line a row.
func newTSVEncoder(out io.WriteCloser, o Options) *Encoder {
	f := &tsvFields{null: []byte(o.Format.Null), squish: o.Format.Squish, bare: o.Format.Empty == format.Bare}
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

// cell returns the function that writes the values of a column, and adds them to the digest.
func (f *tsvFields) cell(d *digest.Digest, a arrow.Array) (Cell, error) {
	if text, isText := a.(*array.String); isText && !f.squish && !f.bare { // the field is the value: add the whole column
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
			dst = append(dst[:start], bytes.Join(bytes.Fields(dst[start:]), []byte{' '})...)
		}
		if f.bare && len(dst) == start && len(f.null) == 0 {
			d.AddNull() // readers take it for one
			return dst, nil
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

// TSVValue returns the text of an array's values before quoting. A list is its elements
// joined by commas. The values must not be null.
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

// quote puts the last field of dst, which begins at start, in quotes if it needs them.
func (f *tsvFields) quote(dst []byte, start int) []byte {
	field := dst[start:]
	plain := len(field) > 0 || f.bare
	if plain && special(field) == len(field) && !bytes.Equal(field, f.null) {
		return dst
	}
	doubled := bytes.ReplaceAll(field, []byte{'"'}, []byte(`""`))
	return append(append(append(dst[:start], '"'), doubled...), '"')
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
// character, and perhaps of bytes after it (Hacker's Delight, 6-1). Of all bytes from
// a space on, inverting the second bit makes only a quote, 0x22, less than 0x21.
func unusual(w uint64) uint64 { return ((w ^ 2*eachByte) - 0x21*eachByte) &^ w & eachHigh }
