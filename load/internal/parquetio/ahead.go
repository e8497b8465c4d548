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
)

// ahead compresses the plain pages of a text column on other cores before parquet-go asks for them. Statements are
// most of CIViC's bytes: with one core to a column, the other cores would wait for theirs.
//
// It builds the bytes of a page as parquet-go will, and returns its result only if
// parquet-go asks for the same bytes: it never changes the file.
type ahead struct {
	compress.Codec // does the work
	workers        *errgroup.Group
	limits         pageLimits
	nullable       bool

	next    int // the row of the array to look at
	page    page
	pending []*job // in the order of pages
	free    []*job // whose memory can be used again
	hits    int    // pages that were used
}

// page is a page that is not full yet.
type page struct {
	rows, bytes int
	present     []byte // a definition level for each row
	values      []byte
}

// mostAhead bounds a page that is worth memory for three copies. A page is larger only if a text is.
const mostAhead = 4 << 20

// job is a page being compressed.
type job struct {
	src, out []byte
	err      error
	done     chan struct{}
}

// worthAhead excludes columns and files where working ahead saves no time.
func worthAhead(c *column, codec compress.Codec) bool {
	return !c.typ.List && c.text() && runtime.GOMAXPROCS(0) > 1 && codec.CompressionCodec() != format.Uncompressed
}

// Encode compresses a page for parquet-go.
func (a *ahead) Encode(dst, src []byte) ([]byte, error) {
	if len(a.pending) == 0 {
		return a.Codec.Encode(dst, src)
	}
	j := a.pending[0]
	a.pending = a.pending[1:]
	<-j.done
	a.free = append(a.free, j)
	if !bytes.Equal(j.src, src) {
		return a.Codec.Encode(dst, src)
	}
	a.hits++
	return append(dst[:0], j.out...), j.err
}

// reset drops all pages: the next ones have dictionaries, or are of another row group.
func (a *ahead) reset() {
	a.page = page{present: a.page.present[:0], values: a.page.values[:0]}
	a.pending = nil
}

// fill looks at rows before to, as far ahead as the cores have time for.
func (a *ahead) fill(texts *array.String, to int) {
	for ; a.next < to && len(a.pending) < 2*runtime.GOMAXPROCS(0); a.next++ {
		a.page.add(texts, a.next)
		if a.limits.reached(a.page.rows, a.page.bytes) {
			a.dispatch()
		}
	}
}

func (p *page) add(texts *array.String, row int) {
	p.rows++
	if texts.IsNull(row) {
		p.bytes += nullBytes
		p.present = append(p.present, 0)
		return
	}
	text := texts.Value(row)
	p.bytes += len(text) + lengthBytes
	p.present = append(p.present, 1)
	if p.bytes > mostAhead {
		return
	}
	p.values = append(binary.LittleEndian.AppendUint32(p.values, uint32(len(text))), text...)
}

// dispatch has the page compressed.
func (a *ahead) dispatch() {
	j := &job{}
	if n := len(a.free); n > 0 {
		j, a.free = a.free[n-1], a.free[:n-1]
	}
	j.src, j.done = j.src[:0], make(chan struct{})
	if a.page.bytes > mostAhead {
		close(j.done) // parquet-go will ask for other bytes
		a.page = page{present: a.page.present[:0], values: a.page.values[:0]}
		a.pending = append(a.pending, j)
		return
	}
	if a.nullable {
		levels, err := (&rle.Encoding{BitWidth: 1}).EncodeLevels(nil, a.page.present)
		if err != nil {
			levels = nil // parquet-go will ask for other bytes, or fail itself
		}
		j.src = append(binary.LittleEndian.AppendUint32(j.src, uint32(len(levels))), levels...)
	}
	j.src = append(j.src, a.page.values...)
	a.page = page{present: a.page.present[:0], values: a.page.values[:0]}
	a.pending = append(a.pending, j)
	a.workers.Go(func() error {
		defer close(j.done)
		j.out, j.err = a.Codec.Encode(j.out[:0], j.src)
		return nil // Encode returns the error
	})
}
