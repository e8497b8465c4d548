package cases

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/schemas"
)

// want is what a case says of one row: values of some of its columns.
type want struct {
	pos   document.Pos
	cells []wantCell // in the author's order
}

type wantCell struct {
	column int
	value  any // as plainOf has it, or a time
	pos    document.Pos
}

// unwritten says whether a case has still to be told its rows.
func (c *testCase) unwritten() bool { return c.rows != nil && c.rows.Null() }

// wants reads the rows of a case against the tables of its plan.
func (c *testCase) wants(d *document.Decoder) {
	c.tables = make([][]want, len(c.plan.Tables))
	several := c.plan.Spec.Has("tables")
	switch {
	case c.rows == nil || c.unwritten():
	case !several && c.rows.Kind == document.ListNode:
		c.tables[0] = wantRows(d, c.plan.Tables[0], c.rows)
	case several && c.rows.Kind == document.ListNode:
		d.Fault(c.rows.Pos, "write a map of lists by table: "+wording.List(c.tableNames(), wording.MostNames), "the spec has several tables, and rows is a list")
	case c.rows.Kind == document.MapNode:
		for _, e := range c.rows.Entries {
			at := slices.Index(c.tableNames(), e.Key)
			if at < 0 {
				d.Fault(e.Pos, wording.DidYouMean(e.Key, c.tableNames()), "the spec has no table %s", wording.Quote(e.Key))
				continue
			}
			c.tables[at] = wantRows(d, c.plan.Tables[at], e.Value)
		}
	default:
		d.Fault(c.rows.Pos, "write a list of rows: `- {id: 1, …}`", "rows is %s", document.Describe(c.rows))
	}
}

func (c *testCase) tableNames() []string {
	names := make([]string, len(c.plan.Tables))
	for i, t := range c.plan.Tables {
		names[i] = t.Name
	}
	return names
}

func wantRows(d *document.Decoder, table *schemas.Table, n *document.Node) []want {
	rows := []want{}
	if n.Kind != document.ListNode && !n.Null() {
		d.Fault(n.Pos, "write a list of rows: `- {id: 1, …}`", "the rows of %s are %s", table.Name, document.Describe(n))
	}
	for _, item := range n.Items {
		row := want{pos: item.Pos}
		if item.Kind != document.MapNode || len(item.Entries) == 0 {
			d.Fault(item.Pos, "write a map of columns, such as {id: 1, …}", "a row of %s is %s", table.Name, document.Describe(item))
			continue
		}
		for _, e := range item.Entries {
			at := table.Index(e.Key)
			if at < 0 {
				d.Fault(e.Pos, wording.DidYouMean(e.Key, plan.ColumnNamesOf(table)), "%s has no column %s", table.Name, wording.Quote(e.Key))
				continue
			}
			value, wrong := wantValue(e.Value, table.Columns[at].Type)
			if wrong != "" {
				d.Fault(e.Value.Pos, wrong, "column %s is %s, which cannot be %s", wording.Quote(e.Key), table.Columns[at].Type, document.Describe(e.Value))
				continue
			}
			row.cells = append(row.cells, wantCell{column: at, value: value, pos: e.Value.Pos})
		}
		rows = append(rows, row)
	}
	return rows
}

// wantValue is a node as a value of the type; else it says what to write.
func wantValue(n *document.Node, t schemas.Type) (value any, wrong string) {
	switch {
	case n.Null():
		return nil, ""
	case t.Kind == schemas.JSON && !t.List && n.Kind != document.ScalarNode:
		return plainOf(n), ""
	case !t.List:
		return wantScalar(n, t.Kind)
	case n.Kind != document.ListNode:
		return nil, "write a list, [] if it is empty"
	}
	values := make([]any, len(n.Items))
	for i, item := range n.Items {
		if values[i], wrong = wantValue(item, schemas.Type{Kind: t.Kind}); wrong != "" {
			return nil, wrong
		}
	}
	return values, ""
}

func wantScalar(n *document.Node, kind schemas.Kind) (any, string) {
	if n.Kind != document.ScalarNode {
		return nil, "write one value"
	}
	v := plainOf(n)
	switch kind {
	case schemas.Timestamp:
		t, err := time.Parse(time.RFC3339, n.Text)
		if err != nil {
			return nil, "write a time such as 2015-06-21T00:00:00Z"
		}
		return t.UTC(), ""
	case schemas.Date:
		if _, err := time.Parse(time.DateOnly, n.Text); err != nil {
			return nil, "write a day such as 2015-06-21"
		}
		return n.Text, ""
	case schemas.Float64:
		if i, ok := v.(int64); ok {
			return float64(i), ""
		}
		if f, ok := v.(float64); ok {
			return f, ""
		}
		return nil, plan.ValueHint(n, kind)
	case schemas.JSON:
		if _, isText := v.(string); !isText {
			return nil, plan.ValueHint(n, schemas.String)
		}
		return v, ""
	}
	if _, fits := plan.Printed(document.Literal{Text: n.Text, Plain: n.Plain}, kind); !fits {
		return nil, plan.ValueHint(n, kind)
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
		return reflect.DeepEqual(plan.DecodeJSON(string(appendJSON(nil, wanted))), plan.DecodeJSON(text))
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
	part := wording.Shorten(string(text[from:]), shownLongest)
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
		return wording.Printable(string(appendJSON(nil, v)))
	}
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = showValue(e)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
