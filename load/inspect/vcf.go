package inspect

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/published"
)

var infoLine = regexp.MustCompile(`^##INFO=<ID=([^,]+),Number=([^,]+),Type=([^,]+),`)

// vcfTypes are the types of fields as the header names them.
var vcfTypes = map[string]string{"Integer": "int64", "Float": "double", "Flag": "bool"}

// vcfFile describes a VCF file of any program.
type vcfFile struct {
	report *Report
	info   map[string]int // of the columns
	fixed  []int          // columns of the fields of a line; -1 is INFO
}

// readVCF describes a VCF file by reading all of it. INFO fields are columns after those of a line.
func (r *Report) readVCF(ctx context.Context, text io.Reader, sample *Sample) error {
	f := &vcfFile{report: r, info: map[string]int{}}
	lines := bufio.NewScanner(text)
	lines.Buffer(make([]byte, disk.BufferSize), maxLine)
	var declared []Column
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSuffix(lines.Bytes(), []byte{'\r'})
		switch {
		case n == 1 && !bytes.HasPrefix(line, []byte("##fileformat=VCF")):
			return errors.New("its first line is not ##fileformat=VCF")
		case n == 1:
			r.Version = strings.TrimPrefix(string(line), "##fileformat=VCFv")
		case bytes.HasPrefix(line, []byte("##")):
			if c := infoLine.FindSubmatch(line); c != nil {
				declared = append(declared, infoColumn(string(c[1]), string(c[2]), string(c[3])))
			}
		case bytes.HasPrefix(line, []byte("#")):
			f.titles(strings.Split(string(line[1:]), "\t"), declared)
		default:
			if err := f.record(strings.Split(string(line), "\t"), sample); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return lines.Err()
}

func infoColumn(id, number, typ string) Column {
	c := Column{Name: "INFO/" + id, Type: "string"}
	if t := vcfTypes[typ]; t != "" {
		c.Type = t
	}
	if number != "0" && number != "1" {
		c.Type = "list<" + c.Type + ">"
	}
	return c
}

func (f *vcfFile) titles(names []string, declared []Column) {
	for _, name := range names {
		if name == "INFO" {
			f.fixed = append(f.fixed, -1)
			continue
		}
		typ := "string"
		switch name {
		case "POS":
			typ = "int64"
		case "QUAL":
			typ = "double"
		}
		f.fixed = append(f.fixed, len(f.report.Columns))
		f.report.Columns = append(f.report.Columns, Column{Name: name, Type: typ})
	}
	for _, c := range declared {
		f.info[strings.TrimPrefix(c.Name, "INFO/")] = len(f.report.Columns)
		f.report.Columns = append(f.report.Columns, c)
	}
}

func (f *vcfFile) record(fields []string, sample *Sample) error {
	if len(fields) != len(f.fixed) || len(fields) < 8 {
		return fmt.Errorf("%d fields instead of %d, at least 8", len(fields), len(f.fixed))
	}
	values := make([]*string, len(f.report.Columns))
	for i, text := range fields {
		if text == "." {
			continue
		}
		if f.fixed[i] >= 0 {
			values[f.fixed[i]] = &text
			continue
		}
		for part := range strings.SplitSeq(text, ";") {
			key, value, hasValue := strings.Cut(part, "=")
			if !hasValue {
				value = "true"
			}
			if column, known := f.info[key]; known {
				values[column] = &value
			}
		}
	}
	f.report.Rows++
	object := []byte("{")
	for i := range f.report.Columns {
		c := &f.report.Columns[i]
		if values[i] != nil {
			c.values++
		}
		switch {
		case sample.full():
		case values[i] == nil:
			object = append(appendKey(object, c.Name), "null"...)
		default:
			object = published.QuoteJSON(appendKey(object, c.Name), []byte(*values[i]))
		}
	}
	if !sample.full() {
		sample.Rows = append(sample.Rows, append(object, '}'))
	}
	return nil
}
