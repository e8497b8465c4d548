package digest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load/internal/values"
)

// Content is a checksum of the rows of a table that depends neither on their order nor on files and formats: the sum,
// modulo 2^128, of a hash of each row. Unlike with XOR, a row that comes twice counts twice.
//
// A row is hashed by XXH3-128 over one slot of sixteen bytes for each column, in order: zeros for a null; the XXH3-128
// of a text, or of the slots of a list's elements; or a number, date, time or truth value as eight bytes and a one as
// eight bytes. All are little-endian. Minus zero is zero.
type Content struct {
	sum  xxh3.Uint128
	rows []byte // slots of some rows
	list []byte // slots of the elements of a list
}

// ContentColumn is a column of the rows to add.
type ContentColumn struct {
	arrow.Array
	Repeated  bool // the array has one value, which all rows have
	Partition bool // an empty text is null, as in a path
}

const (
	slotBytes = 16
	blockRows = 256 // the slots of a block stay in the cache
)

// Add adds rows, given as columns, which it does not keep.
func (d *Content) Add(columns []ContentColumn, rows int) error {
	width := slotBytes * len(columns)
	for from := 0; from < rows; from += blockRows {
		n := min(rows-from, blockRows)
		d.rows = append(d.rows[:0], make([]byte, n*width)...)
		for i, c := range columns {
			if err := d.fill(c, from, n, d.rows[slotBytes*i:], width); err != nil {
				return err
			}
		}
		for i := range n {
			d.add(xxh3.Hash128(d.rows[i*width : (i+1)*width]))
		}
	}
	return nil
}

func (d *Content) add(hash xxh3.Uint128) {
	var carry uint64
	d.sum.Lo, carry = bits.Add64(d.sum.Lo, hash.Lo, 0)
	d.sum.Hi, _ = bits.Add64(d.sum.Hi, hash.Hi, carry)
}

// Merge adds the rows of another checksum.
func (d *Content) Merge(other *Content) { d.add(other.sum) }

// Text is the sum of the rows and of a hash of the table's head, as 32 hexadecimal digits.
func (d *Content) Text(head []byte) string {
	whole := Content{sum: d.sum}
	whole.add(xxh3.Hash128(head))
	b := whole.sum.Bytes()
	return hex.EncodeToString(b[:])
}

// fill writes the slots of rows [from, from+n) of a column, one every width bytes.
func (d *Content) fill(c ContentColumn, from, n int, to []byte, width int) error {
	if c.Repeated {
		slot := make([]byte, slotBytes)
		err := d.fill(ContentColumn{Array: c.Array, Partition: c.Partition}, 0, 1, slot, slotBytes)
		for i := range n {
			copy(to[i*width:], slot)
		}
		return err
	}
	switch a := c.Array.(type) {
	case *array.String:
		for i := range n {
			if row := from + i; a.IsValid(row) && (!c.Partition || a.ValueLen(row) > 0) {
				putHash(to[i*width:], xxh3.Hash128(values.OfString(a.Value(row))))
			}
		}
	case *array.Boolean:
		for i := range n {
			if a.IsValid(from + i) {
				put8(to[i*width:], uint64(bit(a.Value(from+i))))
			}
		}
	case *array.List:
		return d.fillLists(a, from, n, to, width)
	default:
		return fillFixed(a, from, n, to, width)
	}
	return nil
}

func (d *Content) fillLists(a *array.List, from, n int, to []byte, width int) error {
	elements := ContentColumn{Array: a.ListValues()}
	for i := range n {
		if a.IsNull(from + i) {
			continue
		}
		start, end := a.ValueOffsets(from + i)
		d.list = append(d.list[:0], make([]byte, slotBytes*(end-start))...)
		if err := d.fill(elements, int(start), int(end-start), d.list, slotBytes); err != nil {
			return err
		}
		putHash(to[i*width:], xxh3.Hash128(d.list))
	}
	return nil
}

// fillFixed writes values of four or eight bytes.
func fillFixed(a arrow.Array, from, n int, to []byte, width int) error {
	data, size, err := values.Fixed(a)
	if err != nil {
		return fmt.Errorf("content: %w", err)
	}
	_, double := a.(*array.Float64)
	nulls := a.NullN() > 0
	for i := range n {
		if nulls && a.IsNull(from+i) {
			continue
		}
		value := data[(from+i)*size:]
		switch {
		case size == 4:
			put8(to[i*width:], uint64(int64(int32(binary.LittleEndian.Uint32(value)))))
		case double:
			put8(to[i*width:], math.Float64bits(math.Float64frombits(binary.LittleEndian.Uint64(value))+0))
		default:
			put8(to[i*width:], binary.LittleEndian.Uint64(value))
		}
	}
	return nil
}

func put8(slot []byte, v uint64) {
	binary.LittleEndian.PutUint64(slot, v)
	binary.LittleEndian.PutUint64(slot[8:], 1)
}

func putHash(slot []byte, hash xxh3.Uint128) {
	binary.LittleEndian.PutUint64(slot, hash.Lo)
	binary.LittleEndian.PutUint64(slot[8:], hash.Hi)
}

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}
