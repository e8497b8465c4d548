package inspect

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/published"
)

// maxLine is the maximum length of an NDJSON line in bytes.
const maxLine = 64 << 20

// readText describes an NDJSON, TSV or VCF file by reading all of it.
func (r *Report) readText(ctx context.Context, file io.Reader, f format.Format, sample *Sample) error {
	text, err := f.Decompress(bufio.NewReaderSize(file, disk.BufferSize))
	if err != nil {
		return fmt.Errorf("%s: %w", f.Codec(), err)
	}
	defer text.Close()
	switch r.Kind {
	case "tsv":
		err = r.readTSV(ctx, text, sample)
	case "vcf":
		err = r.readVCF(ctx, text, sample)
	default:
		err = r.readNDJSON(ctx, text, sample)
	}
	for i := range r.Columns {
		c := &r.Columns[i]
		c.Nulls = r.Rows - c.values // an absent NDJSON key counts as null
		c.Nullable = c.Nulls > 0
	}
	return err
}

func (r *Report) readTSV(ctx context.Context, text io.Reader, sample *Sample) error {
	return textio.ReadTSV(ctx, text, published.MaxTextRow, func(row *textio.Row) error {
		if r.Columns == nil { // the header
			for i := range row.Len() {
				name, _ := row.Field(i)
				r.Columns = append(r.Columns, Column{Name: string(name), Type: unknown})
			}
			return nil
		}
		r.Rows++
		object := []byte("{")
		for i := range r.Columns {
			c := &r.Columns[i]
			field, quoted := row.Field(i)
			null := len(field) == 0 && !quoted
			if !null {
				c.addType(typeOfField(string(field)), "string")
			}
			switch {
			case sample.full():
			case null:
				object = append(appendKey(object, c.Name), "null"...)
			default:
				object = published.QuoteJSON(appendKey(object, c.Name), field)
			}
		}
		if !sample.full() {
			sample.Rows = append(sample.Rows, append(object, '}'))
		}
		return nil
	})
}

func (r *Report) readNDJSON(ctx context.Context, text io.Reader, sample *Sample) error {
	lines := bufio.NewScanner(text)
	lines.Buffer(make([]byte, disk.BufferSize), maxLine)
	index := map[string]int{} // of the columns
	for lines.Scan() {
		if err := r.addObject(lines.Bytes(), index); err != nil {
			return fmt.Errorf("line %d: %w", r.Rows+1, err)
		}
		r.Rows++
		if !sample.full() {
			sample.Rows = append(sample.Rows, bytes.Clone(bytes.TrimRight(lines.Bytes(), "\r ")))
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("line %d is longer than %d bytes", r.Rows+1, maxLine)
	case err != nil:
		return fmt.Errorf("after line %d: %w", r.Rows, err)
	}
	return nil
}

func (r *Report) addObject(line []byte, index map[string]int) error {
	if value := jsontext.Value(line); value.Kind() != '{' || !value.IsValid() {
		return fmt.Errorf("%.40q is not a JSON object", line)
	}
	d := jsontext.NewDecoder(bytes.NewReader(line))
	_, err := d.ReadToken()
	for err == nil && d.PeekKind() != '}' {
		var token jsontext.Token
		if token, err = d.ReadToken(); err != nil {
			return err
		}
		name := token.String()
		i, seen := index[name]
		if !seen {
			i = len(r.Columns)
			index[name] = i
			r.Columns = append(r.Columns, Column{Name: name, Type: unknown})
		}
		null := d.PeekKind() == 'n'
		var typ string
		if typ, err = typeOfJSON(d); err == nil && !null {
			r.Columns[i].addType(typ, "mixed")
		}
	}
	return err
}

// unknown is the type of a column without values.
const unknown = "unknown"

func (c *Column) addType(typ, otherwise string) {
	c.values++
	c.Type = commonType(c.Type, typ, otherwise)
}

// commonType is the type of all values of a and b; otherwise is the type if there is none.
func commonType(a, b, otherwise string) string {
	listA, isListA := strings.CutPrefix(a, "list<")
	listB, isListB := strings.CutPrefix(b, "list<")
	switch {
	case a == b, b == unknown:
		return a
	case a == unknown:
		return b
	case a == "int64" && b == "double", a == "double" && b == "int64":
		return "double"
	case isListA && isListB:
		return "list<" + commonType(strings.TrimSuffix(listA, ">"), strings.TrimSuffix(listB, ">"), otherwise) + ">"
	}
	return otherwise
}

// typeOfField guesses the type of a TSV field that is not null.
func typeOfField(s string) string {
	switch {
	case len(s) > 1 && s[0] == '0' && s[1] != '.': // an identifier with leading zeros
		return "string"
	case s == "true" || s == "false":
		return "bool"
	case parses(time.Parse(time.RFC3339Nano, s)):
		return "timestamp"
	case parses(time.Parse(time.DateOnly, s)):
		return "date"
	}
	return numberType(s, "string")
}

func numberType(s, otherwise string) string {
	switch {
	case parses(strconv.ParseInt(s, 10, 64)):
		return "int64"
	case parses(strconv.ParseFloat(s, 64)):
		return "double"
	}
	return otherwise
}

func parses[T any](_ T, err error) bool { return err == nil }

// typeOfJSON reads one value and returns its type.
func typeOfJSON(d *jsontext.Decoder) (string, error) {
	if d.PeekKind() == '[' {
		return typeOfList(d)
	}
	value, err := d.ReadValue()
	switch value.Kind() {
	case 'n':
		return unknown, err
	case '0':
		return numberType(string(value), "double"), err
	case 't', 'f':
		return "bool", err
	case '{':
		return "object", err
	}
	return "string", err
}

func typeOfList(d *jsontext.Decoder) (string, error) {
	elements := unknown
	_, err := d.ReadToken()
	for err == nil && d.PeekKind() != ']' {
		var typ string
		typ, err = typeOfJSON(d)
		elements = commonType(elements, typ, "mixed")
	}
	if err != nil {
		return "", err
	}
	_, err = d.ReadToken()
	return "list<" + elements + ">", err
}
