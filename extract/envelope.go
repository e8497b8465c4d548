package extract

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// envelope is what a connection says of itself, and where in the body it says
// so. Offsets count bytes from the start of the body.
type envelope struct {
	total   int // -1 if not given
	count   int // nodes
	hasNext bool
	cursor  string // "" if null
	nodes   span   // between the brackets
	next    span   // hasNextPage's value
	end     span   // endCursor's value
}

type span struct{ from, to int64 }

func (s span) set() bool { return s.to > 0 }

// readEnvelopeEach reads the connection of that name in a whole answer. It calls
// visit for each node, which must read it.
func readEnvelopeEach(body []byte, name string, visit func(dec *jsontext.Decoder, i int) error) (*envelope, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(body))
	var found *envelope
	err := only(dec, "data", func() error {
		return only(dec, name, func() (err error) {
			if dec.PeekKind() == jsontext.KindNull {
				return fmt.Errorf("%s is null and no error says why", name)
			}
			found, err = readConnection(dec, func(i int) error { return visit(dec, i) })
			return err
		})
	})
	if err != nil {
		return nil, plainJSON(err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	if found == nil {
		return nil, fmt.Errorf("the answer holds no %s", name)
	}
	return found, nil
}

// only reads the object that dec stands before, and calls visit before the
// value of one name.
func only(dec *jsontext.Decoder, want string, visit func() error) error {
	return members(dec, func(name string) error {
		if name == want {
			return visit()
		}
		return dec.SkipValue()
	})
}

// readConnection reads the connection that dec stands before, visiting its
// nodes. It checks that all is there, not that it adds up.
func readConnection(dec *jsontext.Decoder, visit func(i int) error) (*envelope, error) {
	e := &envelope{total: -1}
	err := members(dec, func(name string) error {
		switch name {
		case "totalCount":
			return e.readTotal(dec)
		case "pageInfo":
			return e.readPageInfo(dec)
		case "nodes":
			return e.readNodes(dec, visit)
		}
		return dec.SkipValue()
	})
	switch {
	case err != nil:
		return nil, err
	case !e.nodes.set():
		return nil, errors.New("a connection without nodes")
	case !e.next.set():
		return nil, errors.New("a connection without pageInfo.hasNextPage")
	}
	return e, nil
}

func (e *envelope) readTotal(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(string(value), 10, 31)
	if err != nil {
		return fmt.Errorf("totalCount is %s, not a count", cut(string(value), 40))
	}
	e.total = int(n)
	return nil
}

func (e *envelope) readPageInfo(dec *jsontext.Decoder) error {
	return members(dec, func(name string) error {
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		place := span{dec.InputOffset() - int64(len(value)), dec.InputOffset()}
		switch kind := value.Kind(); {
		case name == "hasNextPage" && (kind == jsontext.KindTrue || kind == jsontext.KindFalse):
			e.next, e.hasNext = place, kind == jsontext.KindTrue
		case name == "endCursor" && kind == jsontext.KindString:
			text, err := jsontext.AppendUnquote(nil, value)
			e.end, e.cursor = place, string(text)
			return err
		case name == "endCursor" && kind == jsontext.KindNull:
			e.end = place
		case name == "hasNextPage" || name == "endCursor":
			return fmt.Errorf("%s is %s", name, cut(string(value), 40))
		}
		return nil
	})
}

func (e *envelope) readNodes(dec *jsontext.Decoder, visit func(i int) error) error {
	if dec.PeekKind() == jsontext.KindNull {
		return errors.New("nodes is null and no error says why")
	}
	if err := begin(dec, jsontext.KindBeginArray); err != nil {
		return err
	}
	e.nodes.from = dec.InputOffset()
	for ; dec.PeekKind() != jsontext.KindEndArray; e.count++ {
		if err := visit(e.count); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	e.nodes.to = dec.InputOffset() - 1
	return err
}

// record skips one record of a root connection: a hole is no record.
func record(dec *jsontext.Decoder) error {
	if kind := dec.PeekKind(); kind != jsontext.KindBeginObject && kind != jsontext.KindInvalid {
		return fmt.Errorf("%s at %s instead of a record", kind, at(dec))
	}
	return dec.SkipValue()
}

// edit replaces a part of a body. Where both ends are one, it inserts.
type edit struct {
	at   span
	text []byte
}

// apply makes edits, which are in order and apart, in one new body.
func apply(body []byte, edits []edit) []byte {
	size := len(body)
	for _, e := range edits {
		size += len(e.text)
	}
	out, done := make([]byte, 0, size), int64(0)
	for _, e := range edits {
		out = append(append(out, body[done:e.at.from]...), e.text...)
		done = e.at.to
	}
	return append(out, body[done:]...)
}

// sorted puts edits into the order of their places.
func sorted(edits []edit) []edit {
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.at.from, b.at.from) })
	return edits
}
