package parquetio

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// Column is a column in the schema of a Parquet file of any origin.
type Column struct {
	Name     string
	Nullable bool
	Type     arrow.DataType // nil: a type that published tables do not have
	Text     string         // the type in words
	leaf     int            // index among the file's leaves
	levels   nesting
}

// String returns the column's name and type.
func (c Column) String() string {
	if c.Nullable {
		return c.Name + " " + c.Text
	}
	return c.Name + " " + c.Text + " not null"
}

// Find returns the only column of a name.
func Find(columns []Column, name string) (Column, error) {
	named := slices.DeleteFunc(slices.Clone(columns), func(c Column) bool { return c.Name != name })
	if len(named) != 1 {
		return Column{}, fmt.Errorf("no column %s", name)
	}
	return named[0], nil
}

// columnsOf lists the columns of a file.
func columnsOf(s *schema.Schema) []Column {
	columns := make([]Column, s.Root().NumFields())
	for i := range columns {
		n := s.Root().Field(i)
		c := Column{Name: n.Name(), Nullable: optional(n), Text: typeText(n)}
		element, list := elementOf(n)
		if !list {
			element = n
		}
		if leaf, ok := element.(*schema.PrimitiveNode); ok && !repeated(element) {
			c.Type, c.leaf = leafType(leaf), s.ColumnIndexByNode(leaf)
			c.levels = nesting{list: list, value: s.Column(c.leaf).MaxDefinitionLevel()}
			if list && c.Nullable {
				c.levels.empty = 1
			}
		}
		if list && c.Type != nil {
			c.Type = arrow.ListOfField(arrow.Field{Name: element.Name(), Type: c.Type, Nullable: optional(element)})
		}
		columns[i] = c
	}
	return columns
}

func optional(n schema.Node) bool { return n.RepetitionType() == parquet.Repetitions.Optional }
func repeated(n schema.Node) bool { return n.RepetitionType() == parquet.Repetitions.Repeated }

// elementOf returns the element of a three-level list: a group marked as a list, which holds a repeated group, which
// holds the element. The names "array" and "NAME_tuple" mark a list of structs.
func elementOf(n schema.Node) (element schema.Node, ok bool) {
	middle, ok := wrapped(n)
	group, isGroup := middle.(*schema.GroupNode)
	if !ok || !isGroup || group.NumFields() != 1 || repeated(n) || !n.LogicalType().Equals(schema.NewListLogicalType()) {
		return nil, false
	}
	return group.Field(0), group.Name() != "array" && group.Name() != n.Name()+"_tuple"
}

// wrapped returns the repeated field of a group that only marks it as a list or a map.
func wrapped(n schema.Node) (schema.Node, bool) {
	group, ok := n.(*schema.GroupNode)
	l := n.LogicalType()
	if !ok || group.NumFields() != 1 || !l.Equals(schema.NewListLogicalType()) && !l.Equals(schema.MapLogicalType{}) {
		return nil, false
	}
	return group.Field(0), repeated(group.Field(0))
}

// leafType returns the type of a leaf's values, nil if published tables do not have it.
func leafType(n *schema.PrimitiveNode) arrow.DataType {
	logical := n.LogicalType()
	none := logical == nil || logical.IsNone()
	is := func(t schema.LogicalType) bool { return !none && logical.Equals(t) }
	switch physical := n.PhysicalType(); {
	case physical == parquet.Types.Boolean && none:
		return arrow.FixedWidthTypes.Boolean
	case physical == parquet.Types.Int32 && (none || is(schema.NewIntLogicalType(32, true))):
		return arrow.PrimitiveTypes.Int32
	case physical == parquet.Types.Int32 && is(schema.DateLogicalType{}):
		return arrow.FixedWidthTypes.Date32
	case physical == parquet.Types.Int64 && (none || is(schema.NewIntLogicalType(64, true))):
		return arrow.PrimitiveTypes.Int64
	case physical == parquet.Types.Int64:
		if t, ok := logical.(schema.TimestampLogicalType); ok && utc(t) && t.TimeUnit() == schema.TimeUnitMicros {
			return arrow.FixedWidthTypes.Timestamp_us
		}
	case physical == parquet.Types.Double && none:
		return arrow.PrimitiveTypes.Float64
	case physical == parquet.Types.ByteArray && is(schema.StringLogicalType{}):
		return arrow.BinaryTypes.String
	}
	return nil
}

// utc says whether a timestamp is in UTC; the older converted types always are.
func utc(t schema.TimestampLogicalType) bool { return t.IsAdjustedToUTC() || t.IsFromConvertedType() }

// typeText returns the type of any column, in the words of specs and the manifest where they have one.
func typeText(n schema.Node) string {
	text := ""
	switch n := n.(type) {
	case *schema.PrimitiveNode:
		text = leafText(n)
	case *schema.GroupNode:
		if element, ok := elementOf(n); ok {
			return "list<" + typeText(element) + ">"
		}
		text = groupText(n)
	}
	if repeated(n) {
		return "list<" + text + ">"
	}
	return text
}

func groupText(n *schema.GroupNode) string {
	inner, marked := wrapped(n)
	pairs, ok := inner.(*schema.GroupNode)
	switch {
	case marked && ok && pairs.NumFields() == 2 && n.LogicalType().Equals(schema.MapLogicalType{}):
		return "map<" + typeText(pairs.Field(0)) + ", " + typeText(pairs.Field(1)) + ">"
	case marked:
		return typeText(inner)
	}
	var fields []string
	for i := range n.NumFields() {
		fields = append(fields, n.Field(i).Name()+": "+typeText(n.Field(i)))
	}
	return "struct<" + strings.Join(fields, ", ") + ">"
}

// units are the words for time units.
var units = map[schema.TimeUnitType]string{
	schema.TimeUnitMillis: "ms", schema.TimeUnitMicros: "us", schema.TimeUnitNanos: "ns",
}

func leafText(n *schema.PrimitiveNode) string {
	switch l := n.LogicalType().(type) {
	case nil, schema.NoLogicalType:
	case schema.IntLogicalType:
		if l.IsSigned() {
			return fmt.Sprintf("int%d", l.BitWidth())
		}
		return fmt.Sprintf("uint%d", l.BitWidth())
	case schema.TimestampLogicalType:
		if utc(l) {
			return "timestamp[" + units[l.TimeUnit()] + ", UTC]"
		}
		return "timestamp[" + units[l.TimeUnit()] + "]"
	case schema.TimeLogicalType:
		return "time[" + units[l.TimeUnit()] + "]"
	case schema.DecimalLogicalType:
		return fmt.Sprintf("decimal(%d, %d)", l.Precision(), l.Scale())
	default:
		return strings.ToLower(l.String())
	}
	switch n.PhysicalType() {
	case parquet.Types.Boolean:
		return "bool"
	case parquet.Types.ByteArray:
		return "binary"
	case parquet.Types.FixedLenByteArray:
		return fmt.Sprintf("binary[%d]", n.TypeLength())
	}
	return strings.ToLower(n.PhysicalType().String())
}
