package graphql

import (
	"context"
	"errors"
	"fmt"

	"github.com/dustin/go-humanize"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// Answer is a whole answer with data and without errors.
type Answer struct {
	Body    []byte           // {"data": …}
	Data    []byte           // the value of data; part of Body
	Damage  []jsonscan.Fault // inside Data, in its order; nil unless Request.Damaged is set
	Resumed bool             // it is from the journal
}

// DataReader reads the value of data, which begins at i, during the one scan of the answer. It returns
// the index behind the value, or jsonscan.Failed where the scanner refuses the text. It notes other
// faults for later: the answer's errors, which may follow, take precedence.
type DataReader func(s *jsonscan.Scanner, i int) int

// DataDepth is the nesting depth of the value of data.
const DataDepth = 1

// maxValues bounds the values of an answer, and so the memory of its readers. A page of 300 records has some 100,000.
const maxValues = 1 << 20

var errManyValues = fmt.Errorf("the answer has more than %s values", humanize.Comma(maxValues))

// smallerPages is the hint for an answer beyond a bound.
const smallerPages = "ask for smaller pages (extract.page_size) or fewer columns"

// Outline is the top level of a GraphQL answer.
type Outline struct {
	Data, Errors []byte           // values, as part of the text; nil where the key is missing
	Damage       []jsonscan.Fault // of texts and keys inside Data; the end of each value is certain
}

// ReadOutline scans the whole text once: it refuses a text that is truncated, ill-formed, has too many
// values or continues after its end, and damage outside the data and the errors. A nil read skips the data.
func ReadOutline(ctx context.Context, text []byte, read DataReader) (Outline, error) {
	var top Outline
	s := &jsonscan.Scanner{
		Data: text, Tolerant: true, MaxElements: maxValues, Stop: func() bool { return ctx.Err() != nil },
	}
	begin := s.Space(0)
	switch {
	case begin == len(text):
		return top, errors.New("JSON cut short")
	case text[begin] != '{':
		return top, errors.New("no JSON object")
	}
	end := s.Object(begin, 0, func(key []byte, i int) int { return top.member(s, string(key), i, read) })
	if end < 0 {
		return top, outlineError(ctx, s, s.Fault())
	}
	if s.Space(end) < len(text) {
		return top, errors.New("text after the JSON object")
	}
	if len(s.Damage) > len(top.Damage) {
		return top, outlineError(ctx, s, &s.Damage[0])
	}
	return top, nil
}

// member reads the value at i. It takes the damage inside from the scanner.
func (o *Outline) member(s *jsonscan.Scanner, name string, i int, read DataReader) (end int) {
	before := len(s.Damage)
	if name == "data" && read != nil {
		end = read(s, i)
	} else {
		end = s.Skip(i, DataDepth)
	}
	switch {
	case end < 0:
	case name == "data":
		o.Data, o.Damage = s.Data[i:end:end], append(o.Damage, s.Damage[before:]...)
	case name == "errors":
		o.Errors, s.Damage = s.Data[i:end:end], s.Damage[:before]
	}
	return end
}

func outlineError(ctx context.Context, s *jsonscan.Scanner, fault *jsonscan.Fault) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case s.Exceeded():
		return errManyValues
	case fault.Offset >= len(s.Data):
		return errors.New("JSON cut short")
	}
	return fmt.Errorf("bad JSON at byte %d: it %s", fault.Offset, Printable(fault.What))
}

// readAnswer accepts a body that is one JSON object, with data and without errors.
func (c *Client) readAnswer(ctx context.Context, text []byte, r *Request) (*Answer, error) {
	if c.key.inText(text) {
		return nil, c.keyEchoed()
	}
	top, err := ReadOutline(ctx, text, r.Read)
	if err == nil && !r.Damaged && len(top.Damage) > 0 && isNone(top.Errors) {
		err = outlineError(ctx, &jsonscan.Scanner{Data: text}, &top.Damage[0])
	}
	if errors.Is(err, errManyValues) {
		return nil, &attemptError{err: err, hint: smallerPages}
	}
	if err != nil {
		if begin := (&jsonscan.Scanner{Data: text}).Space(0); begin < len(text) && text[begin] == '{' {
			return nil, brokenBody(err)
		}
		return nil, c.notGraphQL(err, text)
	}
	if failed := readErrors(top.Errors); failed != nil {
		failed.HasData = top.Data != nil
		return nil, failed.attemptError()
	}
	switch {
	case top.Data == nil:
		return nil, c.notGraphQL(errors.New("JSON without data or errors"), text)
	case string(top.Data) == "null":
		return nil, &attemptError{err: errors.New("data is null and no error says why"), retry: true, few: true}
	}
	return &Answer{Body: text, Data: top.Data, Damage: top.Damage}, nil
}
