package parquetio

import (
	"bytes"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"github.com/civic-etl/civic-etl/schemas"
)

// dictionaryType is a Parquet type that abandons its dictionary as soon as it does not pay: the
// rest of the row group is encoded plain. parquet-go has only one limit in bytes for all columns,
// which either fills memory with long unique texts or ends the dictionaries that save most.
type dictionaryType struct {
	parquet.Type
	plainPages parquet.Type
	most       int64 // bytes a dictionary may hold
	group      int   // values in a full row group
	trial      bool  // the row group's first page is not full yet
	plain      bool  // the next buffer is the plain one
	dict       *dictionary
}

func newDictionaryType(k schemas.Kind, group, narrow int) *dictionaryType {
	return &dictionaryType{
		Type: leaf(k), plainPages: plainType(k), most: int64(dictionaryBytes / narrow), group: group, trial: true,
	}
}

// pays reports whether a dictionary of this many distinct values among n will save bytes at the end of the row group:
// if at most a fifth of the values are distinct, as in DuckDB; with more, it saves nothing that compression would
// not. Values drawn from a pool repeat more and more often: of n values from a pool of n/x, (1-exp(-x))/x are
// distinct. At x = fifth that is a fifth.
func (t *dictionaryType) pays(distinct, n int) bool {
	const fifth = 4.965 // (1-exp(-fifth))/fifth is 0.2
	x := fifth * min(float64(n)/float64(t.group), 1)
	return float64(distinct) <= float64(n)*-math.Expm1(-x)/x
}

// NewDictionary is called once for a column of a file.
func (t *dictionaryType) NewDictionary(column, values int, data encoding.Values) parquet.Dictionary {
	t.dict = &dictionary{Dictionary: t.Type.NewDictionary(column, values, data), owner: t, column: column}
	t.dict.Reset()
	return t.dict
}

// dictionary holds the distinct values of a row group, in the order of their first
// rows. The column adds values in Arrow's memory; parquet-go asks only for pages.
type dictionary struct {
	parquet.Dictionary // empty; has the methods that only parquet-go can have
	owner              *dictionaryType
	column             int

	data    []byte           // the values, one behind another
	offsets []uint32         // of texts: where each begins, and the end
	index   map[string]int32 // by value; without long texts, which it would hold twice
	long    []int32          // indexes of long texts
	size    int32            // number of values
	seen    int              // values of the row group

	indexes []int32  // of the values in the page
	page    uint32   // number of the page
	last    []uint32 // by index: the last page that had the value
	in      []int32  // the values in the page, each once
	scratch []byte   // plain encoding of those
	ends    []uint32
}

// add adds the next value of the page.
func (d *dictionary) add(value []byte) {
	i := d.find(value)
	d.indexes = append(d.indexes, i)
	d.seen++
	if d.last[i] != d.page {
		d.last[i] = d.page
		d.in = append(d.in, i)
	}
}

// find returns the index of a value, which it adds if it is new.
func (d *dictionary) find(value []byte) int32 {
	i, ok := d.known(value)
	if !ok {
		i = d.size
		d.size++
		if len(value) < longText {
			d.index[string(value)] = i
		} else {
			d.long = append(d.long, i)
		}
		d.data = append(d.data, value...)
		d.offsets = append(d.offsets, uint32(len(d.data)))
		d.last = append(d.last, 0)
	}
	return i
}

// longText is the length from which a dictionary compares texts one by one: it has room for few of them.
const longText = 1 << 20

func (d *dictionary) known(value []byte) (i int32, ok bool) {
	if len(value) < longText {
		i, ok = d.index[string(value)]
		return i, ok
	}
	for _, i := range d.long {
		if bytes.Equal(d.value(i), value) {
			return i, true
		}
	}
	return 0, false
}

func (d *dictionary) value(i int32) []byte { return d.data[d.offsets[i]:d.offsets[i+1]] }

// Reset drops all values before the next row group.
func (d *dictionary) Reset() {
	d.index, d.long, d.size = map[string]int32{}, d.long[:0], 0
	if int64(cap(d.data)) > d.owner.most {
		d.data = nil // a long text made it large
	}
	d.data, d.offsets, d.last, d.seen = d.data[:0], append(d.offsets[:0], 0), d.last[:0], 0
	d.endPage()
}

func (d *dictionary) endPage() {
	d.indexes, d.in = d.indexes[:0], d.in[:0]
	d.page++
}

