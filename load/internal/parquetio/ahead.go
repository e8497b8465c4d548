package parquetio

import (
	"bytes"
	"encoding/binary"
	"runtime"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/schemas"
)

// ahead compresses the pages of one column of texts on other cores before
// parquet-go asks for them. Statements are most of what CIViC holds: with one
// core to a column, the others would wait for that column's.
//
// It builds the bytes of a plain page as parquet-go will, and hands the result
// out only if parquet-go then comes with the same bytes. So it can make a file
// faster to write, never another one.
type ahead struct {
	compress.Codec // does the work
	workers        *errgroup.Group
	column         *column

	row     int    // of the batch, next to look at
	page    page   // not full yet
	pending []*job // in the order of pages
	free    []*job // whose memory can be used again
	hits    int    // pages that were ready when parquet-go asked
}

// page is what a page holds so far.
type page struct {
	rows, bytes int
	present     []byte // a level for each row, if the column is nullable
	values      []byte
}

// job is a page being compressed.
type job struct {
	src, out []byte
	err      error
	done     chan struct{}
}

// newAhead gives nil where looking ahead cannot pay.
func newAhead(c *column, codec compress.Codec, workers *errgroup.Group) *ahead {
	text := c.typ.Kind == schemas.String || c.typ.Kind == schemas.JSON
	if c.typ.List || !text || runtime.GOMAXPROCS(0) == 1 || codec.CompressionCodec() == format.Uncompressed {
		return nil
	}
	return &ahead{Codec: codec, workers: workers, column: c}
}

// Encode is what parquet-go calls with a page.
func (a *ahead) Encode(dst, src []byte) ([]byte, error) {
	if len(a.pending) == 0 {
		return a.Codec.Encode(dst, src)
	}
	j := a.pending[0]
	a.pending = a.pending[1:]
	<-j.done
	a.free = append(a.free, j)
	if j.err != nil || !bytes.Equal(j.src, src) {
		return a.Codec.Encode(dst, src)
	}
	a.hits++
	return append(dst[:0], j.out...), nil
}

// begin starts at row from of a new array; the page may have begun before.
func (a *ahead) begin(from int) { a.row = from }

// forget drops what was looked at: the pages to come are of another kind, or
// begin anew.
func (a *ahead) forget() {
	a.page = page{present: a.page.present[:0], values: a.page.values[:0]}
	a.pending = nil
}

// fill looks as far ahead as there are cores to work, and rows to look at. It
// stops within a page at the end of the batch.
func (a *ahead) fill(texts *array.String, to int) {
	for a.row < to && len(a.pending) < 2*runtime.GOMAXPROCS(0) {
		a.add(texts, a.row)
		a.row++
		if a.column.limits.reached(a.page.rows, a.page.bytes) {
			a.dispatch()
		}
	}
}

func (a *ahead) add(texts *array.String, row int) {
	p := &a.page
	p.rows++
	if texts.IsNull(row) {
		p.bytes += nullSize
		p.present = append(p.present, 0)
		return
	}
	text := texts.Value(row)
	p.bytes += textSize(len(text))
	p.present = append(p.present, 1)
	p.values = append(binary.LittleEndian.AppendUint32(p.values, uint32(len(text))), text...)
}

// dispatch sends the page off to be compressed.
func (a *ahead) dispatch() {
	j := &job{}
	if n := len(a.free); n > 0 {
		j, a.free = a.free[n-1], a.free[:n-1]
	}
	j.src, j.done = j.src[:0], make(chan struct{})
	if a.column.typ.Nullable {
		levels, err := (&rle.Encoding{BitWidth: 1}).EncodeLevels(nil, a.page.present)
		if err != nil {
			levels = nil // parquet-go will come with other bytes, or fail itself
		}
		j.src = append(binary.LittleEndian.AppendUint32(j.src, uint32(len(levels))), levels...)
	}
	j.src = append(j.src, a.page.values...)
	a.pending = append(a.pending, j)
	a.page = page{present: a.page.present[:0], values: a.page.values[:0]}
	a.workers.Go(func() error {
		defer close(j.done)
		j.out, j.err = a.Codec.Encode(j.out[:0], j.src)
		return nil // a page that failed is tried again when it is asked for
	})
}
