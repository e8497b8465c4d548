package graphql

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Error is an answer with an `errors` entry.
type Error struct {
	Faults  []Fault // at least one
	HasData bool    // the answer had a data key: the query was run, and part of it failed
}

// Fault is one of the errors, in the words of the server.
type Fault struct {
	Message   string
	Code      string     // extensions.code; "" if there is none
	Path      []any      // into data: string and float64 elements; nil if there is none
	Locations []Location // in the query's text
}

// Location is a place in the query's text; both count from 1.
type Location struct{ Line, Column int }

func (e *Error) Error() string {
	text := e.Faults[0].String()
	if more := len(e.Faults) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

// String is the fault as one line.
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

// PathText gives a path as text, safe to print.
func PathText(path []any) string {
	parts := make([]string, len(path))
	for i, p := range path {
		parts[i] = Printable(fmt.Sprint(p))
	}
	return cut(strings.Join(parts, "."), 200)
}

// Printable makes a text of the server safe to print: one line, without control
// characters, of at most 300 bytes.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, cut(text, 300))
}

// readErrors reads the value of an `errors` key; nil if it holds no entry. A value that
// it does not understand is an error too.
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
	// Each part by itself: one of an unexpected type must not hide the others.
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

// attemptError says whether to ask again. An error from before the query ran will come
// again; another one may have been a time-out inside the server.
func (e *Error) attemptError() *attemptError {
	if e.Invalid() {
		return &attemptError{
			err:  fmt.Errorf("the API refuses the query: %w", e),
			hint: "its schema may have changed: civic-etl check says what the spec needs to change",
		}
	}
	return &attemptError{err: fmt.Errorf("the API answered with an error: %w", e), retry: true, few: true}
}

// Invalid reports whether the server refuses the query itself and did not run it: by
// its code or, without data, by a location in the query and no path into an answer.
func (e *Error) Invalid() bool {
	for _, f := range e.Faults {
		switch f.Code {
		case "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_USER_INPUT", "undefinedField", "undefinedType",
			"argumentNotAccepted", "argumentLiteralsIncompatible", "missingRequiredArguments", "selectionMismatch",
			"variableMismatch", "cannotSpreadFragment":
			return true
		}
	}
	return !e.HasData && slices.ContainsFunc(e.Faults, func(f Fault) bool { return len(f.Locations) > 0 && f.ofQuery() })
}

// ofQuery reports whether a fault's path, if it has one, leads into the query: it
// begins with "query X" then.
func (f Fault) ofQuery() bool {
	if len(f.Path) == 0 {
		return true
	}
	first, _ := f.Path[0].(string)
	return strings.HasPrefix(first, "query")
}

// bodyErrors finds an errors entry in a body with another status than 200.
func (c *Client) bodyErrors(text []byte) *Error {
	top, err := ReadOutline(text, nil)
	if err != nil {
		return nil
	}
	return readErrors(c.clean(top.Errors))
}
