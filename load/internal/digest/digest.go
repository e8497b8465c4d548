// Package digest hashes the values of columns, to compare the values written with those that another decoder reads
// back. It takes Arrow arrays or single values, and gives one checksum a column. It never reads or writes a file, and
// never keeps an array.
package digest

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load/internal/values"
)

// Digest is a running hash of one column: the positions of nulls, the lengths of texts and lists, and the values. It
// does not depend on the batches that the values arrive in.
type Digest struct {
	rows    uint64
	nulls   stream  // positions of the nulls
	lengths stream  // of texts and lists that are not null
	values  stream  // that are not null
	elem    *Digest // of a list
	scratch []byte
}

// Sum is the checksum of a column. Equal sums mean equal values.
type Sum struct {
	Rows uint64
	hash xxh3.Uint128
}

// New makes the digest of a column of type t.
func New(t arrow.DataType) *Digest {
	d := &Digest{}
	if list, ok := t.(*arrow.ListType); ok {
		d.elem = New(list.Elem())
	}
	return d
}

// ForSchema makes a digest for each column.
func ForSchema(s *arrow.Schema) []*Digest {
	all := make([]*Digest, s.NumFields())
	for i, f := range s.Fields() {
		all[i] = New(f.Type)
	}
	return all
}

// Sums returns the checksum of each digest.
func Sums(all []*Digest) []Sum {
	out := make([]Sum, len(all))
	for i, d := range all {
		out[i] = d.Sum()
	}
	return out
}

// Join makes the checksum of a column from those of its row groups.
func Join(groups []Sum) Sum {
	var all Sum
	var b []byte
	for _, g := range groups {
		hash := g.hash.Bytes()
		b = append(binary.LittleEndian.AppendUint64(b, g.Rows), hash[:]...)
		all.Rows += g.Rows
	}
	all.hash = xxh3.Hash128(b)
	return all
}

// Sum returns the checksum of the values added so far.
func (d *Digest) Sum() Sum {
	return Sum{Rows: d.rows, hash: xxh3.Hash128(d.appendHashes(nil))}
}

// Rows is the number of values added so far.
func (d *Digest) Rows() uint64 { return d.rows }

// Elem is the digest of a list's elements, nil for other columns.
func (d *Digest) Elem() *Digest { return d.elem }

func (d *Digest) appendHashes(b []byte) []byte {
	for _, s := range []*stream{&d.nulls, &d.lengths, &d.values} {
		sum := s.sum().Bytes()
		b = append(b, sum[:]...)
	}
	if d.elem != nil {
		b = d.elem.appendHashes(binary.LittleEndian.AppendUint64(b, d.elem.rows))
	}
	return b
}

// AddBatch adds each column of a batch to its digest.
func AddBatch(digests []*Digest, batch arrow.RecordBatch) error {
	for i, d := range digests {
		if err := d.Add(batch.Column(i)); err != nil {
			return err
		}
	}
	return nil
}

// Add adds the values of an array, which it does not keep.
func (d *Digest) Add(a arrow.Array) error {
	d.addNulls(a)
	d.rows += uint64(a.Len())
	switch a := a.(type) {
	case *array.String:
		d.addStrings(a)
	case *array.List:
		return d.addList(a)
	case *array.Boolean:
		d.addBools(a)
	default:
		return d.addFixed(a)
	}
	return nil
}

func (d *Digest) addNulls(a arrow.Array) {
	if a.NullN() == 0 {
		return
	}
	for i := range a.Len() {
		if a.IsNull(i) {
			d.nulls.write8(d.rows + uint64(i))
		}
	}
}

func (d *Digest) addStrings(a *array.String) {
	if a.Len() == 0 {
		return
	}
	offsets := a.ValueOffsets()
	total, nulls := 0, a.NullN() > 0
	d.scratch = d.scratch[:0]
	for i := range a.Len() {
		if !nulls || a.IsValid(i) {
			n := int(offsets[i+1] - offsets[i])
			d.scratch = binary.LittleEndian.AppendUint32(d.scratch, uint32(n))
			total += n
		}
	}
	d.lengths.write(d.scratch)
	if total == int(offsets[a.Len()]-offsets[0]) { // the values are contiguous
		d.values.write(a.ValueBytes())
		return
	}
	for i := range a.Len() {
		if a.IsValid(i) {
			d.values.write(values.OfString(a.Value(i)))
		}
	}
}

func (d *Digest) addBools(a *array.Boolean) {
	for i := range a.Len() {
		if a.IsValid(i) {
			d.values.write1(a.Value(i))
		}
	}
}

// addList hashes the lengths and elements of the lists that are not null. Adjacent lists are hashed together.
func (d *Digest) addList(a *array.List) error {
	d.scratch = d.scratch[:0]
	from, to := int64(0), int64(0)
	for i := range a.Len() {
		if a.IsNull(i) {
			continue
		}
		start, end := a.ValueOffsets(i)
		d.scratch = binary.LittleEndian.AppendUint32(d.scratch, uint32(end-start))
		if start != to {
			if err := d.addElements(a, from, to); err != nil {
				return err
			}
			from = start
		}
		to = end
	}
	d.lengths.write(d.scratch)
	return d.addElements(a, from, to)
}

func (d *Digest) addElements(a *array.List, from, to int64) error {
	if from == to {
		return nil
	}
	run := array.NewSlice(a.ListValues(), from, to)
	defer run.Release()
	return d.elem.Add(run)
}

// addFixed hashes values of four or eight bytes, in runs without a null.
func (d *Digest) addFixed(a arrow.Array) error {
	data, width, err := values.Fixed(a)
	if err != nil || a.NullN() == 0 {
		d.values.write(data)
		return err
	}
	start := 0
	for i := range a.Len() {
		if a.IsNull(i) {
			d.values.write(data[start : i*width])
			start = (i + 1) * width
		}
	}
	d.values.write(data[start:])
	return nil
}
