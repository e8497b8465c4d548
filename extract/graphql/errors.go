package graphql

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// readErrors reads the value of an `errors` key; nil if it has no entry. A malformed value is an error too.
func readErrors(value []byte) *Error {
	if value == nil || string(value) == "null" {
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(value, &list) != nil {
		list = []json.RawMessage{value}
	}
	if len(list) == 0 {
		return nil
	}
	failed := &Error{}
	for _, raw := range list[:min(len(list), 100)] {
		failed.Faults = append(failed.Faults, readFault(raw))
	}
	return failed
}

func readFault(raw []byte) Fault {
	var parts map[string]json.RawMessage
	var f Fault
	// One by one: a part of an unexpected type must not hide the others.
	_ = json.Unmarshal(raw, &parts)
	_ = json.Unmarshal(parts["path"], &f.Path)
	_ = json.Unmarshal(parts["locations"], &f.Locations)
	var extensions struct{ Code string }
	_ = json.Unmarshal(parts["extensions"], &extensions)
	f.Code = extensions.Code
	if json.Unmarshal(parts["message"], &f.Message) != nil || f.Message == "" {
		f.Message = "an error without a message: " + strconv.QuoteToASCII(cut(string(raw), 120))
	}
	return f
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
