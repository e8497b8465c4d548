package extract

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/schemas"
)

// branch is a selected field that is a connection or leads to one.
type branch struct {
	field *schemas.Field
	inner map[string]*branch // by response key; nil if no connection is below
}

// branches finds the connections below some fields; nil if there is none.
func branches(fields []*schemas.Field) map[string]*branch {
	var found map[string]*branch
	for _, f := range fields {
		inner := branches(f.Fields)
		if !f.Connection && inner == nil {
			continue
		}
		if found == nil {
			found = map[string]*branch{}
		}
		found[f.Key] = &branch{f, inner}
	}
	return found
}

// gap is a connection inside a record of which only the first nodes came.
type gap struct {
	trail  []*place // from the record to the object that has the connection
	branch *branch  // the connection itself
	envelope
}

// place is an object on the way to a gap.
type place struct {
	branch *branch // the field it is the value of; nil for the record itself
	index  int     // in that field's list or nodes, or of the record in its page; -1 if it is the only value
	id     string  // its id as JSON; "" if none was selected
}

// String names the gap for the user: variants.evidenceItems of record 12.
func (g *gap) String() string {
	var names []string
	for _, p := range g.trail[1:] {
		names = append(names, p.branch.field.Name)
	}
	record := g.trail[0].id
	if record == "" {
		record = fmt.Sprintf("%d of the page", g.trail[0].index+1)
	}
	return fmt.Sprintf("%s of record %s", strings.Join(append(names, g.branch.field.Name), "."), record)
}

// findGaps walks a page's records along the branches.
func findGaps(body []byte, connection string, nested map[string]*branch) ([]*gap, error) {
	f := &finder{}
	_, err := readEnvelopeEach(body, connection, func(dec *jsontext.Decoder, i int) error {
		f.dec = dec
		return f.object(nested, &place{index: i})
	})
	return f.gaps, err
}

type finder struct {
	dec   *jsontext.Decoder
	trail []*place
	gaps  []*gap
}

// object reads the object, or null, that the decoder stands before.
func (f *finder) object(inner map[string]*branch, here *place) error {
	if inner == nil || f.dec.PeekKind() == jsontext.KindNull {
		return f.dec.SkipValue()
	}
	f.trail = append(f.trail, here)
	defer func() { f.trail = f.trail[:len(f.trail)-1] }()
	return members(f.dec, func(name string) error {
		if b := inner[name]; b != nil {
			return f.value(b)
		}
		if name != "id" {
			return f.dec.SkipValue()
		}
		id, err := f.dec.ReadValue()
		here.id = string(id)
		return err
	})
}

func (f *finder) value(b *branch) error {
	switch {
	case f.dec.PeekKind() == jsontext.KindNull:
		return f.dec.SkipValue()
	case b.field.Connection:
		return f.connection(b)
	case b.field.List:
		return elements(f.dec, func(i int) error { return f.object(b.inner, &place{branch: b, index: i}) })
	}
	return f.object(b.inner, &place{branch: b, index: -1})
}

func (f *finder) connection(b *branch) error {
	e, err := readConnection(f.dec, func(i int) error { return f.object(b.inner, &place{branch: b, index: i}) })
	if err != nil {
		return fmt.Errorf("%s: %w", b.field.Name, err)
	}
	if !e.hasNext {
		return nil
	}
	g := &gap{trail: slices.Clone(f.trail), branch: b, envelope: *e}
	f.gaps = append(f.gaps, g)
	return g.usable(0)
}

// usable says whether the nodes that follow those after an offset can be asked
// for.
func (e *envelope) usable(offset int) error {
	switch want := cursor(offset + e.count); {
	case e.hasNext && e.count == 0:
		return errors.New("an empty page of a nested connection that says a next one follows")
	case e.hasNext && e.cursor != want:
		return fmt.Errorf("a nested page ends with the cursor %q where %q belongs: the server no longer pages by offset", cut(e.cursor, 40), want)
	}
	return nil
}

// hop is one step into an answer: to the value of a key and, where that is a
// list, on to the element with an id or, without one, at an index.
type hop struct {
	key   string
	index int    // -1: the value is no list
	id    string // as JSON; "" any
}

// seek follows hops from a whole answer to a value. What is not there any more,
// or is another object now, has moved.
func seek(answer jsontext.Value, hops []hop) (jsontext.Value, error) {
	value := answer
	for _, h := range hops {
		next, err := member(value, h.key)
		if err == nil && h.index >= 0 {
			next, err = element(next, h)
		}
		if err != nil {
			return nil, err
		}
		if h.id != "" {
			if id, err := member(next, "id"); err != nil || string(id) != h.id {
				return nil, errMoved
			}
		}
		value = next
	}
	return value, nil
}

func member(object jsontext.Value, key string) (jsontext.Value, error) {
	if object.Kind() != jsontext.KindBeginObject {
		return nil, errMoved
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(object))
	var found jsontext.Value
	err := only(dec, key, func() (err error) {
		value, err := dec.ReadValue()
		found = value.Clone()
		return err
	})
	if err == nil && found == nil {
		err = errMoved
	}
	return found, err
}

func element(array jsontext.Value, h hop) (jsontext.Value, error) {
	if array.Kind() != jsontext.KindBeginArray {
		return nil, errMoved
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(array))
	var found jsontext.Value
	err := elements(dec, func(i int) error {
		value, err := dec.ReadValue()
		if err != nil || found != nil {
			return err
		}
		if h.id == "" && i == h.index || h.id != "" && hasID(value, h.id) {
			found = value.Clone()
		}
		return nil
	})
	if err == nil && found == nil {
		err = errMoved
	}
	return found, err
}

func hasID(object jsontext.Value, id string) bool {
	value, err := member(object, "id")
	return err == nil && string(value) == id
}
