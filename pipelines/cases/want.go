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

// want is an expected row: values of some columns.
type want struct {
	pos   document.Pos
	cells []wantCell // in the author's order
}

type wantCell struct {
	column int
	value  any // of plainOf, or a time
	pos    document.Pos
}

// unwritten reports whether the rows of a case are still empty.
func (c *testCase) unwritten() bool { return c.rows != nil && c.rows.Null() }

func (c *testCase) wants(d *document.Decoder) {
	c.tables = make([][]want, len(c.plan.Tables))
	several := c.plan.Spec.Has("tables")
	switch {
	case c.rows == nil || c.unwritten():
	case !several && c.rows.Kind == document.ListNode:
		c.tables[0] = wantRows(d, c.plan.Tables[0], c.rows)
	case several && c.rows.Kind == document.ListNode:
		d.Fault(c.rows.Pos, "write a map of lists by table: "+wording.List(c.tableNames(), wording.MostNames),
			"the spec has several tables, and rows is a list")
	case c.rows.Kind == document.MapNode:
		for _, e := range c.rows.Entries {
			at := slices.Index(c.tableNames(), e.Key)
			if at < 0 {
				d.Fault(e.Pos, wording.DidYouMean(e.Key, c.tableNames()), "the spec has no table %s",
					wording.Quote(e.Key))
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
		d.Fault(n.Pos, "write a list of rows: `- {id: 1, …}`", "the rows of %s are %s",
			table.Name, document.Describe(n))
	}
	for _, item := range n.Items {
		row := want{pos: item.Pos}
		if item.Kind != document.MapNode || len(item.Entries) == 0 {
			d.Fault(item.Pos, "write a map of columns, for example {id: 1, …}", "a row of %s is %s",
				table.Name, document.Describe(item))
			continue
		}
		for _, e := range item.Entries {
			if cell, ok := wantCellOf(d, table, e); ok {
				row.cells = append(row.cells, cell)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func wantCellOf(d *document.Decoder, table *schemas.Table, e document.Entry) (cell wantCell, ok bool) {
	at := table.Index(e.Key)
	if at < 0 {
		d.Fault(e.Pos, wording.DidYouMean(e.Key, plan.ColumnNamesOf(table)), "%s has no column %s",
			table.Name, wording.Quote(e.Key))
		return cell, false
	}
	value, hint := wantValue(e.Value, table.Columns[at].Type)
	if hint != "" {
		d.Fault(e.Value.Pos, hint, "column %s is %s, which cannot be %s",
			wording.Quote(e.Key), table.Columns[at].Type, document.Describe(e.Value))
		return cell, false
	}
	return wantCell{column: at, value: value, pos: e.Value.Pos}, true
}

// wantValue converts a node to a value of the type; hint is not "" if that is impossible.
func wantValue(n *document.Node, t schemas.Type) (value any, hint string) {
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
		if values[i], hint = wantValue(item, schemas.Type{Kind: t.Kind}); hint != "" {
			return nil, hint
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
			return nil, "write a time, for example 2015-06-21T00:00:00Z"
		}
		return t.UTC(), ""
	case schemas.Date:
		if _, err := time.Parse(time.DateOnly, n.Text); err != nil {
			return nil, "write a day, for example 2015-06-21"
		}
		return n.Text, ""
	case schemas.Float64:
		switch v := v.(type) {
		case int64:
			return float64(v), ""
		case float64:
			return v, ""
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

// gotValue converts a value of JSON to the type that wantValue gives.
func gotValue(v any, kind schemas.Kind) (_ any, err error) {
	switch v := v.(type) {
	case []any:
		for i := range v {
			if v[i], err = gotValue(v[i], kind); err != nil {
				return nil, err
			}
		}
	case json.Number:
		if kind == schemas.Float64 {
			return v.Float64()
		}
		return v.Int64()
	case string:
		if kind == schemas.Timestamp {
			return time.Parse(time.RFC3339Nano, v)
		}
	}
	return v, nil
}

// equal compares a wanted value with a written one. For the text of a JSON column, a case may give its value.
func equal(wanted, got any) bool {
	_, isText := wanted.(string)
	if text, ok := got.(string); ok && wanted != nil && !isText {
		return reflect.DeepEqual(plan.DecodeJSON(string(appendJSON(nil, wanted))), plan.DecodeJSON(text))
	}
	return reflect.DeepEqual(wanted, got)
}

const maxShown = 100

// shown returns two different values as JSON; of long ones, the part that differs.
func shown(wanted, got any) (w, g string) {
	a, b := []rune(showValue(wanted)), []rune(showValue(got))
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	from := 0
	if same > maxShown/2 {
		from = same - maxShown/4
	}
	return clipped(a, from), clipped(b, from)
}

func clipped(text []rune, from int) string {
	from = min(from, len(text))
	part := wording.Shorten(string(text[from:]), maxShown)
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
