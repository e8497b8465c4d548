// Package digest hashes the values of columns, so that what was meant to be
// written can be compared with what another decoder reads back. It takes Arrow
// arrays or single values, and gives one checksum a column. It never reads or
// writes a file, and never keeps an array.
package digest

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/zeebo/xxh3"
)

// Digest is a running hash of one column: which rows are null, how long the
// variable-length values are, and the values themselves. It depends on the
// values alone, not on how they were cut into batches.
type Digest struct {
	rows    uint64
	nulls   stream  // positions of the nulls
	lengths stream  // lengths of strings and lists that are not null
	values  stream  // bytes of the values that are not null
	elem    *Digest // of a list
	scratch []byte
}

// Sum is the checksum of a column. Equal sums mean equal values.
type Sum struct {
	Rows uint64
	hash xxh3.Uint128
}

// New makes the digest of a column of this type.
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

// Sums gives the checksums of several digests.
func Sums(all []*Digest) []Sum {
	out := make([]Sum, len(all))
	for i, d := range all {
		out[i] = d.Sum()
	}
	return out
}

// Join gives the checksum of a column from those of its row groups.
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

// Sum gives the checksum of the values added so far.
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
	case *array.Int32:
		addFixed(d, a, a.Int32Values(), arrow.Int32Traits.CastToBytes)
	case *array.Int64:
		addFixed(d, a, a.Int64Values(), arrow.Int64Traits.CastToBytes)
	case *array.Float64:
		addFixed(d, a, a.Float64Values(), arrow.Float64Traits.CastToBytes)
	case *array.Timestamp:
		addFixed(d, a, a.TimestampValues(), arrow.TimestampTraits.CastToBytes)
	case *array.Date32:
		addFixed(d, a, a.Date32Values(), arrow.Date32Traits.CastToBytes)
	case *array.Boolean:
		d.addBools(a)
	default:
		return fmt.Errorf("no column may hold %s", a.DataType())
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
	if total == int(offsets[a.Len()]-offsets[0]) { // nulls take no room: the values lie side by side
		d.values.write(a.ValueBytes())
		return
	}
	for i := range a.Len() {
		if a.IsValid(i) {
			d.values.write(BytesOf(a.Value(i)))
		}
	}
}

func (d *Digest) addBools(a *array.Boolean) {
	d.scratch = d.scratch[:0]
	for i := range a.Len() {
		switch {
		case a.IsNull(i):
		case a.Value(i):
			d.scratch = append(d.scratch, 1)
		default:
			d.scratch = append(d.scratch, 0)
		}
	}
	d.values.write(d.scratch)
}

// addList hashes the lengths of the lists and, run by run, the elements of
// those that are not null.
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

func addFixed[T any](d *Digest, a arrow.Array, values []T, bytes func([]T) []byte) {
	if a.NullN() == 0 {
		d.values.write(bytes(values))
		return
	}
	start := 0
	for i := range values {
		if a.IsNull(i) {
			d.values.write(bytes(values[start:i]))
			start = i + 1
		}
	}
	d.values.write(bytes(values[start:]))
}
