package vcf

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/schemas"
)

// Encoder writes record batches as VCF. It copies them, and writes the file when it is closed: records are sorted, and
// the header counts the rows that are left out.
type Encoder struct {
	out     io.Writer
	options Options
	genomes Genomes
	fields  fields
	build   string
	batches []arrow.RecordBatch
	entries []entry
	leftOut map[string]int64
	digests []*digest.Digest
}

// entry is a row that becomes a record.
type entry struct {
	record
	batch, row int
}

// NewEncoder makes an encoder that writes to w, which stays open.
func NewEncoder(w io.Writer, o Options, genomes Genomes) (*Encoder, error) {
	e := &Encoder{out: w, options: o, genomes: genomes, fields: fieldsOf(o.Columns), leftOut: map[string]int64{}}
	for _, c := range o.Columns {
		e.digests = append(e.digests, digest.New(c.Type.Arrow()))
	}
	if build := o.Partition[format.VCFBuild]; build != nil {
		return e, e.setBuild(*build)
	}
	return e, nil
}

func (e *Encoder) setBuild(build string) error {
	switch {
	case contigs[build] == nil:
		return fmt.Errorf("column %s is %.40q, and must be GRCh37 or GRCh38: filter the other rows", format.VCFBuild, build)
	case e.build != "" && e.build != build:
		return fmt.Errorf("column %s is %s and %s, and a VCF file has one build: filter the rows, or partition by %s",
			format.VCFBuild, e.build, build, format.VCFBuild)
	}
	e.build = build
	return nil
}

// Write adds the batch's rows.
func (e *Encoder) Write(ctx context.Context, batch arrow.RecordBatch) error {
	columns := make([]arrow.Array, batch.NumCols())
	for i, a := range batch.Columns() {
		var err error
		if columns[i], err = array.Concatenate([]arrow.Array{a}, memory.DefaultAllocator); err != nil {
			return err
		}
		defer columns[i].Release()
	}
	copied := array.NewRecordBatch(batch.Schema(), columns, batch.NumRows())
	e.batches = append(e.batches, copied)
	for row := range int(copied.NumRows()) {
		if err := e.addRow(copied, row); err != nil {
			return fmt.Errorf("row %d of the batch: %w", row+1, err)
		}
	}
	return ctx.Err()
}

func (e *Encoder) addRow(batch arrow.RecordBatch, row int) error {
	p, ok := e.fields.place(batch, row)
	if e.fields.build >= 0 && batch.Column(e.fields.build).IsValid(row) {
		if err := e.setBuild(batch.Column(e.fields.build).(*array.String).Value(row)); err != nil {
			return err
		}
	}
	if !ok || e.build == "" {
		e.leftOut[noPlace]++
		return nil
	}
	record, reason, err := p.record(e.build, e.genomes[e.build])
	if err != nil {
		return err
	}
	if reason != "" {
		e.leftOut[reason]++
		return nil
	}
	e.entries = append(e.entries, entry{record, len(e.batches) - 1, row})
	return nil
}

// Close writes the file.
func (e *Encoder) Close(ctx context.Context) error {
	slices.SortStableFunc(e.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.contig, b.contig), cmp.Compare(a.pos, b.pos), cmp.Compare(a.ref, b.ref),
			cmp.Compare(a.alt, b.alt))
	})
	var text bytes.Buffer // a compressor of blocks waits forever after an error of its writer
	compressed, err := e.options.Format.Compress(&text, 1)
	if err != nil {
		return err
	}
	if err := errors.Join(e.write(ctx, compressed), compressed.Close()); err != nil {
		return err
	}
	_, err = text.WriteTo(e.out)
	return err
}

