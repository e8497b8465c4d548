package extract

import (
	"fmt"
)

// Window is a page to request: the rows Offset+1 to Offset+Size in the server's order or, if IDs is set,
// the records with ids in that range.
type Window struct {
	Index        int // of the page, from 0
	Offset, Size int
	IDs          bool
	After        string // the server's cursor to continue after; "": that of the offset
}

// String names the window in an error.
func (w Window) String() string {
	if w.IDs {
		return fmt.Sprintf("ids %d to %d", w.Offset+1, w.Offset+w.Size)
	}
	return fmt.Sprintf("rows %d to %d", w.Offset+1, w.Offset+w.Size)
}

func (w Window) halves() (a, b Window) {
	a, b = w, w
	a.Size = w.Size / 2
	b.Offset, b.Size = w.Offset+a.Size, w.Size-a.Size
	return a, b
}

// IDList lists the ids of a window of ids.
func (w Window) IDList() []int64 {
	ids := make([]int64, w.Size)
	for i := range ids {
		ids[i] = int64(w.Offset + 1 + i)
	}
	return ids
}