// Len is the number of values.
func (d *dictionary) Len() int { return int(d.size) }

// Size is what parquet-go compares with its limit after each page: beyond every
// limit when the dictionary does not pay.
func (d *dictionary) Size() int64 {
	size, t := int64(len(d.data)), d.owner
	if t.Kind() == parquet.ByteArray {
		size += 4 * int64(d.size)
	}
	if size > t.most || d.seen > 0 && !t.pays(d.Len(), d.seen) {
		t.plain = true
		return math.MaxInt64
	}
	return size
}

// Page holds all values, plainly encoded.
func (d *dictionary) Page() parquet.Page { return d.plain(d.Len(), d.data, d.offsets) }

func (d *dictionary) plain(n int, data []byte, offsets []uint32) parquet.Page {
	return d.owner.Type.NewPage(d.column, n, d.owner.NewValues(data, offsets))
}

// Type is the type of the column's pages.
func (d *dictionary) Type() parquet.Type {
	return &indexed{lazyType{d.Dictionary.Type()}, d}
}

// indexed is the type of dictionary-encoded pages.
type indexed struct {
	lazyType
	dict *dictionary
}

// NewColumnBuffer returns the buffer for indexes, or for plain values once the dictionary is abandoned. It reserves
// no memory: parquet-go would reserve a value per byte of a page when it falls back to plain.
func (t *indexed) NewColumnBuffer(column, values int) parquet.ColumnBuffer {
	if t.dict.owner.plain {
		return t.dict.owner.plainPages.NewColumnBuffer(column, valueBatch)
	}
	return &indexes{ColumnBuffer: t.Type.NewColumnBuffer(column, 0), typ: t, dict: t.dict}
}

// indexes is the page of a dictionary, as a buffer for parquet-go.
type indexes struct {
	parquet.ColumnBuffer // empty; has the methods that only parquet-go can have
	typ                  *indexed
	dict                 *dictionary
}

// WriteValues does nothing: the dictionary has the values already.
func (b *indexes) WriteValues(values []parquet.Value) (int, error) { return len(values), nil }

// Len is the number of values in the page.
func (b *indexes) Len() int { return len(b.dict.indexes) }

// NumValues is the number of values in the page.
func (b *indexes) NumValues() int64 { return int64(len(b.dict.indexes)) }

// Size is the size of the page in memory.
func (b *indexes) Size() int64 { return 4 * b.NumValues() }

// Reset begins the next page.
func (b *indexes) Reset() { b.dict.endPage() }

// Page returns the page.
func (b *indexes) Page() parquet.Page {
	page := b.typ.Type.NewPage(b.dict.column, len(b.dict.indexes), encoding.Int32Values(b.dict.indexes))
	return &indexPage{page, b.dict}
}

// indexPage finds its bounds without a look at each row.
type indexPage struct {
	parquet.Page
	dict *dictionary
}

// Bounds returns the least and the greatest value.
func (p *indexPage) Bounds() (least, most parquet.Value, ok bool) {
	d := p.dict
	if d.owner.Kind() == parquet.ByteArray {
		return d.textBounds()
	}
	d.scratch, d.ends = d.scratch[:0], append(d.ends[:0], 0)
	for _, i := range d.in {
		d.scratch = append(d.scratch, d.data[d.offsets[i]:d.offsets[i+1]]...)
		d.ends = append(d.ends, uint32(len(d.scratch)))
	}
	return d.plain(len(d.in), d.scratch, d.ends).Bounds()
}

// textBounds returns the bounds of the texts in the page. It copies no text, since one can have megabytes.
func (d *dictionary) textBounds() (least, most parquet.Value, ok bool) {
	if len(d.in) == 0 {
		return least, most, false
	}
	low, high := d.value(d.in[0]), d.value(d.in[0])
	for _, i := range d.in[1:] {
		if t := d.value(i); bytes.Compare(t, low) < 0 {
			low = t
		} else if bytes.Compare(t, high) > 0 {
			high = t
		}
	}
	return shortBounds(parquet.ByteArrayValue(low), parquet.ByteArrayValue(high), true)
}

// lazyType is a type that allocates no buffer in advance.
type lazyType struct{ parquet.Type }

// EstimateNumValues sizes the first buffer of a column.
func (t lazyType) EstimateNumValues(int) int { return valueBatch }
