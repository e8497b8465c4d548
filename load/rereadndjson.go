package load

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/schemas"
)

// ndjsonReader reads NDJSON strictly: JSON as RFC 8259 has it, and of that only
// objects with all keys in column order and no white space. It makes digests
// straight of the bytes. parseNDJSON is its yardstick in tests.
type ndjsonReader struct {
	fields  []ndjsonField
	scratch []byte // the text of a string with escapes
}

type ndjsonField struct {
	name   string
	lead   string // what stands before the value, if the name needs no escapes
	kind   schemas.Kind
	list   bool
	digest *digest.Digest
}

func newNDJSONReader(columns []schemas.Column) *ndjsonReader {
	r := &ndjsonReader{}
	for i, c := range columns {
		f := ndjsonField{name: c.Name, kind: c.Type.Kind, list: c.Type.List, digest: digest.New(c.Type.Arrow())}
		if n, _ := plainJSON([]byte(c.Name)); n == len(c.Name) {
			f.lead = string(opening(i)) + `"` + c.Name + `":`
		}
		r.fields = append(r.fields, f)
	}
	return r
}

func opening(i int) byte {
	if i == 0 {
		return '{'
	}
	return ','
}

func (r *ndjsonReader) feed(text []byte) (taken int, err error) {
	for {
		n := bytes.IndexByte(text[taken:], '\n')
		if n < 0 {
			return taken, nil
		}
		line := text[taken : taken+n]
		if err := r.line(line); err != nil {
			return taken, fmt.Errorf("line %.80q…: %w", line, err)
		}
		taken += n + 1
	}
}

func (r *ndjsonReader) end() error { return nil }

func (r *ndjsonReader) sums() []digest.Sum {
	out := make([]digest.Sum, len(r.fields))
	for i := range r.fields {
		out[i] = r.fields[i].digest.Sum()
	}
	return out
}

func (r *ndjsonReader) line(b []byte) (err error) {
	for i := range r.fields {
		f := &r.fields[i]
		if n := len(f.lead); n > 0 && len(b) > n && string(b[:n]) == f.lead {
			b = b[n:]
		} else if b, err = r.key(b, opening(i), f.name); err != nil {
			return err
		}
		if f.list && len(b) > 0 && b[0] == '[' {
			b, err = r.list(b, f)
		} else {
			b, err = r.value(b, f.kind, f.list, f.digest)
		}
		if err != nil {
			return fmt.Errorf("key %s: %w", f.name, err)
		}
	}
	if string(b) != "}" {
		return fmt.Errorf("%.20q where the object should end", b)
	}
	return nil
}

// key reads a key that has to be spelled out.
func (r *ndjsonReader) key(b []byte, before byte, name string) (rest []byte, err error) {
	if len(b) == 0 || b[0] != before {
		return nil, fmt.Errorf("%.20q where the key %s belongs", b, name)
	}
	text, b, err := r.text(b[1:])
	if err != nil {
		return nil, err
	}
	if string(text) != name {
		return nil, fmt.Errorf("key %.80q where %s belongs", text, name)
	}
	if len(b) < 2 || b[0] != ':' {
		return nil, fmt.Errorf("no value behind the key %s", name)
	}
	return b[1:], nil
}

func (r *ndjsonReader) list(b []byte, f *ndjsonField) (rest []byte, err error) {
	n := uint32(0)
	for b = b[1:]; len(b) == 0 || b[0] != ']'; n++ {
		if n > 0 {
			if len(b) == 0 || b[0] != ',' {
				return nil, fmt.Errorf("%.20q within a list", b)
			}
			b = b[1:]
		}
		if b, err = r.value(b, f.kind, false, f.digest.Elem()); err != nil {
			return nil, err
		}
	}
	f.digest.AddLength(n)
	return b[1:], nil
}

var errWrongKind = errors.New("a value of the wrong kind")

// value reads one value that is not a list.
func (r *ndjsonReader) value(b []byte, kind schemas.Kind, list bool, d *digest.Digest) (rest []byte, err error) {
	if len(b) >= 4 && string(b[:4]) == "null" {
		d.AddNull()
		return b[4:], nil
	}
	if list || len(b) == 0 {
		return nil, errWrongKind
	}
	switch kind {
	case schemas.Bool:
		return boolean(b, d)
	case schemas.Int32, schemas.Int64, schemas.Float64:
		n := number(b)
		if n == 0 {
			return nil, errWrongKind
		}
		return b[n:], addNumber(b[:n], kind, d)
	}
	if kind != schemas.Timestamp && kind != schemas.Date {
		if n := shortJSON(b); n >= 0 {
			d.AddText(b[1 : n+1])
			return b[n+2:], nil
		}
	}
	text, rest, err := r.text(b)
	if err != nil {
		return nil, err
	}
	switch kind {
	case schemas.Timestamp:
		return rest, addTimestamp(text, d)
	case schemas.Date:
		return rest, addDate(text, d)
	}
	d.AddText(text)
	return rest, nil
}

func boolean(b []byte, d *digest.Digest) (rest []byte, err error) {
	switch {
	case len(b) >= 4 && string(b[:4]) == "true":
		d.AddBool(true)
		return b[4:], nil
	case len(b) >= 5 && string(b[:5]) == "false":
		d.AddBool(false)
		return b[5:], nil
	}
	return nil, errWrongKind
}
