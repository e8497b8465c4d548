package graphql

import (
	"errors"
	"fmt"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// Answer is a whole, well-formed answer with data and without errors.
type Answer struct {
	Body    []byte // {"data": …}
	Data    []byte // the value of data; part of Body
	Resumed bool   // it is from the journal
}

// DataReader reads the value of data, which begins at i, during the one scan of the answer. It returns
// the index behind the value, or jsonscan.Failed where the scanner refuses the text. It notes other
// faults for later: the answer's errors, which may follow, take precedence.
type DataReader func(s *jsonscan.Scanner, i int) int

// DataDepth is the nesting depth of the value of data.
const DataDepth = 1

// Outline is the top level of a GraphQL answer.
type Outline struct {
	Data, Errors []byte // values, as part of the text; nil where the key is missing
}

// ReadOutline scans the whole text once: it refuses a text that is truncated, ill-formed, repeats a key
// or continues after its end. A nil read skips the data.
func ReadOutline(text []byte, read DataReader) (Outline, error) {
	var top Outline
	s := &jsonscan.Scanner{Data: text}
	begin := s.Space(0)
	switch {
	case begin == len(text):
		return top, errors.New("JSON cut short")
	case text[begin] != '{':
		return top, errors.New("no JSON object")
	}
	end := s.Object(begin, 0, func(key []byte, i int) (end int) {
		name := string(key)
		if name == "data" && read != nil {
			end = read(s, i)
		} else {
			end = s.Skip(i, DataDepth)
		}
		switch {
		case end < 0:
		case name == "data":
			top.Data = text[i:end:end]
		case name == "errors":
			top.Errors = text[i:end:end]
		}
		return end
	})
	switch fault := s.Fault(); {
	case end < 0 && fault.Offset >= len(text):
		return top, errors.New("JSON cut short")
	case end < 0:
		return top, fmt.Errorf("bad JSON at byte %d: it %s", fault.Offset, Printable(fault.What))
	case s.Space(end) < len(text):
		return top, errors.New("text after the JSON object")
	}
	return top, nil
}

// readAnswer accepts a body that is one JSON object, with data and without errors.
func (c *Client) readAnswer(text []byte, read DataReader) (*Answer, error) {
	top, err := ReadOutline(text, read)
	if err != nil {
		if c.holdsKey(text) { // the fault may quote a part of the key
			err = errors.New("bad JSON")
		}
		if begin := (&jsonscan.Scanner{Data: text}).Space(0); begin < len(text) && text[begin] == '{' {
			return nil, brokenBody(err)
		}
		return nil, c.notGraphQL(err, text)
	}
	if failed := readErrors(c.clean(top.Errors)); failed != nil {
		failed.HasData = top.Data != nil
		return nil, failed.attemptError()
	}
	switch {
	case top.Data == nil:
		return nil, c.notGraphQL(errors.New("JSON without data or errors"), text)
	case string(top.Data) == "null":
		return nil, &attemptError{err: errors.New("data is null and no error says why"), retry: true, few: true}
	}
	return &Answer{Body: text, Data: top.Data}, nil
}
