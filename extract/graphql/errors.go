package graphql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// Error is an answer with an `errors` entry.
type Error struct {
	Faults  []Fault // at least one
	HasData bool    // the answer had a data key: the query was run, and part of it failed
}

// Fault is one error as the server reports it.
type Fault struct {
	Message   string
	Code      string     // extensions.code; "" if there is none
	Path      []any      // into data: string and float64 elements; nil if there is none
	Locations []Location // in the query's text
}

// Location is a position in the query's text, from 1.
type Location struct{ Line, Column int }

func (e *Error) Error() string {
	text := e.Faults[0].String()
	if more := len(e.Faults) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

// String gives the fault as one line.
func (f Fault) String() string {
	text := Printable(f.Message)
	if len(f.Path) > 0 {
		text += " at " + PathText(f.Path)
	}
	if len(f.Locations) > 0 {
		text += fmt.Sprintf(" (line %d, column %d of the query)", f.Locations[0].Line, f.Locations[0].Column)
	}
	return text
}

// Bounds of what is kept of an answer's errors.
const (
	maxFaults    = 100
	maxPath      = 50   // elements of a path
	maxPathText  = 200  // bytes of an element
	maxMessage   = 4096 // bytes
	maxLocations = 10
)

// isNone reports whether the value of an `errors` key has no entry.
func isNone(value []byte) bool {
	s := &jsonscan.Scanner{Data: value}
	return value == nil || string(value) == "null" || value[0] == '[' && value[s.Space(1)] == ']'
}

// readErrors reads the value of an `errors` key, which the scanner has accepted; nil if it has no entry. A malformed
// value is an error too.
func readErrors(value []byte) *Error {
	if isNone(value) {
		return nil
	}
	failed := &Error{}
	s := &jsonscan.Scanner{Data: value, Tolerant: true}
	if value[0] != '[' {
		failed.Faults = append(failed.Faults, readFault(value))
		return failed
	}
	s.Array(0, 0, func(i int) int {
		if len(failed.Faults) == maxFaults {
			return s.Skip(i, 1)
		}
		end := s.Skip(i, 1)
		if end > 0 {
			failed.Faults = append(failed.Faults, readFault(value[i:end]))
		}
		return end
	})
	if len(failed.Faults) == 0 {
		failed.Faults = append(failed.Faults, readFault(value))
	}
	return failed
}

// readFault reads one error. A part of an unexpected type does not hide the others.
func readFault(raw []byte) (f Fault) {
	members(raw, func(key string, value []byte) {
		switch key {
		case "message":
			f.Message = shortText(value, maxMessage)
		case "path":
			f.Path = readPath(value)
		case "locations":
			f.Locations = readLocations(value)
		case "extensions":
			members(value, func(key string, value []byte) {
				if key == "code" {
					f.Code = shortText(value, maxPathText)
				}
			})
		}
	})
	if f.Message == "" {
		f.Message = "an error without a message: " + strconv.QuoteToASCII(cut(string(raw[:min(len(raw), 400)]), 120))
	}
	return f
}

// members calls visit for each member of an object; not at all for another value.
func members(value []byte, visit func(key string, value []byte)) {
	if value[0] != '{' {
		return
	}
	s := &jsonscan.Scanner{Data: value, Tolerant: true}
	s.Object(0, 0, func(key []byte, i int) int {
		end := s.Skip(i, 1)
		if end > 0 && len(key) <= maxPathText {
			visit(string(key), value[i:end])
		}
		return end
	})
}

// elements calls visit for the first elements of a list; not at all for another value.
func elements(value []byte, most int, visit func(value []byte)) {
	if value[0] != '[' {
		return
	}
	s := &jsonscan.Scanner{Data: value, Tolerant: true}
	n := 0
	s.Array(0, 0, func(i int) int {
		if n == most {
			return jsonscan.Failed
		}
		n++
		end := s.Skip(i, 1)
		if end > 0 {
			visit(value[i:end])
		}
		return end
	})
}

// shortText gives the beginning of a string; "" for another value.
func shortText(value []byte, most int) string {
	if value[0] != '"' {
		return ""
	}
	if len(value) > most { // perhaps inside an escape
		return cut(string(value[1:most]), most-2)
	}
	text, _ := jsontext.AppendUnquote(nil, value)
	return string(text)
}

func readPath(value []byte) (path []any) {
	elements(value, maxPath, func(value []byte) {
		if number, err := strconv.ParseFloat(string(value[:min(len(value), 30)]), 64); err == nil {
			path = append(path, number)
		} else {
			path = append(path, shortText(value, maxPathText))
		}
	})
	return path
}

func readLocations(value []byte) (locations []Location) {
	elements(value, maxLocations, func(value []byte) {
		var at Location
		members(value, func(key string, value []byte) {
			n, _ := strconv.Atoi(string(value[:min(len(value), 20)]))
			switch key {
			case "line":
				at.Line = n
			case "column":
				at.Column = n
			}
		})
		if at.Line > 0 {
			locations = append(locations, at)
		}
	})
	return locations
}

// Row gives the index of the node of a connection that a fault's path leads to.
func (f Fault) Row(connection string) (row int, ok bool) {
	if len(f.Path) < 3 || f.Path[0] != connection || f.Path[1] != "nodes" {
		return 0, false
	}
	index, ok := f.Path[2].(float64)
	return int(index), ok && index >= 0
}

// Rows gives the indexes of the nodes of a connection that the faults lead to, of the first ones.
func (e *Error) Rows(connection string, first int) (rows []int) {
	for _, f := range e.Faults {
		if row, ok := f.Row(connection); ok && row < first {
			rows = append(rows, row)
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// attemptError decides on a retry: an invalid query fails again, but a time-out inside the server may pass.
func (e *Error) attemptError() *attemptError {
	if e.Invalid() {
		refused := &attemptError{err: fmt.Errorf("the API refuses the query: %w", e)}
		if !slices.ContainsFunc(e.Faults, func(f Fault) bool { return f.Code == badInput }) {
			refused.hint = "its schema may have changed: civic-etl check says what the spec needs to change"
		}
		return refused
	}
	return &attemptError{err: fmt.Errorf("the API answered with an error: %w", e), retry: true, few: true}
}

// badInput is the code of a query that fits the schema, but not the server's data.
const badInput = "BAD_USER_INPUT"

// Invalid reports whether the server refused to run the query: by its code or, without data, by a
// location in the query and no path into an answer.
func (e *Error) Invalid() bool {
	for _, f := range e.Faults {
		switch f.Code {
		case "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", badInput, "undefinedField", "undefinedType",
			"argumentNotAccepted", "argumentLiteralsIncompatible", "missingRequiredArguments", "selectionMismatch",
			"variableMismatch", "cannotSpreadFragment":
			return true
		}
	}
	return !e.HasData && slices.ContainsFunc(e.Faults, func(f Fault) bool { return len(f.Locations) > 0 && f.ofQuery() })
}

// ofQuery reports whether a fault's path, if any, leads into the query: it begins with "query X" then.
func (f Fault) ofQuery() bool {
	if len(f.Path) == 0 {
		return true
	}
	first, _ := f.Path[0].(string)
	return strings.HasPrefix(first, "query")
}
