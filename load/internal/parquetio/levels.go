package parquetio

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/parquet/file"
)

// nesting says what the levels of a column mean. A definition level of value is a
// value's, the highest there is; a lower one is a null's. In a list, levels above
// empty are those of elements, empty is that of the list without any, and below it
// the list is null. A repetition level of 0 begins a row, one of 1 goes on with its
// list.
type nesting struct {
	list         bool
	empty, value int16
}

// receiver is given the rows of a column, one after the other. What a function
// returns is how many bytes it took to keep the value.
type receiver[T any] struct {
	null    func()              // the row is null
	begin   func()              // the row is a list
	value   func(T) int         // the row is this value, or the list has it next
	missing func()              // the list has a null next
	end     func(length uint32) // the list has no more
}

// portion is how much is taken at once: so many rows, but no further one after so
// many bytes. A row of more than most bytes is an error.
type portion struct{ rows, bytes, most int }

var everything = portion{math.MaxInt, math.MaxInt, math.MaxInt}

// pageReader is a column chunk of arrow-go's. Values are good until the next call;
// those that are null are left out of them.
type pageReader[T any] interface {
	HasNext() bool
	Err() error
	ReadBatchInPage(size int64, values []T, definitions, repetitions []int16) (levels int64, read int, err error)
}

// cells reads the chunks of a column row by row. They may be damaged: levels that
// do not make rows are errors.
type cells[T any] struct {
	levels nesting
	chunk  pageReader[T]

	values                   []T
	definitions, repetitions []int16
	at, n                    int // among the levels read
	next, read               int // among the values read

	open   bool // a list that has elements
	length uint32
}

// slotBytes is what a null, or the mere beginning of a value, takes to keep.
const slotBytes = 4

func newCells[T any](l nesting) *cells[T] {
	c := &cells[T]{levels: l, values: make([]T, ReadRows)}
	if l.value > 0 {
		c.definitions = make([]int16, ReadRows)
	}
	if l.list {
		c.repetitions = make([]int16, ReadRows)
	}
	return c
}

// start goes on to the next chunk.
func (c *cells[T]) start(chunk file.ColumnChunkReader) error {
	typed, ok := chunk.(pageReader[T])
	if !ok {
		return fmt.Errorf("its values are of the physical type %s", chunk.Type())
	}
	c.chunk, c.at, c.n, c.open = typed, 0, 0, false
	return nil
}

// take hands over the next rows of the chunk, and says how many there were: fewer
// than asked for at its end, or when they got too large.
func (c *cells[T]) take(ctx context.Context, p portion, to *receiver[T]) (rows int, err error) {
	for size, row := 0, 0; ; {
		if c.at == c.n {
			if more, err := c.load(ctx); err != nil || !more {
				c.end(to)
				return rows, err
			}
		}
		if !c.levels.list || c.repetitions[c.at] == 0 {
			c.end(to)
			if rows == p.rows || size >= p.bytes {
				return rows, nil
			}
			rows, row = rows+1, 0
		} else if err := c.goesOn(); err != nil {
			return rows, err
		}
		n, err := c.cell(to)
		if err != nil {
			return rows, err
		}
		size, row = size+n, row+n
		if row > p.most {
			return rows, fmt.Errorf("a row of more than %d bytes", p.most)
		}
	}
}

// load reads what comes next in a page.
func (c *cells[T]) load(ctx context.Context) (more bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if !c.chunk.HasNext() {
		return false, c.chunk.Err()
	}
	n, read, err := c.chunk.ReadBatchInPage(ReadRows, c.values, c.definitions, c.repetitions)
	if err == nil && n == 0 {
		err = errors.New("a page ends early")
	}
	c.at, c.n, c.next, c.read = 0, int(n), 0, read
	return true, err
}

// goesOn says whether the list of the row may have one more element.
func (c *cells[T]) goesOn() error {
	switch {
	case c.repetitions[c.at] != 1:
		return fmt.Errorf("a repetition level is %d, which none may be", c.repetitions[c.at])
	case !c.open:
		return errors.New("a list goes on that did not begin")
	case c.definitions[c.at] <= c.levels.empty:
		return errors.New("a list goes on with what is no element")
	}
	return nil
}

// end ends the list that has elements, if there is one.
func (c *cells[T]) end(to *receiver[T]) {
	if c.open {
		to.end(c.length)
		c.open = false
	}
}

// cell hands over what one level stands for, and says how much that is to keep.
func (c *cells[T]) cell(to *receiver[T]) (size int, err error) {
	definition := c.levels.value
	if c.definitions != nil {
		definition = c.definitions[c.at]
	}
	c.at++
	if definition < 0 || definition > c.levels.value {
		return 0, fmt.Errorf("a definition level is %d, which none may be", definition)
	}
	if c.levels.list {
		switch {
		case definition < c.levels.empty:
			to.null()
			return slotBytes, nil
		case !c.open:
			to.begin()
			c.length = 0
		}
		if definition == c.levels.empty {
			to.end(0)
			return slotBytes, nil
		}
		c.open = true
		c.length++
	}
	switch {
	case definition == c.levels.value:
		if c.next == c.read {
			return 0, errors.New("a page has fewer values than it says")
		}
		c.next++
		return slotBytes + to.value(c.values[c.next-1]), nil
	case c.levels.list:
		to.missing()
	default:
		to.null()
	}
	return slotBytes, nil
}
