package load

import (
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"github.com/civic-etl/civic-etl/schemas"
)

// thrifty is a Parquet type whose dictionary is given up as soon as it does not
// pay: the rest of the row group is then encoded plain. parquet-go knows only
// one limit in bytes for all columns, which either fills memory with long
// unique texts or cuts short the dictionaries that save most.
type thrifty struct {
	parquet.Type
	enough int64 // bytes of data after which a dictionary must have paid
	most   int64 // bytes a dictionary may hold
	seen   int64 // bytes of data in the row group, kept by the column
	plain  bool  // the buffer asked for next is the plain one
}

func newThrifty(k schemas.Kind, narrow int) *thrifty {
	return &thrifty{Type: leaf(k), enough: int64(pageBytes / 8 / narrow), most: int64(dictionaryBytes / narrow)}
}

// NewDictionary is called once for a column of a file.
func (t *thrifty) NewDictionary(column, values int, data encoding.Values) parquet.Dictionary {
	return &dictionary{Dictionary: t.Type.NewDictionary(column, values, data), owner: t}
}

// dictionary reports a size beyond every limit when it is to be given up.
type dictionary struct {
	parquet.Dictionary
	owner *thrifty
}

// Size is the number of bytes held, which parquet-go compares with its limit
// after each page.
func (d *dictionary) Size() int64 {
	size, t := d.Dictionary.Size(), d.owner
	if size > t.most || (t.seen >= t.enough && size > t.seen/5*4) {
		t.plain = true
		return math.MaxInt64
	}
	return size
}

// Type is the type of the column's pages.
func (d *dictionary) Type() parquet.Type {
	return &indexed{Type: d.Dictionary.Type(), owner: d.owner}
}

// indexed is the type of dictionary-encoded pages. It keeps parquet-go from
// reserving room for a value per byte of a page when it falls back to plain.
type indexed struct {
	parquet.Type
	owner *thrifty
}

// NewColumnBuffer gives the buffer for indexes, or for plain values once the
// dictionary was given up.
func (t *indexed) NewColumnBuffer(column, values int) parquet.ColumnBuffer {
	if t.owner.plain {
		return t.owner.Type.NewColumnBuffer(column, handful)
	}
	return t.Type.NewColumnBuffer(column, handful)
}

// EstimateNumValues sizes the first buffer of a column.
func (t *indexed) EstimateNumValues(int) int { return handful }

// frugal is a plainly encoded type that reserves no room ahead.
type frugal struct{ parquet.Type }

// EstimateNumValues sizes the first buffer of a column.
func (t frugal) EstimateNumValues(int) int { return handful }
