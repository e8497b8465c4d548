package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/go-json-experiment/json/jsontext"
)

// textColumns gathers the wanted columns of a text file as text, or lists of it.
type textColumns struct {
	reader  *columnReader
	file    FileResult
	builder *array.RecordBuilder
	at      map[string]int // the builder's field of a column
	rows    int64
	pending int64 // of them, not handed on yet
}

func (r *columnReader) readText(ctx context.Context, open io.Reader, f FileResult) error {
	c := &textColumns{reader: r, file: f, at: map[string]int{}}
	var fields []arrow.Field
	for _, column := range r.table.Columns {
		if _, inPath := f.Partition[column.Name]; inPath || !slices.Contains(r.columns, column.Name) {
			continue
		}
		field := arrow.Field{Name: column.Name, Type: arrow.BinaryTypes.String, Nullable: true}
		if strings.HasPrefix(column.Type, "list<") {
			field.Type = arrow.ListOf(arrow.BinaryTypes.String)
		}
		c.at[column.Name] = len(fields)
		fields = append(fields, field)
	}
	c.builder = array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer c.builder.Release()
	format := Format{Name: f.Format, Compression: compressionOf(f.Path)}
	text, err := format.Decompress(bufio.NewReaderSize(open, sinkBuffer))
	if err != nil {
		return err
	}
	defer text.Close()
	if f.Format == "tsv" {
		err = c.tsv(ctx, text)
	} else {
		err = c.ndjson(ctx, text)
	}
	if err != nil {
		return fmt.Errorf("row %d: %w", c.rows+1, err)
	}
	return c.hand()
}

func compressionOf(path string) string {
	switch {
	case strings.HasSuffix(path, ".gz"):
		return "gzip"
	case strings.HasSuffix(path, ".zst"):
		return "zstd"
	}
	return "none"
}

// next ends a row, and hands the rows on when they are many.
func (c *textColumns) next(ctx context.Context) error {
	c.rows++
	if c.pending++; c.pending < readRows {
		return nil
	}
	return errors.Join(c.hand(), ctx.Err())
}

func (c *textColumns) hand() error {
	if c.pending == 0 {
		return nil
	}
	batch := c.builder.NewRecordBatch()
	defer batch.Release()
	rows := c.pending
	c.pending = 0
	return c.reader.hand(batch, c.file, rows)
}

func (c *textColumns) ndjson(ctx context.Context, r io.Reader) error {
	return blocks(r, func(block []byte) error {
		for line := range bytes.Lines(block) {
			if err := c.object(jsontext.NewDecoder(bytes.NewBuffer(line))); err != nil {
				return err
			}
			if err := c.next(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// object reads one line's object; what is not wanted is stepped over.
func (c *textColumns) object(d *jsontext.Decoder) error {
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		return errors.Join(err, errors.New("it is no object"))
	}
	found := 0
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		at, wanted := c.at[name.String()]
		if !wanted {
			if err := d.SkipValue(); err != nil {
				return err
			}
			continue
		}
		found++
		if err := appendJSONText(c.builder.Field(at), d); err != nil {
			return fmt.Errorf("column %s: %w", name, err)
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	if found != len(c.at) {
		return errors.New("a column is missing")
	}
	return nil
}

// appendJSONText appends a value as text: a string without its quotes, all else as
// it stands.
func appendJSONText(b array.Builder, d *jsontext.Decoder) error {
	list, isList := b.(*array.ListBuilder)
	token, err := d.ReadToken()
	switch kind := token.Kind(); {
	case err != nil:
		return err
	case kind == 'n':
		b.AppendNull()
		return nil
	case isList != (kind == '[') || kind == '{':
		return errors.New("a value of the wrong kind")
	case !isList:
		b.(*array.StringBuilder).Append(token.String())
		return nil
	}
	list.Append(true)
	for d.PeekKind() != ']' {
		if err := appendJSONText(list.ValueBuilder(), d); err != nil {
			return err
		}
	}
	_, err = d.ReadToken()
	return err
}

func (c *textColumns) tsv(ctx context.Context, r io.Reader) error {
	p := &tsvParser{r: bufio.NewReaderSize(r, textBlock)}
	var fields []int // of the builder, by column of the file; -1: not wanted
	for last := false; !last; {
		var text []byte
		var err error
		if text, _, last, err = p.next(); err != nil {
			return err
		}
		at, wanted := c.at[string(text)]
		if !wanted {
			at = -1
		} else if _, isList := c.builder.Field(at).(*array.ListBuilder); isList {
			return fmt.Errorf("column %s holds lists, which TSV joins: write the table as parquet or ndjson too", text)
		}
		fields = append(fields, at)
	}
	if wanted := slices.DeleteFunc(slices.Clone(fields), func(at int) bool { return at < 0 }); len(wanted) != len(c.at) {
		return errors.New("a column is missing")
	}
	for {
		for i, at := range fields {
			text, quoted, last, err := p.next()
			switch {
			case err == io.EOF && i == 0:
				return nil
			case err != nil:
				return err
			case last != (i == len(fields)-1):
				return fmt.Errorf("%d fields instead of %d, or more", i+1, len(fields))
			case at < 0:
			case !quoted && string(text) == c.file.Null:
				c.builder.Field(at).AppendNull()
			default:
				c.builder.Field(at).(*array.StringBuilder).Append(string(text))
			}
		}
		if err := c.next(ctx); err != nil {
			return err
		}
	}
}
