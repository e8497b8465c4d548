package transform

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// Decoder turns pages into batches. It keeps rows between pages, so that batches are larger than pages. One goroutine
// at a time may use it; any goroutine may use and release the batches.
type Decoder struct {
	walker    walker
	envelope  envelope
	root      *node
	tables    []*table
	batchRows int

	hasIDs  bool                // records have an id
	isKnown func(id int64) bool // nil: no record is known from an earlier page
	seen    map[int64]struct{}  // the ids of this page
	result  Result              // of this page
}

const (
	// defaultBatchRows was measured: 1 to 4 thousand rows decode equally fast, and
	// 1,024 keep a run that writes text under 64 MB.
	defaultBatchRows = 1024
	// batchBytes emits a batch early if its values are unusually long.
	batchBytes = 8 << 20
	// maxBody keeps every column of a page within Arrow's 32-bit offsets.
	maxBody = 1 << 30
)

// Decode reads one page, and then emits the tables that have enough rows. The receiver owns the batch and must
// release it. A *PageError means that the page was refused as a whole and changed nothing. An error of emit is
// returned as it is; the decoder must not be used after it, except for Close. The body is not kept.
func (d *Decoder) Decode(body []byte, emit func(table int, batch arrow.RecordBatch) error) (Result, error) {
	if err := d.page(body); err != nil {
		for _, t := range d.tables {
			t.truncate(t.pageStart)
		}
		return Result{}, err
	}
	result := d.result
	d.result = Result{}
	return result, d.emit(emit, d.full)
}

func (d *Decoder) page(body []byte) error {
	if len(body) > maxBody {
		return &PageError{Offset: maxBody, Size: len(body), What: "is too large: ask for fewer records a page"}
	}
	d.result = Result{TotalCount: -1}
	d.walker.record.pageCopied = 0
	clear(d.seen)
	for _, t := range d.tables {
		t.pageStart = t.rows
	}
	d.walker.scan.Reset(body)
	defer d.walker.scan.Reset(nil) // keep no reference to the body
	if d.envelope.read(&d.result) < 0 {
		fault := d.walker.scan.Fault()
		return &PageError{Offset: fault.Offset, Size: len(body), What: fault.What}
	}
	if d.walker.record.pageCopied > mostPageCopied {
		what := fmt.Sprintf("has rows of more than %d MB: ask for fewer records a page (extract.page_size)",
			mostPageCopied>>20)
		return &PageError{Offset: len(body), Size: len(body), What: what}
	}
	return nil
}

// record reads the record at i into the tables, and keeps or drops its rows.
func (d *Decoder) record(i int) int {
	r := &d.walker.record
	r.begin()
	for _, t := range d.tables {
		t.beginRecord()
	}
	end := d.walker.element(d.root, i, recordDepth)
	if end < 0 {
		return jsonscan.Failed
	}
	raw := d.walker.scan.Data[i:end]
	if raw[0] == 'n' {
		r.rejected, r.refusal = true, Reject{Table: r.table, Reason: "the server gave null for this record"}
	}
	for _, t := range d.tables {
		t.end(r, 0)
	}
	d.finish(r, raw)
	return end
}

// finish counts the record, and drops its rows if it is a duplicate or rejected.
func (d *Decoder) finish(r *record, raw []byte) {
	d.result.Records++
	if d.duplicate(r) {
		d.result.Duplicates++
		d.dropRecord()
		return
	}
	filtered := 0
	for _, t := range d.tables {
		filtered += t.compute(r)
	}
	if r.rejected {
		d.dropRecord()
		r.refusal.Record = jsonscan.AppendCompact(make([]byte, 0, len(raw)), raw)
		d.result.Rejects = append(d.result.Rejects, r.refusal)
		return
	}
	d.result.Filtered += filtered
}

// duplicate reports that the record was taken before, and otherwise remembers its id.
func (d *Decoder) duplicate(r *record) bool {
	if !d.hasIDs {
		return false
	}
	if !r.hasID {
		r.reject(nil, nil, "the record has no integer id")
		return false
	}
	if _, again := d.seen[r.id]; again || d.isKnown != nil && d.isKnown(r.id) {
		return true
	}
	d.seen[r.id] = struct{}{}
	d.result.IDs = append(d.result.IDs, r.id)
	return false
}

func (d *Decoder) dropRecord() {
	for _, t := range d.tables {
		t.truncate(t.recordStart)
	}
}

func (d *Decoder) full(t *table) bool {
	return t.rows >= d.batchRows || t.rows > 0 && t.chunk.Size() >= batchBytes
}

// Flush emits the remaining rows, as Decode does.
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

// Close returns the decoder's memory to the allocator; rows that were not flushed are
// lost. Batches in use stay valid until they are released.
func (d *Decoder) Close() {
	for _, t := range d.tables {
		t.free()
	}
	d.tables = nil
}
