package vcf

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/schemas"
)

// target receives the values of a column.
type target struct {
	values, elements values.Receiver
}

// decoder decodes a file line by line. It shares no code with the encoder but the names of the fields.
type decoder struct {
	columns  []schemas.Column
	fields   fields
	targets  []target
	prefix   string // before the names of chromosomes
	build    string
	leftOut  int64
	contigs  map[string]contigLine
	rows     int64
	last     position
	declared int // INFO fields in the header so far
}

type contigLine struct {
	name   string // in the column
	order  int
	length int64
}

// position is where the last record was.
type position struct {
	contig int
	pos    int64
}

func newDecoder(o Options, targets []target) *decoder {
	return &decoder{columns: o.Columns, fields: fieldsOf(o.Columns), targets: targets,
		contigs: map[string]contigLine{}}
}

// read decodes a whole file, and calls each after every record.
func (d *decoder) read(ctx context.Context, r io.Reader, maxLine int, each func() error) (err error) {
	defer func() {
		if p := recover(); p != nil { // the text may be anything
			err = fmt.Errorf("%v", p)
		}
	}()
	lines := &lineReader{reader: bufio.NewReaderSize(r, blockBytes), most: maxLine}
	if err := d.header(lines); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = d.record(line)
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", d.rows+1, err)
		}
		d.rows++
		if err := errors.Join(each(), ctx.Err()); err != nil {
			return err
		}
	}
}

// lineReader reads lines that end with a line feed.
type lineReader struct {
	reader *bufio.Reader
	most   int // bytes; 0 is no limit
	line   []byte
}

// next returns a line without its end, or io.EOF.
func (l *lineReader) next() ([]byte, error) {
	l.line = l.line[:0]
	for {
		part, err := l.reader.ReadSlice('\n')
		l.line = append(l.line, part...)
		switch {
		case err == nil:
			return l.line[:len(l.line)-1], nil
		case errors.Is(err, io.EOF) && len(l.line) == 0:
			return nil, io.EOF
		case errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case l.most > 0 && len(l.line) > l.most:
			return nil, fmt.Errorf("a line of more than %d bytes", l.most)
		}
	}
}

