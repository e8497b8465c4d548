package load

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/schemas"
)

func (l *layout) schema() *arrow.Schema {
	return (&schemas.Table{Columns: l.columns}).Arrow()
}

// parseNDJSON is the way back from NDJSON text, with a JSON decoder that did
// not write it. The lines must look as our own do: all keys, in column order.
func parseNDJSON(text []byte, columns []schemas.Column) (arrow.RecordBatch, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, (&layout{columns: columns}).schema())
	defer b.Release()
	p := &ndjsonParser{builder: b}
	for _, c := range columns {
		key, err := jsontext.AppendQuote(nil, c.Name)
		if err != nil {
			return nil, err
		}
		p.keys = append(p.keys, key)
	}
	for row := 1; len(text) > 0; row++ {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		if err := p.line(line); err != nil {
			return nil, fmt.Errorf("line %.80q…: %w: %w", line, err, digest.ErrDiffers)
		}
		text = rest
	}
	return b.NewRecordBatch(), nil
}

type ndjsonParser struct {
	builder *array.RecordBuilder
	keys    [][]byte
	decoder jsontext.Decoder
	scratch []byte
}

func (p *ndjsonParser) line(line []byte) error {
	p.decoder.Reset(bytes.NewBuffer(line))
	if err := p.delimiter('{'); err != nil {
		return err
	}
	for i, key := range p.keys {
		got, err := p.decoder.ReadValue()
		if err != nil {
			return err
		}
		if !bytes.Equal(got, key) {
			return fmt.Errorf("key %s where %s belongs", got, key)
		}
		if err := p.value(p.builder.Field(i)); err != nil {
			return fmt.Errorf("key %s: %w", key, err)
		}
	}
	if err := p.delimiter('}'); err != nil {
		return err
	}
	if _, err := p.decoder.ReadToken(); err != io.EOF {
		return fmt.Errorf("more than one object")
	}
	return nil
}

func (p *ndjsonParser) delimiter(want jsontext.Kind) error {
	t, err := p.decoder.ReadToken()
	if err == nil && t.Kind() != want {
		err = fmt.Errorf("%s where %s belongs", t.Kind(), want)
	}
	return err
}

func (p *ndjsonParser) value(b array.Builder) error {
	kind := p.decoder.PeekKind()
	if list, ok := b.(*array.ListBuilder); ok && kind == '[' {
		return p.list(list)
	}
	raw, err := p.decoder.ReadValue()
	if err != nil {
		return err
	}
	if kind == 'n' {
		b.AppendNull()
		return nil
	}
	if text := kind == '"'; text != isText(b) {
		return fmt.Errorf("a value of the wrong kind: %s", raw)
	} else if text {
		if p.scratch, err = jsontext.AppendUnquote(p.scratch[:0], raw); err != nil {
			return err
		}
		raw = p.scratch
	}
	return appendParsed(b, raw)
}

func (p *ndjsonParser) list(b *array.ListBuilder) error {
	if err := p.delimiter('['); err != nil {
		return err
	}
	b.Append(true)
	for p.decoder.PeekKind() != ']' {
		if err := p.value(b.ValueBuilder()); err != nil {
			return err
		}
	}
	return p.delimiter(']')
}

// isText says whether values of the builder are JSON strings.
func isText(b array.Builder) bool {
	switch b.(type) {
	case *array.StringBuilder, *array.TimestampBuilder, *array.Date32Builder:
		return true
	}
	return false
}

func appendParsed(b array.Builder, raw []byte) error {
	switch b := b.(type) {
	case *array.StringBuilder:
		b.BinaryBuilder.Append(raw)
		return nil
	case *array.Int32Builder:
		v, err := strconv.ParseInt(string(raw), 10, 32)
		b.Append(int32(v))
		return err
	case *array.Int64Builder:
		v, err := strconv.ParseInt(string(raw), 10, 64)
		b.Append(v)
		return err
	case *array.Float64Builder:
		v, err := strconv.ParseFloat(string(raw), 64)
		b.Append(v)
		return err
	case *array.BooleanBuilder:
		v, err := strconv.ParseBool(string(raw))
		b.Append(v)
		return err
	case *array.TimestampBuilder:
		t, err := time.Parse(time.RFC3339Nano, string(raw))
		b.Append(arrow.Timestamp(t.UnixMicro()))
		return err
	case *array.Date32Builder:
		t, err := time.Parse(time.DateOnly, string(raw))
		b.Append(arrow.Date32FromTime(t))
		return err
	default:
		return fmt.Errorf("no column may hold %s", b.Type())
	}
}

// textBlock is how much text is parsed at a time.
const textBlock = 256 << 10

// blocks cuts text into pieces that end with a line, each a slice of its own.
func blocks(r io.Reader, each func([]byte) error) error {
	var rest []byte
	for {
		if len(rest) > longest {
			return errLong()
		}
		block := make([]byte, len(rest)+max(textBlock, len(rest))) // twice a line that has no end yet
		copy(block, rest)
		n, err := io.ReadFull(r, block[len(rest):])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return fmt.Errorf("%w: %w", err, digest.ErrDiffers)
		}
		block = block[:len(rest)+n]
		if err != nil {
			if len(block) > 0 && block[len(block)-1] != '\n' {
				return fmt.Errorf("the last line has no end: %w", digest.ErrDiffers)
			}
			return each(block)
		}
		end := bytes.LastIndexByte(block, '\n') + 1
		rest = block[end:]
		if end > 0 {
			if err := each(block[:end]); err != nil {
				return err
			}
		}
	}
}
