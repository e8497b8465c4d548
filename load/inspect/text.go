package inspect

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/published"
)

// maxLine bounds one line of a text file that nobody vouches for.
const maxLine = 64 << 20

// text describes an NDJSON or TSV file of any writer by reading all of it.
func (in *Inspection) text(ctx context.Context, r io.Reader, format format.Format, rows int) error {
	text, err := format.Decompress(bufio.NewReaderSize(r, disk.BufferSize))
	if err != nil {
		return fmt.Errorf("%s: %w", format.Codec(), err)
	}
	defer text.Close()
	sample := Sample{}
	if in.Kind == "tsv" {
		err = in.tsv(ctx, text, rows, &sample)
	} else {
		err = in.ndjson(ctx, text, rows, &sample)
	}
	for i := range in.Columns {
		in.Columns[i].settle(in.Rows, in.Kind)
	}
	if rows > 0 {
		in.Samples = []Sample{sample}
	}
	return err
}

func (in *Inspection) tsv(ctx context.Context, r io.Reader, rows int, sample *Sample) error {
	header := true
	return textio.ReadTSV(ctx, r, published.MaxTextRow, func(row *textio.Row) error {
		if header {
			header = false
			for i := range row.Len() {
				name, _ := row.Field(i)
				in.Columns = append(in.Columns, ColumnFacts{Name: string(name)})
			}
			return nil
		}
		in.Rows++
		if object := in.tsvRow(row, len(sample.Rows) < rows); object != nil {
			sample.Rows = append(sample.Rows, object)
		}
		return nil
	})
}

// tsvRow takes one row in, and gives it as an object if it is to be shown.
func (in *Inspection) tsvRow(row *textio.Row, show bool) jsontext.Value {
	object := []byte("{")
	for i := range in.Columns {
		c := &in.Columns[i]
		text, quoted := row.Field(i)
		null := len(text) == 0 && !quoted
		if !null {
			c.guess.text(string(text))
		}
		switch {
		case !show:
		case null:
			object = append(appendKey(object, c.Name), "null"...)
		default:
			object = published.QuoteJSON(appendKey(object, c.Name), text)
		}
	}
	if !show {
		return nil
	}
	return append(object, '}')
}

func (in *Inspection) ndjson(ctx context.Context, r io.Reader, rows int, sample *Sample) error {
	lines := bufio.NewReaderSize(r, disk.BufferSize)
	at := map[string]int{}
	var line []byte
	for {
		part, err := lines.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == bufio.ErrBufferFull && len(line) <= maxLine:
			continue
		case err == bufio.ErrBufferFull:
			return fmt.Errorf("line %d is longer than %d bytes", in.Rows+1, maxLine)
		case err != nil && err != io.EOF:
			return fmt.Errorf("after line %d: %w", in.Rows, err)
		case len(line) == 0:
			return ctx.Err()
		}
		if lineErr := in.object(line, at); lineErr != nil {
			return fmt.Errorf("line %d: %w", in.Rows+1, lineErr)
		}
		in.Rows++
		if len(sample.Rows) < rows {
			value := jsontext.Value(line).Clone()
			sample.Rows = append(sample.Rows, value[:len(value)-len(trailing(value))])
		}
		line = line[:0]
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// trailing is the white space that ends a line.
func trailing(line []byte) []byte {
	n := len(line)
	for n > 0 && (line[n-1] == '\n' || line[n-1] == '\r' || line[n-1] == ' ') {
		n--
	}
	return line[n:]
}

// object takes one line in.
func (in *Inspection) object(line []byte, at map[string]int) error {
	value := jsontext.Value(line)
	if value.Kind() != '{' || !value.IsValid() {
		return fmt.Errorf("%.40q is no JSON object", line)
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(line))
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		i, seen := at[key]
		if !seen {
			i = len(in.Columns)
			at[key] = i
			in.Columns = append(in.Columns, ColumnFacts{Name: key})
		}
		v, err := d.ReadValue()
		if err != nil {
			return err
		}
		if v.Kind() != 'n' {
			if err := in.Columns[i].guess.value(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle says of what type a text column looks, when all rows were read. A key
// that a line does not have counts as null.
func (c *ColumnFacts) settle(rows int64, kind string) {
	c.Nulls = rows - c.guess.values
	c.Type, c.Nullable = c.guess.name(kind), c.Nulls > 0
}

// guess is what values were met.
type guess struct {
	values int64 // that are not null
	kinds  map[string]int64
	elem   *guess
}

func (g *guess) add(kind string) {
	if g.kinds == nil {
		g.kinds = map[string]int64{}
	}
	g.values++
	g.kinds[kind]++
}

// text takes in a TSV field that is not null.
func (g *guess) text(s string) {
	switch {
	case len(s) > 1 && s[0] == '0' && s[1] != '.': // an identifier, such as DOID's
		g.add("string")
	case parses(strconv.ParseInt(s, 10, 64)):
		g.add("int64")
	case parses(strconv.ParseFloat(s, 64)):
		g.add("double")
	case s == "true" || s == "false":
		g.add("bool")
	case parses(time.Parse(time.RFC3339Nano, s)):
		g.add("timestamp")
	case parses(time.Parse(time.DateOnly, s)):
		g.add("date")
	default:
		g.add("string")
	}
}

func parses[T any](_ T, err error) bool { return err == nil }

// value takes in a JSON value that is not null.
func (g *guess) value(v jsontext.Value) error {
	switch v.Kind() {
	case '0':
		if parses(strconv.ParseInt(string(v), 10, 64)) {
			g.add("int64")
		} else {
			g.add("double")
		}
	case 't', 'f':
		g.add("bool")
	case '{':
		g.add("object")
	case '[':
		g.add("list")
		return g.elements(v)
	default:
		g.add("string")
	}
	return nil
}

func (g *guess) elements(v jsontext.Value) error {
	if g.elem == nil {
		g.elem = &guess{}
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(v))
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		e, err := d.ReadValue()
		if err != nil {
			return err
		}
		if e.Kind() != 'n' {
			if err := g.elem.value(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// name is the type that holds all values met. TSV is text if it is nothing else.
func (g *guess) name(kind string) string {
	switch {
	case len(g.kinds) == 0:
		return "unknown"
	case len(g.kinds) == 2 && g.kinds["int64"] > 0 && g.kinds["double"] > 0:
		return "double"
	case len(g.kinds) > 1 && kind == "tsv":
		return "string"
	case len(g.kinds) > 1:
		return "mixed"
	case g.kinds["list"] > 0:
		return "list<" + g.elem.name(kind) + ">"
	}
	for kind := range g.kinds {
		return kind
	}
	return "unknown"
}
