package parquetio

import (
	"context"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/civic-etl/civic-etl/load/internal/values"
)

// nesting says what the levels of a column mean. The highest definition level, value, marks a value; a lower one
// marks a null. In a list, levels above empty belong to elements, level empty to a list without elements, and a lower
// level to a null list. A repetition level of 0 begins a row, one of 1 continues its list.
type nesting struct {
	list         bool
	empty, value int16
}

// readLimits bound what one call of read takes: rows, and bytes after which no further row begins. A row of more than
// rowBytes is an error.
type readLimits struct{ rows, bytes, rowBytes int }

var unlimited = readLimits{math.MaxInt, math.MaxInt, math.MaxInt}

// levelBytes is what a null, or the offset of a value, takes in memory.
const levelBytes = 4

// chunkReader reads the chunks of a column row by row. The chunks may be corrupt: levels that do not make rows are
// errors.
type chunkReader interface {
	// open begins the next chunk.
	open(chunk file.ColumnChunkReader) error
	// read reads the next rows of the chunk, fewer than allowed at its end.
	read(ctx context.Context, most readLimits) (rows int, err error)
}

// newChunkReader hands rows to one receiver and the elements of lists to another; both are the same for a column
// without lists.
func newChunkReader(c Column, rows, elements values.Receiver) (chunkReader, error) {
	leaf := c.Type
	if list, ok := leaf.(*arrow.ListType); ok {
		leaf = list.Elem()
	}
	switch leaf.ID() {
	case arrow.STRING:
		add := func(v parquet.ByteArray) int { return addText(v, elements) }
		return newLevelReader(c.levels, rows, elements, add), nil
	case arrow.INT32, arrow.DATE32:
		add := func(v int32) int { elements.Add4(uint32(v)); return 0 }
		return newLevelReader(c.levels, rows, elements, add), nil
	case arrow.INT64, arrow.TIMESTAMP:
		add := func(v int64) int { elements.Add8(uint64(v)); return 4 }
		return newLevelReader(c.levels, rows, elements, add), nil
	case arrow.FLOAT64:
		add := func(v float64) int { elements.Add8(math.Float64bits(v)); return 4 }
		return newLevelReader(c.levels, rows, elements, add), nil
	case arrow.BOOL:
		add := func(v bool) int { elements.AddBool(v); return 0 }
		return newLevelReader(c.levels, rows, elements, add), nil
	}
	return nil, fmt.Errorf("no column may hold %s", leaf)
}

// refused is the size of a value that is not of the column's type.
const refused = -1

func addText(v parquet.ByteArray, to values.Receiver) (bytes int) {
	if !utf8.Valid(v) {
		return refused
	}
	to.AddText(v)
	return len(v)
}

// pageReader is a column chunk of arrow-go. Values are valid until the next call, and do not include nulls.
type pageReader[T any] interface {
	HasNext() bool
	Err() error
	ReadBatchInPage(size int64, values []T, definitions, repetitions []int16) (levels int64, read int, err error)
}

// levelReader is the chunkReader of one physical type.
type levelReader[T any] struct {
	levels   nesting
	rows     values.Receiver
	elements values.Receiver
	add      func(T) (bytes int) // adds a value to elements, or refuses it
	chunk    pageReader[T]

	values                   []T
	definitions, repetitions []int16
	at, n                    int // among the levels read
	next, decoded            int // among the values read

	inList bool // a list that has elements
	length uint32
}

func newLevelReader[T any](l nesting, rows, elements values.Receiver, add func(T) int) *levelReader[T] {
	r := &levelReader[T]{levels: l, rows: rows, elements: elements, add: add, values: make([]T, BatchRows)}
	if l.value > 0 {
		r.definitions = make([]int16, BatchRows)
	}
	if l.list {
		r.repetitions = make([]int16, BatchRows)
	}
	return r
}

func (r *levelReader[T]) open(chunk file.ColumnChunkReader) error {
	typed, ok := chunk.(pageReader[T])
	if !ok {
		return fmt.Errorf("its values are of the physical type %s", chunk.Type())
	}
	r.chunk, r.at, r.n, r.inList = typed, 0, 0, false
	return nil
}

func (r *levelReader[T]) read(ctx context.Context, most readLimits) (rows int, err error) {
	for size, row := 0, 0; ; {
		if r.at == r.n {
			if more, err := r.load(ctx); err != nil || !more {
				r.endList()
				return rows, err
			}
		}
		if !r.levels.list || r.repetitions[r.at] == 0 {
			r.endList()
			if rows == most.rows || size >= most.bytes {
				return rows, nil
			}
			rows, row = rows+1, 0
		} else if err := r.checkElement(); err != nil {
			return rows, err
		}
		n, err := r.level()
		if err != nil {
			return rows, err
		}
		size, row = size+n, row+n
		if row > most.rowBytes {
			return rows, fmt.Errorf("a row of more than %d bytes", most.rowBytes)
		}
	}
}

// load reads the next levels and values of a page.
func (r *levelReader[T]) load(ctx context.Context) (more bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if !r.chunk.HasNext() {
		return false, r.chunk.Err()
	}
	n, decoded, err := r.chunk.ReadBatchInPage(BatchRows, r.values, r.definitions, r.repetitions)
	if err == nil && n == 0 {
		err = errors.New("a page ends early")
	}
	r.at, r.n, r.next, r.decoded = 0, int(n), 0, decoded
	return true, err
}

// checkElement checks the levels that continue a list.
func (r *levelReader[T]) checkElement() error {
	switch {
	case r.repetitions[r.at] != 1:
		return fmt.Errorf("invalid repetition level %d", r.repetitions[r.at])
	case !r.inList:
		return errors.New("a list continues that did not begin")
	case r.definitions[r.at] <= r.levels.empty:
		return errors.New("a list continues without an element")
	}
	return nil
}

// endList ends the list that has elements, if there is one.
func (r *levelReader[T]) endList() {
	if r.inList {
		r.rows.EndList(r.length)
		r.inList = false
	}
}

// level adds what the next level stands for, and returns its size in memory.
func (r *levelReader[T]) level() (size int, err error) {
	definition := r.levels.value
	if r.definitions != nil {
		definition = r.definitions[r.at]
	}
	r.at++
	if definition < 0 || definition > r.levels.value {
		return 0, fmt.Errorf("invalid definition level %d", definition)
	}
	if r.levels.list {
		switch {
		case definition < r.levels.empty:
			r.rows.AddNull()
			return levelBytes, nil
		case !r.inList:
			r.rows.BeginList()
			r.length = 0
		}
		if definition == r.levels.empty {
			r.rows.EndList(0)
			return levelBytes, nil
		}
		r.inList = true
		r.length++
	}
	if definition < r.levels.value {
		r.elements.AddNull()
		return levelBytes, nil
	}
	if r.next == r.decoded {
		return 0, errors.New("a page has fewer values than it declares")
	}
	r.next++
	n := r.add(r.values[r.next-1])
	if n == refused {
		return 0, values.ErrNotUTF8
	}
	return levelBytes + n, nil
}
