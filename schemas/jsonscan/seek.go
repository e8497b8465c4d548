package jsonscan

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// Hop is one step into a document: to the value of a key and, in a list, to the element with an id or,
// without one, at an index.
type Hop struct {
	Key   string
	Index int    // -1: the value is no list
	ID    []byte // as JSON; nil: any
}

// Seek follows hops from a well-formed value to another; nil if it is missing, or on the way is another object.
func Seek(value []byte, hops []Hop) []byte {
	for _, h := range hops {
		value = Member(value, h.Key)
		if h.Index >= 0 {
			value = h.element(value)
		}
		if value == nil || h.ID != nil && !bytes.Equal(Member(value, "id"), h.ID) {
			return nil
		}
	}
	return value
}

func (h Hop) element(array []byte) []byte {
	for i, value := range Elements(array) {
		if h.ID == nil && i == h.Index || h.ID != nil && bytes.Equal(Member(value, "id"), h.ID) {
			return value
		}
	}
	return nil
}

// PathAt gives the keys and indexes that lead to the value or key at an index of a value, which a tolerant scanner
// takes.
func PathAt(value []byte, at int) (path []any) {
	for len(value) > 0 {
		s := &Scanner{Data: value, Tolerant: true}
		from, to := -1, -1
		visit := func(name any, i int) int {
			end := s.Skip(i, 0)
			if end > at && from < 0 {
				path, from, to = append(path, name), i, end
			}
			return end
		}
		switch n := -1; value[0] {
		case '{':
			s.Object(0, 0, func(key []byte, i int) int { return visit(strings.ToValidUTF8(string(key), "\uFFFD"), i) })
		case '[':
			s.Array(0, 0, func(i int) int { n++; return visit(n, i) })
		}
		if from < 0 || at < from { // the key
			break
		}
		value, at = value[from:to], at-from
	}
	return path
}

// Edit replaces a part of a document. An empty part makes it an insertion.
type Edit struct {
	From, To int
	Text     []byte
}

// Splice gives a new document with the edits, which must not overlap.
func Splice(document []byte, edits []Edit) []byte {
	slices.SortFunc(edits, func(a, b Edit) int { return cmp.Compare(a.From, b.From) })
	size := len(document)
	for _, e := range edits {
		size += len(e.Text)
	}
	out, done := make([]byte, 0, size), 0
	for _, e := range edits {
		out = append(append(out, document[done:e.From]...), e.Text...)
		done = e.To
	}
	return append(out, document[done:]...)
}
