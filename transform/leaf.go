package transform

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
	"github.com/civic-etl/civic-etl/transform/internal/column"
)

// role is what a leaf does with the values it takes.
type role uint8

const (
	asValue role = iota // each value becomes a value of the column
	asFirst
	asCount
	asJoin
	asJSON
	asID      // the record's id, which is not a column
	asInner   // the values of the innermost list become one text
	asOrdinal // the place of the element
)

// leaf fills one column with the values at a node. Between two ends of its context it
// takes one value, or those of the lists on its path.
type leaf struct {
	column *Column
	table  *table
	node   *node
	index  int // the column's index in the table
	level  int // the number of the rows' lists above it
	role   role
	wants  jsonscan.Kind
	listed bool // there are lists between the context and the values
	to     *column.Column
	values *column.Column // that take the values: to, or its elements

	labels map[string]*jsonscan.Token // by code
	quoted []byte                     // memory for the last value as JSON

	present bool // the outermost list was there
	count   int  // values taken since the context began
}

// maxLabels bounds the memory for labels, should the API send ever new codes.
const maxLabels = 4096

// fill makes the leaf append to a column.
func (l *leaf) fill(c *column.Column) { l.to, l.values = c, c.Elements }

// take takes a value that is not null.
func (l *leaf) take(r *record, t *jsonscan.Token) {
	if r.rejected && l.role != asID {
		return
	}
	if t.Kind&l.wants == 0 {
		r.reject(l, l.node, "want "+wireWord(l.column.Wire)+", the value is "+jsonscan.Clip(t.Raw))
		return
	}
	if l.labels != nil && t.Kind == jsonscan.String {
		t = l.labelOf(t)
	}
	switch l.role {
	case asValue:
		l.convert(r, t)
	case asFirst:
		if l.count == 0 {
			l.convert(r, t)
		}
	case asJoin, asInner:
		l.addJoined(t)
	case asJSON:
		l.addElement(l.json(t))
	case asID:
		r.id, r.hasID = toInt64(t)
	}
	l.count++
}

// takeNull takes a null, or the key that an object does not have. A join leaves nulls
// out, as SQL's string aggregates do; a count counts them.
func (l *leaf) takeNull(r *record) {
	if r.rejected {
		return
	}
	switch l.role {
	case asValue:
		l.appendNull(r, l.values)
	case asInner: // in place of an inner list
		l.appendNull(r, l.values)
		return
	case asFirst:
		if l.count == 0 {
			l.appendNull(r, l.values)
		}
	case asJoin, asID:
		return
	case asJSON:
		l.addElement([]byte("null"))
	}
	l.count++
}

func (l *leaf) appendNull(r *record, to *column.Column) {
	if !to.Nullable() {
		r.reject(l, l.node, "null, and the column is not nullable")
		return
	}
	to.AppendNull()
}

// endInner ends the text of an inner list.
func (l *leaf) endInner(r *record) {
	if r.rejected {
		return
	}
	if !l.values.Fits(2) {
		r.reject(l, l.node, "the text of the list is too long for one batch")
		return
	}
	l.values.EndText()
	l.count = 0
}

func (l *leaf) addJoined(t *jsonscan.Token) {
	v := l.values
	if l.count > 0 {
		v.AddText([]byte(l.column.Separator))
	}
	if t.Kind&(jsonscan.Object|jsonscan.Array) != 0 {
		v.AddJSON(t.Raw)
		return
	}
	v.AddText(text(t))
}

// text is the text of a value, a number as the API wrote it. Minus zero loses its sign, as in a column of numbers.
func text(t *jsonscan.Token) []byte {
	if t.Kind == jsonscan.Number && t.Text[0] == '-' && !bytes.ContainsAny(mantissa(t.Text), "123456789") {
		return t.Text[1:]
	}
	return t.Text
}

// mantissa is a number without its exponent.
func mantissa(number []byte) []byte {
	if at := bytes.IndexAny(number, "eE"); at > 0 {
		return number[:at]
	}
	return number
}

// json is the value as JSON without needless escapes, as other tools write it.
func (l *leaf) json(t *jsonscan.Token) []byte {
	switch {
	case t.Kind == jsonscan.Number:
		return text(t)
	case t.Kind != jsonscan.String || len(t.Text)+2 == len(t.Raw):
		return t.Raw
	}
	l.quoted, _ = jsontext.AppendQuote(l.quoted[:0], t.Text)
	return l.quoted
}

func (l *leaf) addElement(raw []byte) {
	v := l.values
	if l.count == 0 {
		v.AddText([]byte("["))
	} else {
		v.AddText([]byte(","))
	}
	v.AddJSON(raw)
}

// labelOf returns the token of a code's label.
func (l *leaf) labelOf(t *jsonscan.Token) *jsonscan.Token {
	label := l.labels[string(t.Text)]
	if label == nil {
		text := l.column.Label(string(t.Text))
		label = &jsonscan.Token{Kind: jsonscan.String, Text: []byte(text)}
		label.Raw, _ = jsontext.AppendQuote(nil, text)
		if len(l.labels) < maxLabels {
			l.labels[string(t.Text)] = label
		}
	}
	return label
}

// finish ends the row's value where the context ends.
func (l *leaf) finish(r *record) {
	switch l.role {
	case asValue, asInner:
		l.finishList(r)
	case asFirst:
		if l.count == 0 {
			l.appendNull(r, l.values)
		}
	case asOrdinal:
		l.values.AppendInt(l.node.index + 1)
	default:
		l.finishText(r)
	}
	l.reset()
}

func (l *leaf) reset() { l.present, l.count = false, 0 }

func (l *leaf) finishList(r *record) {
	if !l.present {
		l.appendNull(r, l.to)
		return
	}
	if l.column.Mode == schemas.Distinct {
		l.to.Distinct()
	}
	l.to.EndList()
}

func (l *leaf) finishText(r *record) {
	v := l.values
	switch {
	case !l.present:
		l.appendNull(r, l.values)
		return
	case !v.Fits(2):
		r.reject(l, l.node, "the text of the list is too long for one batch")
		return
	case l.role == asCount:
		v.AppendInt(l.count)
		return
	case l.role == asJSON && l.count == 0:
		v.AddText([]byte("[]"))
	case l.role == asJSON:
		v.AddText([]byte("]"))
	}
	v.EndText()
}
