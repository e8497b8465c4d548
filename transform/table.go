package transform

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/transform/internal/column"
)

// table collects the rows of one output table.
type table struct {
	name   string
	schema *arrow.Schema
	shown  []int // the columns of the batches
	pool   *column.Pool
	chunk  *column.Chunk
	rows   int // in the chunk

	// The numbers of rows to go back to.
	pageStart   int
	recordStart int

	// levels is the number of lists on the way to a row: 0 for one row a record. A leaf of
	// the last level writes its column. A leaf of a level above writes one value for each
	// context into a column of its own; the end of the context copies it to all its rows.
	levels     int
	outer      bool
	leaves     []*leaf
	listLeaves [][]*leaf // by level: those that end their value with the context
	copied     [][]*leaf // by level: those whose value is copied
	since      []int     // by level: rows when the context began

	computed *computed
}

func (t *table) beginRecord() {
	t.recordStart = t.rows
	for i := range t.since {
		t.since[i] = t.rows
	}
}

// end ends a context: level 0 is the record, level n an element of the n-th list of the
// rows. An element of the last list is a row.
func (t *table) end(r *record, level int) {
	if r.rejected {
		return
	}
	for _, l := range t.listLeaves[level] {
		l.finish(r)
	}
	switch {
	case level == t.levels:
		t.rows++
	case level == 0 && t.outer && t.rows == t.recordStart:
		t.addOuterRow()
	}
	if level < t.levels && !r.rejected {
		t.copyDown(r, level)
	}
}

// addOuterRow adds the row of a record without elements.
func (t *table) addOuterRow() {
	for _, l := range t.leaves {
		if l.level > 0 {
			t.chunk.Columns[l.index].AppendNull()
		}
	}
	t.rows++
}

// copyDown copies the values of a context to its rows.
func (t *table) copyDown(r *record, level int) {
	n := t.rows - t.since[level]
	t.since[level] = t.rows
	for _, l := range t.copied[level] {
		if !r.mayCopy(l, n*l.to.Size()) {
			return
		}
		to := t.chunk.Columns[l.index]
		for range n {
			if !to.Copy(l.to, 0) {
				r.reject(l, nil, "the record's rows are too many for one batch")
				return
			}
		}
		l.to.Truncate(0)
	}
}

// truncate goes back to a number of rows, and drops everything unfinished.
func (t *table) truncate(rows int) {
	t.chunk.Truncate(rows)
	t.rows = rows
	for _, l := range t.leaves {
		l.reset()
		if l.level < t.levels {
			l.to.Truncate(0)
		}
	}
}

// batch gives away the rows collected.
func (t *table) batch() arrow.RecordBatch {
	b := t.chunk.Batch(t.schema, t.shown, t.rows)
	t.newChunk()
	return b
}

func (t *table) newChunk() {
	t.chunk, t.rows = t.pool.Chunk(), 0
	for _, l := range t.leaves {
		if l.level == t.levels {
			l.fill(t.chunk.Columns[l.index])
		}
	}
}

func (t *table) free() {
	t.chunk.Free()
	for _, l := range t.leaves {
		if l.level < t.levels {
			l.to.Free()
		}
	}
	t.computed.free()
	t.pool.Close()
}
