package textio

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// tsvDecoder decodes TSV: a header, and a row for each line.
type tsvDecoder struct {
	row  Row
	rows int // decoded; 0: the header is next
	each func(row *Row) error
}

// newTSVDecoder makes a decoder that adds the fields to columns, which the header must name.
func newTSVDecoder(columns []column, null string) *tsvDecoder {
	d := &tsvDecoder{row: Row{fields: make([]tsvField, len(columns))}}
	d.each = func(row *Row) error {
		for i := range columns {
			c := &columns[i]
			field, quoted := row.Field(i)
			switch {
			case d.rows == 0 && string(field) != c.name:
				return fmt.Errorf("%.80q where %s belongs", field, c.name)
			case d.rows == 0:
			case !quoted && string(field) == null:
				c.values.AddNull()
			default:
				if err := addText(field, c.kind, c.values); err != nil {
					return fmt.Errorf("column %s: %w", c.name, err)
				}
			}
		}
		return nil
	}
	return d
}

func (d *tsvDecoder) decode(text []byte) (taken int, err error) {
	for {
		n, err := d.row.split(text[taken:])
		if n == 0 && err == nil {
			return taken, nil
		}
		if err == nil {
			err = d.each(&d.row)
		}
		if err != nil && d.rows == 0 {
			return taken, fmt.Errorf("header: %w", err)
		}
		if err != nil {
			return taken, fmt.Errorf("row %d: %w", d.rows, err)
		}
		taken += n
		d.rows++
	}
}

func (d *tsvDecoder) end(half bool) error {
	switch {
	case d.rows == 0:
		return fmt.Errorf("header: %w", io.ErrUnexpectedEOF)
	case half:
		return fmt.Errorf("row %d has no end", d.rows)
	}
	return nil
}

// ReadTSV reads the rows of TSV with unknown columns, the header first. All rows must
// have as many fields as the header. A row is valid until each returns.
func ReadTSV(ctx context.Context, r io.Reader, maxRow int, each func(row *Row) error) error {
	rows := &reader{decoder: &tsvDecoder{row: Row{open: true}, each: each}, buf: make([]byte, rowsBytes), maxRow: maxRow}
	if err := rows.read(ctx, r); err != nil {
		return err
	}
	return rows.end()
}

// Row is a row of TSV.
type Row struct {
	fields []tsvField
	open   bool // their number is not known yet
	text   []byte
}

// tsvField is where a field's text lies.
type tsvField struct {
	from, to int
	quoted   bool
	doubled  bool // quotes in it are written twice
}

// Len is the number of fields.
func (r *Row) Len() int { return len(r.fields) }

// Field returns a field without its quotes, and whether it had any.
func (r *Row) Field(i int) (text []byte, quoted bool) {
	f := &r.fields[i]
	text = r.text[f.from:f.to]
	if f.doubled {
		text = bytes.ReplaceAll(text, []byte(`""`), []byte(`"`))
	}
	return text, f.quoted
}

// split finds the fields of the row that text begins with, and returns the length of
// the row, 0 if text does not hold all of it.
func (r *Row) split(text []byte) (n int, err error) {
	r.text = text
	for i := 0; ; i++ {
		if r.open && i == len(r.fields) {
			r.fields = append(r.fields, tsvField{})
		}
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
		c := text[end]
		if err := r.delimiter(c, i); err != nil {
			return 0, err
		}
		if n = end + 1; c == '\n' {
			r.open = false
			return n, nil
		}
	}
}

// delimiter checks the byte after field i.
func (r *Row) delimiter(c byte, i int) error {
	switch {
	case c != '\t' && c != '\n' && r.fields[i].quoted:
		return fmt.Errorf("%q after a quoted field", c)
	case c != '\t' && c != '\n':
		return errors.New("a carriage return or quote in a field that is not quoted")
	case !r.open && (c == '\n') != (i == len(r.fields)-1):
		return fmt.Errorf("%d fields instead of %d, or more", i+1, len(r.fields))
	}
	return nil
}

// quote finds the end of a quoted field whose text begins at from, and returns the
// position after its closing quote, the length of text if there is none.
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

// tsvMark is how many bytes of b may stand in a field without quotes. It searches eight bytes at a time for quotes
// and for bytes below 0x0e: tab, line feed and carriage return are among these.
func tsvMark(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		found := ((w - 0x0e*eachByte) | ((w ^ '"'*eachByte) - eachByte)) &^ w & eachHigh
		if found == 0 {
			continue
		}
		i += bits.TrailingZeros64(found) / 8
		if tsvEnds(b[i]) {
			return i
		}
		i -= 7 // another control character
	}
	for ; i < len(b) && !tsvEnds(b[i]); i++ {
	}
	return i
}

func tsvEnds(c byte) bool { return c == '\t' || c == '\n' || c == '\r' || c == '"' }
