package extract

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// connection is one page of a connection, and the places of its parts in the answer's text.
type connection struct {
	total   int // -1 if it is missing
	count   int // of nodes
	hasNext bool
	cursor  string // "" if null
	all     span   // totalCount's value
	nodes   span   // between the brackets
	next    span   // hasNextPage's value
	end     span   // endCursor's value
}

// span is a range of bytes; its zero value means none.
type span struct{ from, to int }

func (s span) set() bool { return s.to > 0 }

// connectionReader reads connections during the one scan of an answer. It notes the first defect and
// reads on: a syntax fault or the answer's errors, which may follow, take precedence.
type connectionReader struct {
	*jsonscan.Scanner
	err error
}

func (r *connectionReader) refuse(i, depth int, format string, args ...any) int {
	r.note(fmt.Errorf(format, args...))
	return r.Skip(i, depth)
}

func (r *connectionReader) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *connectionReader) is(i int, c byte) bool { return i < len(r.Data) && r.Data[i] == c }

// object reads the object at i, and refuses another value.
func (r *connectionReader) object(name string, i, depth int, member func(key []byte, i int) int) int {
	if !r.is(i, '{') {
		return r.refuse(i, depth, "%s is %s, want an object", name, r.Describe(i))
	}
	return r.Object(i, depth, member)
}

func (r *connectionReader) raw(i, depth int) (text []byte, end int) {
	if end = r.Skip(i, depth); end < 0 {
		return nil, end
	}
	return r.Data[i:end], end
}

// connection reads the connection at i; node reads each node. It checks that all parts exist, not that
// they agree.
func (r *connectionReader) connection(name string, i, depth int, node func(n, i int) int) (c connection, end int) {
	if r.is(i, 'n') {
		return c, r.refuse(i, depth, "%s is null without an error", name)
	}
	c, end = r.parts(name, i, depth, node)
	switch {
	case end < 0:
	case !c.nodes.set():
		r.note(errors.New("a connection without nodes"))
	case !c.next.set():
		r.note(errors.New("a connection without pageInfo.hasNextPage"))
	}
	return c, end
}

// parts reads those parts of a connection that exist.
func (r *connectionReader) parts(name string, i, depth int, node func(n, i int) int) (c connection, end int) {
	c.total = -1
	end = r.object(name, i, depth, func(key []byte, i int) int {
		switch string(key) {
		case "totalCount":
			return r.totalCount(&c, i, depth+1)
		case "pageInfo":
			return r.pageInfo(&c, i, depth+1)
		case "nodes":
			return r.nodes(&c, i, depth+1, node)
		}
		return r.Skip(i, depth+1)
	})
	return c, end
}

func (r *connectionReader) totalCount(c *connection, i, depth int) int {
	text, end := r.raw(i, depth)
	if n, err := strconv.ParseUint(string(text), 10, 31); err == nil {
		c.total, c.all = int(n), span{i, end}
	} else if end > 0 {
		r.note(fmt.Errorf("totalCount is %s, not a count", jsonscan.Clip(text)))
	}
	return end
}

func (r *connectionReader) pageInfo(c *connection, i, depth int) int {
	return r.object("pageInfo", i, depth, func(key []byte, i int) int {
		name := string(key)
		text, end := r.raw(i, depth+1)
		if end < 0 || name != "hasNextPage" && name != "endCursor" {
			return end
		}
		switch at := (span{i, end}); {
		case name == "hasNextPage" && (text[0] == 't' || text[0] == 'f'):
			c.next, c.hasNext = at, text[0] == 't'
		case name == "endCursor" && text[0] == '"':
			cursor, _ := jsontext.AppendUnquote(nil, text)
			c.end, c.cursor = at, string(cursor)
		case name == "endCursor" && text[0] == 'n':
			c.end = at
		default:
			r.note(fmt.Errorf("%s is %s", name, jsonscan.Clip(text)))
		}
		return end
	})
}

func (r *connectionReader) nodes(c *connection, i, depth int, node func(n, i int) int) int {
	switch {
	case r.is(i, 'n'):
		return r.refuse(i, depth, "nodes is null without an error")
	case !r.is(i, '['):
		return r.refuse(i, depth, "nodes is %s, want a list", r.Describe(i))
	}
	end := r.Array(i, depth, func(i int) int {
		c.count++
		return node(c.count-1, i)
	})
	c.nodes = span{i + 1, end - 1}
	return end
}

func (r *connectionReader) recordID(text []byte) int64 {
	if text == nil {
		r.note(errors.New("a record without an id"))
		return 0
	}
	id, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		r.note(fmt.Errorf("a record's id is %s, not a whole number", jsonscan.Clip(text)))
	}
	return id
}

// canContinue checks that the nodes after this page, which begins after an offset, can be requested.
func (c *connection) canContinue(offset int) error {
	switch want := cursor(offset + c.count); {
	case c.hasNext && c.count == 0:
		return errors.New("an empty page of a nested connection with hasNextPage true")
	case c.hasNext && c.cursor != want:
		return fmt.Errorf("a nested page ends with the cursor %q instead of %q: the server no longer pages by offset",
			jsonscan.Clip([]byte(c.cursor)), want)
	}
	return nil
}
