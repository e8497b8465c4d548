package pipelines

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/schemas"
)

// want is what a case says of one row: values of some of its columns.
type want struct {
	pos   Pos
	cells []wantCell // in the author's order
}

type wantCell struct {
	column int
	value  any // as plainOf has it, or a time
	pos    Pos
}

// unwritten says whether a case has still to be told its rows.
func (c *testCase) unwritten() bool { return c.rows != nil && c.rows.null() }

// wants reads the rows of a case against the tables of its plan.
func (c *testCase) wants(d *decoder) {
	c.tables = make([][]want, len(c.plan.Tables))
	several := c.plan.Spec.has("tables")
	switch {
	case c.rows == nil || c.unwritten():
	case !several && c.rows.kind == listNode:
		c.tables[0] = wantRows(d, c.plan.Tables[0], c.rows)
	case several && c.rows.kind == listNode:
		d.fault(c.rows.pos, "write a map of lists by table: "+list(c.tableNames(), mostNames), "the spec has several tables, and rows is a list")
	case c.rows.kind == mapNode:
		for _, e := range c.rows.entries {
			at := slices.Index(c.tableNames(), e.key)
			if at < 0 {
				d.fault(e.pos, didYouMean(e.key, c.tableNames()), "the spec has no table %s", quote(e.key))
				continue
			}
			c.tables[at] = wantRows(d, c.plan.Tables[at], e.value)
		}
	default:
		d.fault(c.rows.pos, "write a list of rows: `- {id: 1, …}`", "rows is %s", describe(c.rows))
	}
}

func (c *testCase) tableNames() []string {
	names := make([]string, len(c.plan.Tables))
	for i, t := range c.plan.Tables {
		names[i] = t.Name
	}
	return names
}

func wantRows(d *decoder, table *schemas.Table, n *node) []want {
	rows := []want{}
	if n.kind != listNode && !n.null() {
		d.fault(n.pos, "write a list of rows: `- {id: 1, …}`", "the rows of %s are %s", table.Name, describe(n))
	}
	for _, item := range n.items {
		row := want{pos: item.pos}
		if item.kind != mapNode || len(item.entries) == 0 {
			d.fault(item.pos, "write a map of columns, such as {id: 1, …}", "a row of %s is %s", table.Name, describeEmpty(item))
			continue
		}
		for _, e := range item.entries {
			at := table.Index(e.key)
			if at < 0 {
				d.fault(e.pos, didYouMean(e.key, columnNamesOf(table)), "%s has no column %s", table.Name, quote(e.key))
				continue
			}
			value, wrong := wantValue(e.value, table.Columns[at].Type)
			if wrong != "" {
				d.fault(e.value.pos, wrong, "column %s is %s, which cannot be %s", quote(e.key), table.Columns[at].Type, describe(e.value))
				continue
			}
			row.cells = append(row.cells, wantCell{column: at, value: value, pos: e.value.pos})
		}
		rows = append(rows, row)
	}
	return rows
}

// wantValue is a node as a value of the type; else it says what to write.
func wantValue(n *node, t schemas.Type) (value any, wrong string) {
	switch {
	case n.null():
		return nil, ""
	case t.Kind == schemas.JSON && !t.List && n.kind != scalarNode:
		return plainOf(n), ""
	case !t.List:
		return wantScalar(n, t.Kind)
	case n.kind != listNode:
		return nil, "write a list, [] if it is empty"
	}
	values := make([]any, len(n.items))
	for i, item := range n.items {
		if values[i], wrong = wantValue(item, schemas.Type{Kind: t.Kind}); wrong != "" {
			return nil, wrong
		}
	}
	return values, ""
}

func wantScalar(n *node, kind schemas.Kind) (any, string) {
	if n.kind != scalarNode {
		return nil, "write one value"
	}
	v := plainOf(n)
	switch kind {
	case schemas.Timestamp:
		t, err := time.Parse(time.RFC3339, n.text)
		if err != nil {
			return nil, "write a time such as 2015-06-21T00:00:00Z"
		}
		return t.UTC(), ""
	case schemas.Date:
		if _, err := time.Parse(time.DateOnly, n.text); err != nil {
			return nil, "write a day such as 2015-06-21"
		}
		return n.text, ""
	case schemas.Float64:
		if i, ok := v.(int64); ok {
			return float64(i), ""
		}
		if f, ok := v.(float64); ok {
			return f, ""
		}
		return nil, valueHint(n, kind)
	case schemas.JSON:
		if _, isText := v.(string); !isText {
			return nil, valueHint(n, schemas.String)
		}
		return v, ""
	}
	if _, fits := printed(literal{text: n.text, plain: n.plain}, kind); !fits {
		return nil, valueHint(n, kind)
	}
	return v, ""
}

// gotValue is the JSON of a written cell as a value to compare with wantValue's.
func gotValue(text []byte, t schemas.Type) (any, error) {
	if t.List {
		var elements []json.RawMessage
		if err := json.Unmarshal(text, &elements); err != nil || elements == nil {
			return nil, err
		}
		values := make([]any, len(elements))
		for i, e := range elements {
			var err error
			if values[i], err = gotValue(e, schemas.Type{Kind: t.Kind}); err != nil {
				return nil, err
			}
		}
		return values, nil
	}
	if string(text) == "null" {
		return nil, nil
	}
	switch t.Kind {
	case schemas.Int32, schemas.Int64:
		var v int64
		err := json.Unmarshal(text, &v)
		return v, err
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	if t.Kind == schemas.Timestamp {
		return time.Parse(time.RFC3339Nano, v.(string))
	}
	return v, nil
}

// equal compares a wanted value with a written one. A JSON column holds text,
// of which a case may give the value instead.
func equal(wanted, got any) bool {
	if text, ok := got.(string); ok && wanted != nil && reflect.TypeOf(wanted).Kind() != reflect.String {
		return reflect.DeepEqual(throughJSON(string(appendJSON(nil, wanted))), throughJSON(text))
	}
	return reflect.DeepEqual(wanted, got)
}

// shownLongest is how many characters of a value a difference shows.
const shownLongest = 100

// shown are two values that differ, as JSON; of long ones the part where they do.
func shown(wanted, got any) (w, g string) {
	a, b := []rune(showValue(wanted)), []rune(showValue(got))
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	from := 0
	if same > shownLongest/2 {
		from = same - shownLongest/4
	}
	return clipped(a, from), clipped(b, from)
}

func clipped(text []rune, from int) string {
	from = min(from, len(text))
	part := shorten(string(text[from:]), shownLongest)
	if from > 0 {
		return "…" + part
	}
	return part
}

func showValue(v any) string {
	if t, ok := v.(time.Time); ok {
		v = t.Format(time.RFC3339Nano)
	}
	list, ok := v.([]any)
	if !ok {
		return printable(string(appendJSON(nil, v)))
	}
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = showValue(e)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
