package load

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// tsvParser reads TSV field by field, telling a quoted empty field from an
// empty one.
type tsvParser struct {
	r     *bufio.Reader
	field []byte
}

// next gives a field, whether it was quoted, and whether it was the line's
// last. The text is valid until the next call. io.EOF comes at the end of a
// line only.
func (p *tsvParser) next() (text []byte, quoted, last bool, err error) {
	first, err := p.r.ReadByte()
	if err != nil {
		return nil, false, false, err
	}
	p.field = p.field[:0]
	end := first
	switch {
	case first == '"':
		quoted = true
		end, err = p.quoted()
	case first != '\t' && first != '\n':
		p.field = append(p.field, first)
		end, err = p.bare()
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err == nil && end != '\t' && end != '\n' {
		err = fmt.Errorf("%q after a quoted field", end)
	}
	return p.field, quoted, end == '\n', err
}

// longest bounds a field or a line that nobody vouches for, in bytes: a little of
// compressed nothing can stand for gigabytes.
var longest = maxPage

func errLong() error { return fmt.Errorf("a field or line of more than %d bytes", longest) }

// bare reads the rest of a field without quotes, and what ends it.
func (p *tsvParser) bare() (end byte, err error) {
	for {
		ahead, err := p.r.Peek(max(1, p.r.Buffered()))
		if err != nil {
			return 0, err
		}
		if i := special(ahead); i >= 0 {
			p.field = append(p.field, ahead[:i]...)
			end = ahead[i]
			p.r.Discard(i + 1)
			if end == '\r' || end == '"' {
				return 0, errors.New("a carriage return or quote in a field that is not quoted")
			}
			return end, nil
		}
		p.field = append(p.field, ahead...)
		p.r.Discard(len(ahead))
		if len(p.field) > longest {
			return 0, errLong()
		}
	}
}

// quoted reads up to the closing quote, and the byte after it.
func (p *tsvParser) quoted() (end byte, err error) {
	for {
		part, err := p.r.ReadSlice('"')
		if err == bufio.ErrBufferFull && len(p.field) <= longest {
			p.field = append(p.field, part...)
			continue
		}
		if err == bufio.ErrBufferFull {
			return 0, errLong()
		}
		if err != nil {
			return 0, err
		}
		p.field = append(p.field, part[:len(part)-1]...)
		end, err := p.r.ReadByte()
		if err != nil || end != '"' {
			return end, err
		}
		p.field = append(p.field, '"')
	}
}
