package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
)

// tsvParser reads TSV field by field, telling a quoted empty field from an
// empty one.
type tsvParser struct {
	r     *bufio.Reader
	field []byte
}

// readTSV is the way back from TSV text: the digests of the fields' text.
func readTSV(ctx context.Context, r io.Reader, l *layout) ([]sum, error) {
	p := &tsvParser{r: bufio.NewReaderSize(r, textBlock)}
	digests := make([]*digest, len(l.columns))
	for i, c := range l.columns {
		digests[i] = newDigest(arrow.BinaryTypes.String)
		text, _, last, err := p.next()
		if err != nil {
			return nil, fmt.Errorf("header: %w: %w", err, errDiffers)
		}
		if string(text) != c.Name || last != (i == len(l.columns)-1) {
			return nil, fmt.Errorf("header names %.80q where %s belongs: %w", text, c.Name, errDiffers)
		}
	}
	for row := 1; ; row++ {
		if err := p.row(digests, []byte(l.format.Null)); err == io.EOF {
			return sums(digests), nil
		} else if err != nil {
			return nil, fmt.Errorf("row %d: %w: %w", row, err, errDiffers)
		}
		if row%readRows == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func (p *tsvParser) row(digests []*digest, null []byte) error {
	for i, d := range digests {
		text, quoted, last, err := p.next()
		if err == io.EOF && i == 0 {
			return err
		}
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if last != (i == len(digests)-1) {
			return fmt.Errorf("%d fields instead of %d, or more", i+1, len(digests))
		}
		d.addText(text, !quoted && bytes.Equal(text, null))
	}
	return nil
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
