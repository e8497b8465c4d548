package load

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/zeebo/xxh3"
)

// digest is a running hash of one column: which rows are null, how long the
// variable-length values are, and the values themselves. It depends on the
// values alone, not on how they were cut into batches, so what was given to a
// writer can be compared with what another library reads back.
type digest struct {
	rows    uint64
	nulls   stream  // positions of the nulls
	lengths stream  // lengths of strings and lists that are not null
	values  stream  // bytes of the values that are not null
	elem    *digest // of a list
	scratch []byte
}

// sum is the final value of a digest.
type sum struct {
	rows uint64
	hash xxh3.Uint128
}

func newDigest(t arrow.DataType) *digest {
	d := &digest{}
	if list, ok := t.(*arrow.ListType); ok {
		d.elem = newDigest(list.Elem())
	}
	return d
}

func newDigests(s *arrow.Schema) []*digest {
	all := make([]*digest, s.NumFields())
	for i, f := range s.Fields() {
		all[i] = newDigest(f.Type)
	}
	return all
}

func sums(all []*digest) []sum {
	out := make([]sum, len(all))
	for i, d := range all {
		out[i] = d.sum()
	}
	return out
}

// joined is the sum of a column whose row groups have these.
func joined(groups []sum) sum {
	var all sum
	var b []byte
	for _, g := range groups {
		hash := g.hash.Bytes()
		b = append(binary.LittleEndian.AppendUint64(b, g.rows), hash[:]...)
		all.rows += g.rows
	}
	all.hash = xxh3.Hash128(b)
	return all
}

func (d *digest) sum() sum {
	return sum{rows: d.rows, hash: xxh3.Hash128(d.appendHashes(nil))}
}

func (d *digest) appendHashes(b []byte) []byte {
	for _, s := range []*stream{&d.nulls, &d.lengths, &d.values} {
		sum := s.sum().Bytes()
		b = append(b, sum[:]...)
	}
	if d.elem != nil {
		b = d.elem.appendHashes(binary.LittleEndian.AppendUint64(b, d.elem.rows))
	}
	return b
}

// add takes the values of one more batch. The array is not kept.
func (d *digest) add(a arrow.Array) error {
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

func (d *digest) addNulls(a arrow.Array) {
	if a.NullN() == 0 {
		return
	}
	for i := range a.Len() {
		if a.IsNull(i) {
			d.nulls.put8(d.rows + uint64(i))
		}
	}
}

func (d *digest) addStrings(a *array.String) {
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
	d.lengths.put(d.scratch)
	if total == int(offsets[a.Len()]-offsets[0]) { // nulls take no room: the values lie side by side
		d.values.put(a.ValueBytes())
		return
	}
	for i := range a.Len() {
		if a.IsValid(i) {
			d.values.put(bytesOf(a.Value(i)))
		}
	}
}

func (d *digest) addBools(a *array.Boolean) {
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
	d.values.put(d.scratch)
}

// addList hashes the lengths of the lists and, run by run, the elements of
// those that are not null.
func (d *digest) addList(a *array.List) error {
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
	d.lengths.put(d.scratch)
	return d.addElements(a, from, to)
}

func (d *digest) addElements(a *array.List, from, to int64) error {
	if from == to {
		return nil
	}
	run := array.NewSlice(a.ListValues(), from, to)
	defer run.Release()
	return d.elem.add(run)
}

func addFixed[T any](d *digest, a arrow.Array, values []T, bytes func([]T) []byte) {
	if a.NullN() == 0 {
		d.values.put(bytes(values))
		return
	}
	start := 0
	for i := range values {
		if a.IsNull(i) {
			d.values.put(bytes(values[start:i]))
			start = i + 1
		}
	}
	d.values.put(bytes(values[start:]))
}
