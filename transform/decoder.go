package transform

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// Decoder turns pages into batches. It keeps rows between pages, so that batches
// are larger than pages are. One goroutine at a time may use it; the batches it emitted may be
// used and released by any.
type Decoder struct {
	jsonscan.Scanner
	connection string
	root       *node
	tables     []*table
	batchRows  int
	identified bool
	isKnown    func(id int64) bool

	tok      token
	labelled token
	scratch  []byte // the text of an escaped string
	quoted   []byte
	objects  uint64

	// The record being read.
	id       int64
	hasID    bool
	rejected bool
	refusal  Reject

	// The page being read.
	result Result
	seen   map[int64]struct{}
}

// fail is what every reading method returns when it refuses the page.
const fail = jsonscan.Fail

const (
	// defaultBatchRows was measured: 1 to 4 thousand rows decode equally fast, and
	// 1,024 keep a run that writes text under 64 MB.
	defaultBatchRows = 1024
	// batchBytes emits a batch early when its values are unusually long.
	batchBytes = 32 << 20
	// maxBody keeps every column of a page within Arrow's 32-bit offsets.
	maxBody = 1 << 30
)

// Decode reads one page. At its end, tables that have gathered enough rows are emitted; the
// receiver owns the batch and must release it. A *PageError means that the page was
// refused as a whole and changed nothing; an error of emit is returned as it is, and ends the decoder's
// use. The body is not kept.
func (d *Decoder) Decode(body []byte, emit func(table int, batch arrow.RecordBatch) error) (Result, error) {
	if err := d.read(body); err != nil {
		for _, t := range d.tables {
			t.cut(t.page)
		}
		return Result{}, err
	}
	result := d.result
	d.result = Result{}
	return result, d.emit(emit, d.full)
}

func (d *Decoder) read(body []byte) error {
	if len(body) > maxBody {
		return &PageError{Offset: maxBody, Size: len(body), What: "is too large: ask for fewer records a page"}
	}
	d.Src, d.Fault, d.At = body, "", 0
	d.result = Result{TotalCount: -1}
	clear(d.seen)
	for _, t := range d.tables {
		t.page = t.rows
	}
	end := d.answer()
	d.Src, d.tok, d.labelled = nil, token{}, token{}
	d.Keys.Reset()
	if end < 0 {
		return &PageError{Offset: d.At, Size: len(body), What: d.Fault}
	}
	return nil
}

func (d *Decoder) full(t *table) bool {
	return t.rows >= d.batchRows || t.rows > 0 && t.chunk.size() >= batchBytes
}

// Flush emits the rows that are left, as Decode does.
func (d *Decoder) Flush(emit func(table int, batch arrow.RecordBatch) error) error {
	return d.emit(emit, func(t *table) bool { return t.rows > 0 })
}

func (d *Decoder) emit(emit func(int, arrow.RecordBatch) error, due func(*table) bool) error {
	for i, t := range d.tables {
		if due(t) {
			if err := emit(i, t.batch()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close gives the decoder's memory back to the allocator; rows not flushed are
// lost. Batches that are still in use stay valid until they are released.
func (d *Decoder) Close() {
	for _, t := range d.tables {
		t.free()
	}
	d.tables = nil
}

// reject marks the record being read; the first fault counts. A nil node is a fault of
// no value in particular.
func (d *Decoder) reject(l *leaf, n *node, reason string) {
	if d.rejected {
		return
	}
	d.rejected = true
	d.refusal = Reject{Table: d.tables[0].name, Reason: reason, Path: n.path(true)}
	if l != nil {
		d.refusal.Table = l.table.name
		d.refusal.Reason = fmt.Sprintf("column %s: %s", l.column.Name, reason)
	}
}
