package extract

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Answer is a whole, well-formed answer with data and without errors.
type Answer struct {
	Body []byte // {"data": …}
	Data []byte // the value of data; part of Body

	packed []byte // Body as it came, if that was gzip and answers are kept; else nil
}

// outline is what a GraphQL answer says at its top.
type outline struct {
	data, errors []byte // values; nil where the key is missing
}

// readAnswer accepts a body that is one JSON object, with data and without
// errors.
func (c *Client) readAnswer(text []byte) (*Answer, error) {
	top, err := readOutline(text)
	if err != nil {
		if bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) {
			return nil, brokenBody(err)
		}
		return nil, c.notGraphQL(err, text)
	}
	if failed := readErrors(c.clean(top.errors)); failed != nil {
		failed.HasData = top.data != nil
		return nil, failed.fault()
	}
	switch {
	case top.data == nil:
		return nil, c.notGraphQL(errors.New("JSON without data or errors"), text)
	case string(top.data) == "null":
		return nil, &fault{err: errors.New("data is null and no error says why"), retry: true, few: true}
	}
	return &Answer{Body: text, Data: top.data}, nil
}

// readOutline reads all of the text: nothing may be cut, ill-formed, repeated
// (keys) or left over.
func readOutline(text []byte) (outline, error) {
	var top outline
	dec := jsontext.NewDecoder(bytes.NewBuffer(text))
	if kind := dec.PeekKind(); kind != jsontext.KindBeginObject && kind != jsontext.KindInvalid {
		return top, errors.New("no JSON object")
	}
	err := members(dec, func(name string) error {
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		switch name {
		case "data":
			end := dec.InputOffset()
			top.data = text[end-int64(len(value)) : end : end]
		case "errors":
			top.errors = bytes.Clone(value)
		}
		return nil
	})
	if err != nil {
		return top, plainJSON(err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return top, errors.New("something follows the JSON object")
	}
	return top, nil
}

// members reads the object that dec stands before. For each name it calls
// visit, which must read the value.
func members(dec *jsontext.Decoder, visit func(name string) error) error {
	if err := begin(dec, jsontext.KindBeginObject); err != nil {
		return err
	}
	for dec.PeekKind() != jsontext.KindEndObject {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if err := visit(name.String()); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// elements reads the array that dec stands before. For each element it calls
// visit, which must read the value.
func elements(dec *jsontext.Decoder, visit func(i int) error) error {
	if err := begin(dec, jsontext.KindBeginArray); err != nil {
		return err
	}
	for i := 0; dec.PeekKind() != jsontext.KindEndArray; i++ {
		if err := visit(i); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// begin reads the opening of an object or array. It looks before it reads, so
// that the decoder stands where it stood if something else is there.
func begin(dec *jsontext.Decoder, want jsontext.Kind) error {
	kind := dec.PeekKind()
	if kind != want && kind != jsontext.KindInvalid {
		return fmt.Errorf("%s at %s where %s belongs", kind, at(dec), want)
	}
	_, err := dec.ReadToken()
	return err
}

// at is where in the answer the decoder stands.
func at(dec *jsontext.Decoder) string {
	if p := dec.StackPointer(); p != "" {
		return cut(string(p), 120)
	}
	return "the top"
}

// plainJSON words a syntax error for people.
func plainJSON(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("JSON cut short")
	case errors.As(err, &syntax):
		return fmt.Errorf("bad JSON at byte %d: %w", syntax.ByteOffset, syntax.Err)
	}
	return err
}
