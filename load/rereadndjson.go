package load

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
	"unsafe"

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
	digest *digest
}

func newNDJSONReader(columns []schemas.Column) *ndjsonReader {
	r := &ndjsonReader{}
	for i, c := range columns {
		f := ndjsonField{name: c.Name, kind: c.Type.Kind, list: c.Type.List, digest: newDigest(c.Type.Arrow())}
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

func (r *ndjsonReader) sums() []sum {
	out := make([]sum, len(r.fields))
	for i := range r.fields {
		out[i] = r.fields[i].digest.sum()
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
		if b, err = r.value(b, f.kind, false, f.digest.elem); err != nil {
			return nil, err
		}
	}
	f.digest.addLength(n)
	return b[1:], nil
}

var errWrongKind = errors.New("a value of the wrong kind")

// value reads one value that is not a list.
func (r *ndjsonReader) value(b []byte, kind schemas.Kind, list bool, d *digest) (rest []byte, err error) {
	if len(b) >= 4 && string(b[:4]) == "null" {
		d.addNull()
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
	d.addText(text)
	return rest, nil
}

func boolean(b []byte, d *digest) (rest []byte, err error) {
	switch {
	case len(b) >= 4 && string(b[:4]) == "true":
		d.addByte(1)
		return b[4:], nil
	case len(b) >= 5 && string(b[:5]) == "false":
		d.addByte(0)
		return b[5:], nil
	}
	return nil, errWrongKind
}

// number is the length of the number that b begins with; 0 if there is none.
func number(b []byte) int {
	digits := func(i int) int {
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i
	}
	start := 0
	if b[0] == '-' {
		start = 1
	}
	i := digits(start)
	if i == start || b[start] == '0' && i > start+1 {
		return 0
	}
	if i < len(b) && b[i] == '.' {
		if start, i = i+1, digits(i+1); i == start {
			return 0
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if start, i = i, digits(i); i == start {
			return 0
		}
	}
	return i
}

func addNumber(b []byte, kind schemas.Kind, d *digest) error {
	text := unsafe.String(&b[0], len(b)) // strconv's errors copy it
	switch kind {
	case schemas.Float64:
		v, err := strconv.ParseFloat(text, 64)
		d.add8(math.Float64bits(v))
		return err
	case schemas.Int32:
		v, err := strconv.ParseInt(text, 10, 32)
		d.add4(uint32(v))
		return err
	}
	v, err := strconv.ParseInt(text, 10, 64)
	d.add8(uint64(v))
	return err
}

// text reads the string that b begins with. The text is good until the next
// call.
func (r *ndjsonReader) text(b []byte) (text, rest []byte, err error) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, errWrongKind
	}
	b = b[1:]
	n, ascii := plainJSON(b)
	if n < len(b) && b[n] == '"' {
		if text = b[:n]; !ascii && !utf8.Valid(text) {
			return nil, nil, errors.New("text that is not UTF-8")
		}
		return text, b[n+1:], nil
	}
	return r.escaped(b)
}

// escaped reads a string, without its opening quote, that has escapes in it.
func (r *ndjsonReader) escaped(b []byte) (text, rest []byte, err error) {
	r.scratch = r.scratch[:0]
	for {
		n, _ := plainJSON(b)
		r.scratch = append(r.scratch, b[:n]...)
		if b = b[n:]; len(b) == 0 {
			return nil, nil, errors.New("a string without end")
		}
		switch {
		case b[0] == '"' && !utf8.Valid(r.scratch):
			return nil, nil, errors.New("text that is not UTF-8")
		case b[0] == '"':
			return r.scratch, b[1:], nil
		case b[0] != '\\' || len(b) < 2:
			return nil, nil, fmt.Errorf("%.8q within a string", b)
		}
		if b, err = r.escape(b[1:]); err != nil {
			return nil, nil, err
		}
	}
}

// escape reads what stands behind a backslash.
func (r *ndjsonReader) escape(b []byte) (rest []byte, err error) {
	var c byte
	switch b[0] {
	case '"', '\\', '/':
		c = b[0]
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return r.escapedRune(b[1:])
	default:
		return nil, fmt.Errorf("the escape \\%c", b[0])
	}
	r.scratch = append(r.scratch, c)
	return b[1:], nil
}

func (r *ndjsonReader) escapedRune(b []byte) (rest []byte, err error) {
	c, ok := hexRune(b)
	if !ok {
		return nil, fmt.Errorf("the escape \\u%.4q", b)
	}
	b = b[4:]
	if c >= 0xd800 && c < 0xe000 {
		if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
			return nil, errors.New("half a surrogate pair")
		}
		low, ok := hexRune(b[2:])
		if !ok || c >= 0xdc00 || low < 0xdc00 || low >= 0xe000 {
			return nil, errors.New("half a surrogate pair")
		}
		c, b = 0x10000+(c-0xd800)<<10+(low-0xdc00), b[6:]
	}
	r.scratch = utf8.AppendRune(r.scratch, c)
	return b, nil
}

func hexRune(b []byte) (c rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, h := range b[:4] {
		switch {
		case h >= '0' && h <= '9':
			c = c<<4 + rune(h-'0')
		case h|0x20 >= 'a' && h|0x20 <= 'f':
			c = c<<4 + rune(h|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	return c, true
}

// plainJSON is how many bytes of b may stand in a string as they are, and
// whether those are known to be ASCII.
func plainJSON(b []byte) (n int, ascii bool) {
	const each = 0x0101010101010101
	i, seen := 0, uint64(0)
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		seen |= w
		quote, slash := w^'"'*each, w^'\\'*each
		if found := ((quote-each)&^quote | (slash-each)&^slash | (w-' '*each)&^w) & (each << 7); found != 0 {
			return i + bits.TrailingZeros64(found)/8, seen&(each<<7) == 0 // borrows mark only bytes above the first
		}
	}
	for ; i < len(b); i++ {
		c := b[i]
		if c < ' ' || c == '"' || c == '\\' {
			break
		}
		seen |= uint64(c)
	}
	return i, seen&(each<<7) == 0
}