func (d *decoder) header(lines *lineReader) error {
	for i := 0; ; i++ {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if string(line) == titles {
			break
		}
		if i == 0 && string(line) != "##fileformat=VCFv4.3" {
			return fmt.Errorf("%.40q is not ##fileformat=VCFv4.3", line)
		}
		if err := d.headerLine(line); err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if want := len(d.fields.info) + 1; d.declared != want {
		return fmt.Errorf("%d INFO fields instead of %d", d.declared, want)
	}
	return nil
}

func (d *decoder) headerLine(line []byte) error {
	key, value, ok := bytes.Cut(line, []byte{'='})
	if !ok || !bytes.HasPrefix(key, []byte("##")) || !utf8.Valid(line) {
		return fmt.Errorf("%.40q is not a header line", line)
	}
	switch string(key[2:]) {
	case "reference":
		d.build = string(value)
	case "contig":
		return d.contig(value)
	case "INFO":
		return d.info(value)
	case "civic-etl.contig_prefix":
		d.prefix = string(value)
	case "civic-etl.left_out":
		_, number, _ := bytes.Cut(value, []byte(": "))
		n, err := strconv.ParseInt(string(number), 10, 64)
		if err != nil || n <= 0 {
			return fmt.Errorf("%.60q is not a reason and a number", value)
		}
		d.leftOut += n
	}
	return nil
}

func (d *decoder) contig(value []byte) error {
	var name, rest string
	var length int64
	text := string(bytes.ReplaceAll(bytes.Trim(value, "<>"), []byte{','}, []byte{' '}))
	if _, err := fmt.Sscanf(text, "ID=%s length=%d assembly=%s", &name, &length, &rest); err != nil || rest != d.build {
		return fmt.Errorf("%.60q is not a contig of %s", value, d.build)
	}
	column, ok := strings.CutPrefix(name, d.prefix)
	if _, twice := d.contigs[name]; !ok || twice {
		return fmt.Errorf("contig %s does not begin with %q, or is listed twice", name, d.prefix)
	}
	if d.prefix != "" && column == "M" {
		column = "MT"
	}
	d.contigs[name] = contigLine{column, len(d.contigs), length}
	return nil
}

// info compares the declaration of a field with its column. The description can say anything.
func (d *decoder) info(value []byte) error {
	want := "<ID=" + format.VCFPadded + ",Number=0,Type=Flag,Description=\""
	switch n := d.declared; {
	case n < len(d.fields.info):
		c := d.columns[d.fields.info[n]]
		number, name := infoType(c.Type)
		want = "<ID=" + c.Name + ",Number=" + number + ",Type=" + name + ",Description=\""
	case n > len(d.fields.info):
		return fmt.Errorf("INFO field %.60q has no column", value)
	}
	if !bytes.HasPrefix(value, []byte(want)) || !bytes.HasSuffix(value, []byte("\">")) {
		return fmt.Errorf("%.60q where %s… belongs", value, want)
	}
	d.declared++
	return nil
}

// record decodes one line.
func (d *decoder) record(line []byte) error {
	f := bytes.Split(line, []byte{'\t'})
	if len(f) != 8 || !utf8.Valid(line) {
		return fmt.Errorf("%d fields instead of 8, or no UTF-8", len(f))
	}
	if string(f[5]) != "." || string(f[6]) != "." {
		return fmt.Errorf("QUAL and FILTER are %.20q and %.20q instead of dots", f[5], f[6])
	}
	contig, ok := d.contigs[string(f[0])]
	if !ok {
		return fmt.Errorf("chromosome %.40q is not in the header", f[0])
	}
	pos, err := strconv.ParseInt(string(f[1]), 10, 32)
	if err != nil || pos < 1 || pos > contig.length {
		return fmt.Errorf("%.40q is not a position on chromosome %s", f[1], f[0])
	}
	here := position{contig.order, pos}
	if here.contig < d.last.contig || here.contig == d.last.contig && here.pos < d.last.pos {
		return errors.New("the records are not sorted")
	}
	d.last = here
	padded, err := d.infoFields(f[7])
	if err != nil {
		return err
	}
	ref, alt := f[3], f[4]
	if len(ref) == 0 || len(alt) == 0 || len(bytes.Trim(append(bytes.Clone(ref), alt...), "ACGTNacgtn")) > 0 {
		return fmt.Errorf("REF %.20q or ALT %.20q is not bases", ref, alt)
	}
	if padded {
		if ref, alt, pos, err = unpad(ref, alt, pos); err != nil {
			return err
		}
	}
	return d.fixed(contig.name, pos, f[2], ref, alt)
}

// unpad removes the base that precedes an insertion or deletion.
func unpad(ref, alt []byte, pos int64) (_, _ []byte, _ int64, err error) {
	if ref[0] != alt[0] || min(len(ref), len(alt)) != 1 || len(ref) == len(alt) {
		return nil, nil, 0, fmt.Errorf("REF %.20q and ALT %.20q are no insertion or deletion", ref, alt)
	}
	if len(alt) == 1 {
		pos++
	}
	return ref[1:], alt[1:], pos, nil
}

// fixed adds the values of the columns that are not in INFO.
func (d *decoder) fixed(chromosome string, pos int64, id, ref, alt []byte) error {
	texts := map[int][]byte{d.fields.build: []byte(d.build), d.fields.chromosome: []byte(chromosome),
		d.fields.start: strconv.AppendInt(nil, pos, 10), d.fields.reference: ref, d.fields.variant: alt}
	for i, text := range texts {
		var err error
		switch {
		case i < 0:
		case len(text) == 0:
			err = d.absent(i)
		default:
			err = d.value(text, d.columns[i].Type.Kind, d.targets[i].values)
		}
		if err != nil {
			return fmt.Errorf("column %s: %w", d.columns[i].Name, err)
		}
	}
	switch i := d.fields.id; {
	case i < 0 && string(id) != ".":
		return fmt.Errorf("ID is %.20q instead of a dot", id)
	case i >= 0 && string(id) == ".":
		return d.absent(i)
	case i >= 0:
		return d.unescaped(id, d.columns[i].Type.Kind, d.targets[i].values)
	}
	return nil
}

// infoFields adds the values of INFO, which are in the order of the columns, and returns whether the flag is set.
func (d *decoder) infoFields(info []byte) (padded bool, err error) {
	var list [][]byte
	if string(info) != "." {
		list = bytes.Split(info, []byte{';'})
	}
	for _, i := range d.fields.info {
		var key, value []byte
		if len(list) > 0 {
			key, value, _ = bytes.Cut(list[0], []byte{'='})
		}
		if string(key) != d.columns[i].Name {
			err = d.absent(i)
		} else {
			list = list[1:]
			err = d.infoValue(i, value)
		}
		if err != nil {
			return false, fmt.Errorf("INFO/%s: %w", d.columns[i].Name, err)
		}
	}
	if len(list) > 0 && string(list[0]) == format.VCFPadded {
		padded, list = true, list[1:]
	}
	if len(list) > 0 {
		return false, fmt.Errorf("unexpected INFO field %.40q", list[0])
	}
	return padded, nil
}

// absent adds the value of a field that is absent.
func (d *decoder) absent(i int) error {
	switch c, t := d.columns[i], d.targets[i]; {
	case c.Type.Nullable:
		t.values.AddNull()
	case c.Type.List:
		t.values.BeginList()
		t.values.EndList(0)
	case isText(c.Type.Kind):
		t.values.AddText(nil)
	default:
		return fmt.Errorf("column %s has no value, and may not be null", c.Name)
	}
	return nil
}

func (d *decoder) infoValue(i int, value []byte) error {
	c, t := d.columns[i], d.targets[i]
	if !c.Type.List {
		return d.unescaped(value, c.Type.Kind, t.values)
	}
	elements := bytes.Split(value, []byte{','})
	t.values.BeginList()
	for _, e := range elements {
		if string(e) == "." {
			t.elements.AddNull()
		} else if err := d.unescaped(e, c.Type.Kind, t.elements); err != nil {
			return err
		}
	}
	t.values.EndList(uint32(len(elements)))
	return nil
}

func (d *decoder) unescaped(text []byte, kind schemas.Kind, to values.Receiver) error {
	plain := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '%' && i+2 < len(text):
			n, err := strconv.ParseUint(string(text[i+1:i+3]), 16, 8)
			if err != nil || bytes.ContainsAny(text[i+1:i+3], "abcdef") {
				return fmt.Errorf("%q is not a percent code", text[i:i+3])
			}
			plain = append(plain, byte(n))
			i += 2
		case c == '%' || c == '=' || c == ',' || c <= ' ' || c == 0x7f:
			return fmt.Errorf("%q is not written as a percent code in %.40q", c, text)
		default:
			plain = append(plain, c)
		}
	}
	if len(plain) == 0 || string(text) == "." {
		return fmt.Errorf("%.20q is no value", text)
	}
	return d.value(plain, kind, to)
}

func (d *decoder) value(text []byte, kind schemas.Kind, to values.Receiver) error {
	return textio.AddText(text, kind, to)
}
