package transform

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// take is what a leaf does with the values it is given.
type take uint8

const (
	takeValue take = iota // every value becomes one of the column's
	takeFirst
	takeCount
	takeJoin
	takeJSON
	takeID      // the record's id, which is no column
	takeOrdinal // the place of the element
)

// leaf makes one column of the values at a node. Between two closings of its context it is given one value,
// or those of the lists on its way.
type leaf struct {
	column *Column
	table  *table
	node   *node
	index  int // the column's place in the table
	level  int // how many lists of the table's rows lie above
	take   take
	wants  tokenKind
	listed bool // lists lie between the context and the values
	to     *column
	labels map[string]labelled

	present bool // the outermost list is there
	count   int  // values taken since the context was opened
}

// put takes a value that is not null.
func (l *leaf) put(d *Decoder, t *token) {
	if d.rejected && l.take != takeID {
		return
	}
	if t.kind&l.wants == 0 {
		d.reject(l, l.node, "want "+wireWord(l.column.Wire)+", the value is "+jsonscan.Clip(t.raw))
		return
	}
	if l.labels != nil && t.kind == isString {
		t = l.label(d, t)
	}
	switch l.take {
	case takeValue:
		l.convert(d, t)
	case takeFirst:
		if l.count == 0 {
			l.convert(d, t)
		}
	case takeJoin:
		l.join(t)
	case takeJSON:
		l.element(d.json(t))
	case takeID:
		d.id, d.hasID = t.int64()
	}
	l.count++
}

// putNull takes a null, or an object that does not have the key. A Join leaves nulls out, as
// SQL's string aggregates do; a Count counts them.
func (l *leaf) putNull(d *Decoder) {
	if d.rejected {
		return
	}
	switch l.take {
	case takeValue:
		l.null(d)
	case takeFirst:
		if l.count == 0 {
			l.null(d)
		}
	case takeJoin, takeID:
		return
	case takeJSON:
		l.element([]byte("null"))
	}
	l.count++
}

func (l *leaf) null(d *Decoder) {
	v := &l.to.values
	if !v.null {
		d.reject(l, l.node, "null, and the column is not nullable")
		return
	}
	v.putNull()
}

func (l *leaf) join(t *token) {
	data := &l.to.values.data
	if l.count > 0 {
		data.put([]byte(l.column.Separator))
	}
	if t.kind == isObject || t.kind == isArray {
		data.putCompact(t.raw)
		return
	}
	data.put(t.text)
}

// json is the value as JSON without needless escapes, as other tools write a list they read.
func (d *Decoder) json(t *token) []byte {
	if t.kind != isString || len(t.text)+2 == len(t.raw) {
		return t.raw
	}
	d.quoted, _ = jsontext.AppendQuote(d.quoted[:0], t.text)
	return d.quoted
}

func (l *leaf) element(raw []byte) {
	data := &l.to.values.data
	if l.count == 0 {
		data.putByte('[')
	} else {
		data.putByte(',')
	}
	data.putCompact(raw)
}

// finish ends the row's value where the context ends.
func (l *leaf) finish(d *Decoder) {
	switch l.take {
	case takeValue:
		l.finishList(d)
	case takeFirst:
		if l.count == 0 {
			l.null(d)
		}
	case takeOrdinal:
		l.to.values.putInt(l.node.index + 1)
	default:
		l.finishText(d)
	}
	l.present, l.count = false, 0
}

func (l *leaf) finishList(d *Decoder) {
	switch {
	case l.present:
		if l.column.Mode == schemas.Distinct {
			l.to.dedupe()
		}
		l.to.endList()
	case l.to.null:
		l.to.putNull()
	default:
		d.reject(l, l.node, "null, and the column is not nullable")
	}
}

func (l *leaf) finishText(d *Decoder) {
	v := &l.to.values
	switch {
	case !l.present:
		l.null(d)
	case !v.room(2):
		d.reject(l, l.node, "the text of the list is too long for one batch")
	case l.take == takeCount:
		v.putInt(l.count)
	case l.take == takeJSON && l.count == 0:
		v.text([]byte("[]"))
	case l.take == takeJSON:
		v.data.putByte(']')
		v.endText()
	default:
		v.endText()
	}
}

// labelled is the label of one code, as text and as JSON.
type labelled struct{ text, raw []byte }

// label gives the token with the label in place of the code. Labels are kept,
// so that a code costs a look-up; an API that sends ever new codes does not fill the memory.
func (l *leaf) label(d *Decoder, t *token) *token {
	known, ok := l.labels[string(t.text)]
	if !ok {
		text := l.column.Label(string(t.text))
		known.text = []byte(text)
		known.raw, _ = jsontext.AppendQuote(nil, text)
		if len(l.labels) < 4096 {
			l.labels[string(t.text)] = known
		}
	}
	d.labelled = token{kind: isString, raw: known.raw, text: known.text}
	return &d.labelled
}
