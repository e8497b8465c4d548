package textio

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/civic-etl/civic-etl/schemas"
)

// parseTSV decodes TSV field by field from a bufio.Reader: the oracle for our
// decoder.
func parseTSV(text []byte, columns []schemas.Column, each func(i int, field []byte, quoted bool) error) error {
	p := &tsvParser{r: bufio.NewReader(bytes.NewReader(text))}
	for row := 0; ; row++ {
		for i, c := range columns {
			field, quoted, last, err := p.next()
			switch {
			case err == io.EOF && row > 0 && i == 0:
				return nil
			case err != nil || last != (i == len(columns)-1):
				return fmt.Errorf("a damaged row: %w", err)
			case row == 0 && string(field) != c.Name:
				return fmt.Errorf("%q where %q belongs", field, c.Name)
			case row == 0:
			default:
				if err := each(i, field, quoted); err != nil {
					return err
				}
			}
		}
	}
}

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

// bare reads the rest of a field without quotes, and what ends it.
func (p *tsvParser) bare() (end byte, err error) {
	for {
		ahead, err := p.r.Peek(max(1, p.r.Buffered()))
		if err != nil {
			return 0, err
		}
		if i := special(ahead); i < len(ahead) {
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
	}
}

// quoted reads up to the closing quote, and the byte after it.
func (p *tsvParser) quoted() (end byte, err error) {
	for {
		part, err := p.r.ReadSlice('"')
		if err == bufio.ErrBufferFull {
			p.field = append(p.field, part...)
			continue
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