// write writes the header and the records.
func (e *Encoder) write(ctx context.Context, w io.Writer) error {
	buf := e.appendHeader(nil)
	for i, entry := range e.entries {
		var err error
		if buf, err = e.appendRecord(buf, entry); err != nil {
			return fmt.Errorf("record %d: %w", i+1, err)
		}
		if len(buf) < blockBytes {
			continue
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		if buf = buf[:0]; ctx.Err() != nil {
			return ctx.Err()
		}
	}
	_, err := w.Write(buf)
	return err
}

const blockBytes = 64 << 10

// Sums returns the checksums of the columns, in the order of the records.
func (e *Encoder) Sums() []digest.Sum { return digest.Sums(e.digests) }

// LeftOut returns the number of rows that VCF cannot express, by reason.
func (e *Encoder) LeftOut() map[string]int64 { return e.leftOut }

func (e *Encoder) appendHeader(dst []byte) []byte {
	dst = append(dst, "##fileformat=VCFv4.3\n##source=civic-etl\n"...)
	if e.build != "" {
		dst = fmt.Appendf(dst, "##reference=%s\n", e.build)
	}
	if prefix := e.options.Format.ContigPrefix; prefix != "" {
		dst = fmt.Appendf(dst, "##civic-etl.contig_prefix=%s\n", prefix)
	}
	for _, reason := range slices.Sorted(maps.Keys(e.leftOut)) {
		dst = fmt.Appendf(dst, "##civic-etl.left_out=%s: %d\n", reason, e.leftOut[reason])
	}
	for _, c := range contigs[e.build] {
		dst = fmt.Appendf(dst, "##contig=<ID=%s,length=%d,assembly=%s>\n",
			contigName(e.options.Format.ContigPrefix, c.name), c.length, e.build)
	}
	for _, i := range e.fields.info {
		c := e.options.Columns[i]
		number, name := infoType(c.Type)
		dst = fmt.Appendf(dst, "##INFO=<ID=%s,Number=%s,Type=%s,Description=\"%s\">\n", c.Name, number, name,
			description(c))
	}
	dst = fmt.Appendf(dst, "##INFO=<ID=%s,Number=0,Type=Flag,Description=\"The alleles begin with a base of the "+
		"reference sequence, as VCF requires of insertions and deletions\">\n", format.VCFPadded)
	return append(dst, titles+"\n"...)
}

// description is what a column means, as one line that can be quoted.
func description(c schemas.Column) string {
	text := strings.Join(strings.Fields(cmp.Or(c.Doc, c.Name)), " ")
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
}

func (e *Encoder) appendRecord(dst []byte, r entry) ([]byte, error) {
	batch := e.batches[r.batch]
	dst = append(dst, contigName(e.options.Format.ContigPrefix, contigs[e.build][r.contig].name)...)
	dst = strconv.AppendInt(append(dst, '\t'), r.pos, 10)
	dst = append(dst, '\t')
	var err error
	if e.fields.id < 0 {
		dst = append(dst, '.')
	} else if dst, err = appendValue(dst, batch.Column(e.fields.id), r.row); err != nil {
		return dst, fmt.Errorf("column %s: %w", format.VCFID, err)
	}
	dst = append(append(append(append(dst, '\t'), r.ref...), '\t'), r.alt...)
	dst = append(dst, "\t.\t.\t"...)
	start := len(dst)
	for _, i := range e.fields.info {
		if dst, err = appendInfo(dst, start, e.options.Columns[i].Name, batch.Column(i), r.row); err != nil {
			return dst, fmt.Errorf("column %s: %w", e.options.Columns[i].Name, err)
		}
	}
	if r.padded {
		dst = append(separate(dst, start), format.VCFPadded...)
	}
	if len(dst) == start {
		dst = append(dst, '.')
	}
	return append(dst, '\n'), e.digest(batch, r)
}

// digest adds the row to the checksums, with the texts that a file can hold.
func (e *Encoder) digest(batch arrow.RecordBatch, r entry) error {
	for i, c := range e.options.Columns {
		allele := i == e.fields.reference || i == e.fields.variant
		if err := addValue(e.digests[i], batch.Column(i), r.row, c.Type.Nullable, allele); err != nil {
			return err
		}
	}
	return nil
}

// addValue adds one value. Nullable columns have no empty texts or lists, and alleles no dashes.
func addValue(d *digest.Digest, a arrow.Array, row int, nullable, allele bool) error {
	switch a := a.(type) {
	case *array.String:
		text := a.Value(row)
		if allele && text == "-" {
			text = ""
		}
		if a.IsNull(row) || text == "" && nullable {
			d.AddNull()
		} else {
			d.AddText([]byte(text))
		}
		return nil
	case *array.List:
		start, end := a.ValueOffsets(row)
		if a.IsNull(row) || start == end && nullable {
			d.AddNull()
			return nil
		}
		for i := start; i < end; i++ {
			if err := addValue(d.Elem(), a.ListValues(), int(i), true, false); err != nil {
				return err
			}
		}
		d.EndList(uint32(end - start))
		return nil
	}
	one := array.NewSlice(a, int64(row), int64(row)+1)
	defer one.Release()
	return d.Add(one)
}

// appendInfo appends key=value, unless the value is null or empty.
func appendInfo(dst []byte, start int, key string, a arrow.Array, row int) ([]byte, error) {
	list, isList := a.(*array.List)
	if !isList {
		if isAbsent(a, row) {
			return dst, nil
		}
		return appendValue(append(append(separate(dst, start), key...), '='), a, row)
	}
	from, to := list.ValueOffsets(row)
	if list.IsNull(row) || from == to {
		return dst, nil
	}
	dst = append(append(separate(dst, start), key...), '=')
	for i := from; i < to; i++ {
		if i > from {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendValue(dst, list.ListValues(), int(i)); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func separate(dst []byte, start int) []byte {
	if len(dst) > start {
		dst = append(dst, ';')
	}
	return dst
}

func isAbsent(a arrow.Array, row int) bool {
	text, isText := a.(*array.String)
	return a.IsNull(row) || isText && text.Value(row) == ""
}

// appendValue appends one value; a dot if it is null or empty.
func appendValue(dst []byte, a arrow.Array, row int) ([]byte, error) {
	if isAbsent(a, row) {
		return append(dst, '.'), nil
	}
	if n, isLong := a.(*array.Int64); isLong && (n.Value(row) > math.MaxInt32 || n.Value(row) < math.MinInt32+8) {
		return dst, fmt.Errorf("%d does not fit the 32-bit integers of VCF: use type: string", n.Value(row))
	}
	text, err := textio.Scalar(a)
	if err != nil {
		return dst, err
	}
	plain, err := text(nil, row)
	return appendEscaped(dst, plain), err
}

// appendEscaped writes bytes with a meaning in VCF as percent codes, as VCF 4.3 says, and white space too: many readers
// refuse it.
func appendEscaped(dst, text []byte) []byte {
	if string(text) == "." {
		return append(dst, "%2E"...)
	}
	for _, c := range text {
		if c <= ' ' || c == 0x7f || strings.IndexByte("%;=,", c) >= 0 {
			dst = fmt.Appendf(dst, "%%%02X", c)
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}
