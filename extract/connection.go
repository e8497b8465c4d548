package extract

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// connection is one page of a connection in an answer, and the places of its parts
// in the answer's text.
type connection struct {
	total   int // -1 if it is missing
	count   int // nodes
	hasNext bool
	cursor  string // "" if null
	nodes   span   // between the brackets
	next    span   // hasNextPage's value
	end     span   // endCursor's value
}

// span is a range of bytes; its zero value is no place.
type span struct{ from, to int }

func (s span) set() bool { return s.to > 0 }

// connectionReader reads connections while the scanner passes over the text for the
// first time. It notes the first defect and reads on: a fault of the text, or the
// answer's errors, may follow and come first.
type connectionReader struct {
	*jsonscan.Scanner
	err error
}

// refuse notes a defect and skips the value.
func (r *connectionReader) refuse(i, depth int, format string, args ...any) int {
	r.note(fmt.Errorf(format, args...))
	return r.Skip(i, depth)
}

func (r *connectionReader) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

// is reports whether the byte at i is c.
func (r *connectionReader) is(i int, c byte) bool { return i < len(r.Data) && r.Data[i] == c }

// kind names the type of the value at i.
func (r *connectionReader) kind(i int) string {
	switch {
	case r.is(i, 'n'):
		return "null"
	case r.is(i, '{'):
		return "an object"
	case r.is(i, '['):
		return "a list"
	case r.is(i, '"'):
		return "a string"
	case r.is(i, 't') || r.is(i, 'f'):
		return "a boolean"
	}
	return "a number"
}

// raw skips the value at i and gives its text.
func (r *connectionReader) raw(i, depth int) (text []byte, end int) {
	if end = r.Skip(i, depth); end < 0 {
		return nil, end
	}
	return r.Data[i:end], end
}

// connection reads the connection at i; node reads each node. It checks that all parts
// are there, not that they agree.
func (r *connectionReader) connection(name string, i, depth int, node func(n, i int) int) (c connection, end int) {
	c.total = -1
	switch {
	case r.is(i, 'n'):
		return c, r.refuse(i, depth, "%s is null and no error says why", name)
	case !r.is(i, '{'):
		return c, r.refuse(i, depth, "%s is %s where an object belongs", name, r.kind(i))
	}
	end = r.Object(i, depth, func(key []byte, i int) int {
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
	switch {
	case end < 0:
	case !c.nodes.set():
		r.note(errors.New("a connection without nodes"))
	case !c.next.set():
		r.note(errors.New("a connection without pageInfo.hasNextPage"))
	}
	return c, end
}

func (r *connectionReader) totalCount(c *connection, i, depth int) int {
	text, end := r.raw(i, depth)
	if n, err := strconv.ParseUint(string(text), 10, 31); err == nil {
		c.total = int(n)
	} else if end > 0 {
		r.note(fmt.Errorf("totalCount is %s, not a count", jsonscan.Clip(text)))
	}
	return end
}

func (r *connectionReader) pageInfo(c *connection, i, depth int) int {
	if !r.is(i, '{') {
		return r.refuse(i, depth, "pageInfo is %s where an object belongs", r.kind(i))
	}
	return r.Object(i, depth, func(key []byte, i int) int {
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
		return r.refuse(i, depth, "nodes is null and no error says why")
	case !r.is(i, '['):
		return r.refuse(i, depth, "nodes is %s where a list belongs", r.kind(i))
	}
	end := r.Array(i, depth, func(i int) int {
		c.count++
		return node(c.count-1, i)
	})
	c.nodes = span{i + 1, end - 1}
	return end
}

// recordID is the id of a record, given as JSON.
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

// canContinue reports whether the nodes behind those of this page, which begins after
// an offset, can be asked for.
func (c *connection) canContinue(offset int) error {
	switch want := cursor(offset + c.count); {
	case c.hasNext && c.count == 0:
		return errors.New("an empty page of a nested connection that says a next one follows")
	case c.hasNext && c.cursor != want:
		return fmt.Errorf("a nested page ends with the cursor %q where %q belongs: the server no longer pages by offset",
			jsonscan.Clip([]byte(c.cursor)), want)
	}
	return nil
}

// member gives the value of a key in a well-formed value; nil if that is no object or
// has no such key.
func member(object []byte, name string) (found []byte) {
	if len(object) == 0 || object[0] != '{' {
		return nil
	}
	s := &jsonscan.Scanner{Data: object}
	s.Object(0, 0, func(key []byte, i int) int {
		end := s.Skip(i, 1)
		if string(key) == name && end > 0 {
			found = object[i:end:end]
		}
		return end
	})
	return found
}

// elements gives the elements of a well-formed array; none if the value is no array.
func elements(array []byte) (list [][]byte) {
	if len(array) == 0 || array[0] != '[' {
		return nil
	}
	s := &jsonscan.Scanner{Data: array}
	s.Array(0, 0, func(i int) int {
		end := s.Skip(i, 1)
		if end > 0 {
			list = append(list, array[i:end:end])
		}
		return end
	})
	return list
}
