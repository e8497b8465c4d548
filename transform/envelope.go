package transform

import (
	"fmt"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// PageError reports that a body is not a whole, sound page: it is not JSON, or not the answer that was asked for, or
// it has errors. None of its rows was kept, so the page can be fetched and decoded again.
type PageError struct {
	Offset, Size int // the fault's offset in the body, and the body's size, in bytes
	What         string
}

func (e *PageError) Error() string {
	return fmt.Sprintf("page %s (byte %d of %d)", e.What, e.Offset, e.Size)
}

// envelope reads what surrounds the records of a page: {"data": {connection: {totalCount, pageInfo, nodes}}}.
type envelope struct {
	scan       *jsonscan.Scanner
	connection string
	record     func(i int) int // reads the record at i and returns its end
	result     *Result         // of the page being read
}

// recordDepth is the number of objects and arrays around a record.
const recordDepth = 4

// read reads the whole body. Its counts go to result, its records to e.record.
func (e *envelope) read(result *Result) int {
	e.result = result
	start := e.scan.Space(0)
	if !e.at(start, '{') {
		return e.scan.Unexpected(start, "an object")
	}
	hasData := false
	end := e.scan.Object(start, 0, func(key []byte, i int) int {
		switch string(key) {
		case "data":
			hasData = true
			return e.data(i)
		case "errors":
			return e.errors(i)
		}
		return e.scan.Skip(i, 1)
	})
	switch {
	case end < 0:
		return jsonscan.Failed
	case !hasData:
		return e.scan.Fail(start, "has no data")
	}
	return e.scan.End(end)
}

func (e *envelope) at(i int, c byte) bool { return i < len(e.scan.Data) && e.scan.Data[i] == c }

// errors refuses a page with errors. The extractor has already checked it; a replayed
// page may have been changed since.
func (e *envelope) errors(i int) int {
	end := e.scan.Skip(i, 1)
	if end < 0 {
		return jsonscan.Failed
	}
	if text := string(jsonscan.AppendCompact(nil, e.scan.Data[i:end])); text != "null" && text != "[]" {
		return e.scan.Fail(i, "contains errors: "+jsonscan.Clip([]byte(text)))
	}
	return end
}

// wrong refuses a value of the wrong kind where an object or an array must be.
func (e *envelope) wrong(i, depth int, want string) int {
	end := e.scan.Skip(i, depth)
	if end < 0 {
		return jsonscan.Failed
	}
	return e.scan.Fail(i, "holds "+jsonscan.Clip(e.scan.Data[i:end])+" where "+want+" should be")
}

func (e *envelope) data(start int) int {
	if !e.at(start, '{') {
		return e.wrong(start, 1, "data")
	}
	found := false
	end := e.scan.Object(start, 1, func(key []byte, i int) int {
		if string(key) != e.connection {
			return e.scan.Skip(i, 2)
		}
		found = true
		return e.page(i)
	})
	if end > 0 && !found {
		return e.scan.Fail(start, "has no data of "+e.connection)
	}
	return end
}

func (e *envelope) page(start int) int {
	if !e.at(start, '{') {
		return e.wrong(start, 2, "data of "+e.connection)
	}
	hasNodes := false
	end := e.scan.Object(start, 2, func(key []byte, i int) int {
		switch string(key) {
		case "totalCount":
			return e.totalCount(i)
		case "pageInfo":
			return e.pageInfo(i)
		case "nodes":
			hasNodes = true
			return e.nodes(i)
		}
		return e.scan.Skip(i, 3)
	})
	if end > 0 && !hasNodes {
		return e.scan.Fail(start, "has no nodes")
	}
	return end
}

func (e *envelope) totalCount(i int) int {
	var t jsonscan.Token
	end := e.scan.Token(&t, i, 3)
	if end < 0 {
		return jsonscan.Failed
	}
	n, ok := toInt64(&t)
	if t.Kind != jsonscan.Number || !ok || n < 0 {
		return e.scan.Fail(i, "has an invalid totalCount: "+jsonscan.Clip(t.Raw))
	}
	e.result.TotalCount = int(n)
	return end
}

func (e *envelope) pageInfo(i int) int {
	if !e.at(i, '{') {
		return e.wrong(i, 3, "pageInfo")
	}
	return e.scan.Object(i, 3, func(key []byte, i int) int {
		if string(key) != "hasNextPage" {
			return e.scan.Skip(i, 4)
		}
		var t jsonscan.Token
		end := e.scan.Token(&t, i, 4)
		if end > 0 && t.Kind != jsonscan.Bool {
			return e.scan.Fail(i, "has an invalid hasNextPage: "+jsonscan.Clip(t.Raw))
		}
		e.result.HasNext = end > 0 && t.Raw[0] == 't'
		return end
	})
}

func (e *envelope) nodes(i int) int {
	if !e.at(i, '[') {
		return e.wrong(i, 3, "nodes")
	}
	return e.scan.Array(i, 3, e.record)
}
