package textio

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/schemas"
)

// ndjsonDecoder decodes NDJSON strictly: JSON as in RFC 8259, and only objects with all
// keys in column order and no white space.
type ndjsonDecoder struct {
	columns []column
	scratch []byte // the text of a string with escapes
	lines   int
}

func newNDJSONDecoder(columns []column) *ndjsonDecoder {
	opening := byte('{')
	for i, c := range columns {
		key, _ := jsontext.AppendQuote([]byte{opening}, c.name) // no error: names are UTF-8
		columns[i].key = append(key, ':')
		opening = ','
	}
	return &ndjsonDecoder{columns: columns}
}

func (d *ndjsonDecoder) decode(text []byte) (taken int, err error) {
	for {
		n := bytes.IndexByte(text[taken:], '\n')
		if n < 0 {
			return taken, nil
		}
		d.lines++
		line := text[taken : taken+n]
		if err := d.line(line); err != nil {
			return taken, fmt.Errorf("line %d, %.80q…: %w", d.lines, line, err)
		}
		taken += n + 1
	}
}

func (d *ndjsonDecoder) end(half bool) error {
	if half {
		return fmt.Errorf("line %d has no end", d.lines+1)
	}
	return nil
}

func (d *ndjsonDecoder) line(b []byte) (err error) {
	for i := range d.columns {
		c := &d.columns[i]
		if !bytes.HasPrefix(b, c.key) {
			return fmt.Errorf("%.80q where the key %s belongs", b, c.name)
		}
		b = b[len(c.key):]
		if c.list && len(b) > 0 && b[0] == '[' {
			b, err = d.list(b, c)
		} else {
			b, err = d.value(b, c.kind, c.list, c.values)
		}
		if err != nil {
			return fmt.Errorf("key %s: %w", c.name, err)
		}
	}
	if string(b) != "}" {
		return fmt.Errorf("%.20q where the object should end", b)
	}
	return nil
}

func (d *ndjsonDecoder) list(b []byte, c *column) (rest []byte, err error) {
	n := uint32(0)
	c.values.BeginList()
	for b = b[1:]; len(b) == 0 || b[0] != ']'; n++ {
		if n > 0 {
			if len(b) == 0 || b[0] != ',' {
				return nil, fmt.Errorf("%.20q within a list", b)
			}
			b = b[1:]
		}
		if b, err = d.value(b, c.kind, false, c.elements); err != nil {
			return nil, err
		}
	}
	c.values.EndList(n)
	return b[1:], nil
}

var errWrongKind = errors.New("a value of the wrong kind")

// value reads one value that is not a list.
func (d *ndjsonDecoder) value(b []byte, kind schemas.Kind, list bool, to values.Receiver) (rest []byte, err error) {
	if len(b) >= 4 && string(b[:4]) == "null" {
		to.AddNull()
		return b[4:], nil
	}
	if list || len(b) == 0 {
		return nil, errWrongKind
	}
	switch kind {
	case schemas.Bool:
		n := bytes.IndexByte(b[:min(len(b), 5)], 'e') + 1
		return b[n:], addBool(b[:n], to)
	case schemas.Int32, schemas.Int64, schemas.Float64:
		n := number(b)
		if n == 0 {
			return nil, errWrongKind
		}
		return b[n:], addNumber(b[:n], kind, to)
	}
	if kind != schemas.Timestamp && kind != schemas.Date {
		if n := shortJSON(b); n >= 0 {
			to.AddText(b[1 : n+1])
			return b[n+2:], nil
		}
	}
	text, rest, err := d.text(b)
	if err != nil {
		return nil, err
	}
	if kind == schemas.Timestamp || kind == schemas.Date {
		return rest, addText(text, kind, to)
	}
	to.AddText(text) // text has checked that it is UTF-8
	return rest, nil
}
