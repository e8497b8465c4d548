package textio

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// textColumn returns the values of a text column, and whether each can be written as it
// is. It searches the whole column, not each value, for bytes that cannot: a short value
// then costs one comparison. In row order, it looks at each byte once.
type textColumn struct {
	nulls   nulls
	offsets []int32
	text    []byte
	search  func([]byte) int // how many bytes can be written as they are

	from, to int // bytes between them can be written as they are
}

func newTextColumn(a *array.String, search func([]byte) int) *textColumn {
	c := &textColumn{nulls: nullsOf(a), search: search}
	if a.Len() > 0 {
		c.offsets, c.text = a.ValueOffsets(), a.ValueBytes()
		c.text = c.text[:len(c.text):len(c.text)]
	}
	return c
}

// at returns the value of a row.
func (c *textColumn) at(row int) (value []byte, clean bool) {
	from, to := int(c.offsets[row]-c.offsets[0]), int(c.offsets[row+1]-c.offsets[0])
	if from < c.from || from >= c.to {
		c.from, c.to = from, from+c.search(c.text[from:])
	}
	return c.text[from:to], to <= c.to
}

// nulls tells which rows of an array are null.
type nulls struct {
	valid  []byte // a bitmap; nil: all are
	offset int
}

func nullsOf(a arrow.Array) nulls {
	if a.NullN() == 0 {
		return nulls{}
	}
	return nulls{valid: a.NullBitmapBytes(), offset: a.Data().Offset()}
}

func (n nulls) at(row int) bool {
	row += n.offset
	return n.valid != nil && n.valid[row>>3]>>(row&7)&1 == 0
}
