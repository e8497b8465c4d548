package transform

import (
	"github.com/apache/arrow-go/v18/arrow"
)

// table gathers the rows of one output table.
type table struct {
	name   string
	schema *arrow.Schema
	shown  []int // the columns that batches have
	pool   *pool
	chunk  *chunk
	rows   int // in the chunk
	page   int // rows when the page began
	mark   int // rows when the record began

	// levels is how many lists lie on the way to a row: 0 for a row per record. A leaf of the last level writes
	// its column; one of a level above writes one value for each context, which is copied to each row of it
	// when the context ends.
	levels int
	outer  bool
	leaves []*leaf
	lists  [][]*leaf // by level: those that end their value with the context
	staged [][]*leaf // by level: those whose value is copied
	since  []int     // by level: rows when the context began

	computed *computed
}

// open begins a record.
func (t *table) open() {
	t.mark = t.rows
	for i := range t.since {
		t.since[i] = t.rows
	}
}

// close ends a context: the record at level 0, an element of the n-th list of the rows at
// level n. An element of the last list is a row.
func (t *table) close(d *Decoder, level int) {
	if d.rejected {
		return
	}
	for _, l := range t.lists[level] {
		l.finish(d)
	}
	switch {
	case level == t.levels:
		t.rows++
	case level == 0 && t.outer && t.rows == t.mark:
		t.bare()
	}
	if level < t.levels && !d.rejected {
		t.spread(d, level)
	}
}

// bare makes a row of a record without elements.
func (t *table) bare() {
	for _, l := range t.leaves {
		if l.level > 0 {
			t.chunk.columns[l.index].putNull()
		}
	}
	t.rows++
}

// spread copies the values of a context to the rows that came of it.
func (t *table) spread(d *Decoder, level int) {
	n := t.rows - t.since[level]
	t.since[level] = t.rows
	for _, l := range t.staged[level] {
		to := t.chunk.columns[l.index]
		for range n {
			if !to.copy(l.to, 0) {
				d.reject(l, nil, "the record's rows are too many for one batch")
				return
			}
		}
		l.to.cut(0)
	}
}

// cut goes back to a number of rows, and forgets all that is half done.
func (t *table) cut(rows int) {
	t.chunk.cut(rows)
	t.rows = rows
	for _, l := range t.leaves {
		l.present, l.count = false, 0
		if l.level < t.levels {
			l.to.cut(0)
		}
	}
}

// renew takes an empty chunk to fill.
func (t *table) renew() {
	t.chunk, t.rows = t.pool.get(), 0
	for _, l := range t.leaves {
		if l.level == t.levels {
			l.to = t.chunk.columns[l.index]
		}
	}
}

// batch gives away the rows gathered.
func (t *table) batch() arrow.RecordBatch {
	b := t.chunk.batch(t.schema, t.shown, t.rows, t.pool)
	t.renew()
	return b
}

func (t *table) free() {
	t.chunk.free()
	for _, l := range t.leaves {
		if l.level < t.levels {
			l.to.free()
		}
	}
	t.computed.free()
	t.pool.close()
}
