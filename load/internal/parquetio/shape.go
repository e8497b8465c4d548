package parquetio

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// StoredColumn is a column as the schema of a Parquet file, of whatever origin, has it.
type StoredColumn struct {
	Name     string
	Nullable bool
	Type     arrow.DataType // nil: none that a column of ours may have
	Text     string         // the type in words
	leaf     int            // where its values are among the file's leaves
	levels   nesting
}

func (c StoredColumn) String() string {
	if c.Nullable {
		return c.Name + " " + c.Text
	}
	return c.Name + " " + c.Text + " not null"
}

// known says what is wrong with a column that has no type of ours.
func (c StoredColumn) known() error {
	if c.Type == nil {
		return fmt.Errorf("column %s is %s, which no column of a published table is", c.Name, c.Text)
	}
	return nil
}

// Named finds the column of a name.
func Named(columns []StoredColumn, name string) (found StoredColumn, err error) {
	n := 0
	for _, c := range columns {
		if c.Name == name {
			found = c
			n++
		}
	}
	if n != 1 {
		return StoredColumn{}, fmt.Errorf("there is no column %s", name)
	}
	return found, nil
}

// storedColumns are the columns of a file, in its order.
func storedColumns(s *schema.Schema) []StoredColumn {
	columns := make([]StoredColumn, s.Root().NumFields())
	for i := range columns {
		n := s.Root().Field(i)
		c := StoredColumn{Name: n.Name(), Nullable: n.RepetitionType() == parquet.Repetitions.Optional, Text: typeText(n)}
		element, list := elementOf(n)
		if !list {
			element = n
		}
		if leaf, ok := element.(*schema.PrimitiveNode); ok && element.RepetitionType() != parquet.Repetitions.Repeated {
			c.Type, c.leaf = leafType(leaf), s.ColumnIndexByNode(leaf)
			c.levels = nesting{list: list, value: s.Column(c.leaf).MaxDefinitionLevel()}
			if list && c.Nullable {
				c.levels.empty = 1
			}
		}
		if list && c.Type != nil {
			c.Type = arrow.ListOfField(arrow.Field{Name: element.Name(), Type: c.Type, Nullable: element.RepetitionType() == parquet.Repetitions.Optional})
		}
		columns[i] = c
	}
	return columns
}

// elementOf gives the element of a list of three levels: a group that is marked
// as a list, in it a repeated group, in it the element. The names "array" and
// "NAME_tuple" mark a list of structs.
func elementOf(n schema.Node) (element schema.Node, ok bool) {
	list, ok := n.(*schema.GroupNode)
	if !ok || !list.LogicalType().Equals(schema.NewListLogicalType()) || list.NumFields() != 1 || list.RepetitionType() == parquet.Repetitions.Repeated {
		return nil, false
	}
	repeated, ok := list.Field(0).(*schema.GroupNode)
	if !ok || repeated.RepetitionType() != parquet.Repetitions.Repeated || repeated.NumFields() != 1 {
		return nil, false
	}
	return repeated.Field(0), repeated.Name() != "array" && repeated.Name() != n.Name()+"_tuple"
}

// wrapped returns the repeated field of a group that only marks it as a list or a map.
func wrapped(n schema.Node) (schema.Node, bool) {
	group, ok := n.(*schema.GroupNode)
	l := n.LogicalType()
	if !ok || group.NumFields() != 1 || !l.Equals(schema.NewListLogicalType()) && !l.Equals(schema.MapLogicalType{}) {
		return nil, false
	}
	return group.Field(0), group.Field(0).RepetitionType() == parquet.Repetitions.Repeated
}

// leafType is the type of ours that a leaf holds the values of, nil if none.
func leafType(n *schema.PrimitiveNode) arrow.DataType {
	logical := n.LogicalType()
	none := logical == nil || logical.IsNone()
	switch n.PhysicalType() {
	case parquet.Types.Boolean:
		if none {
			return arrow.FixedWidthTypes.Boolean
		}
	case parquet.Types.Int32:
		if none || logical.Equals(schema.NewIntLogicalType(32, true)) {
			return arrow.PrimitiveTypes.Int32
		}
		if logical.Equals(schema.DateLogicalType{}) {
			return arrow.FixedWidthTypes.Date32
		}
	case parquet.Types.Int64:
		if none || logical.Equals(schema.NewIntLogicalType(64, true)) {
			return arrow.PrimitiveTypes.Int64
		}
		if t, ok := logical.(schema.TimestampLogicalType); ok && utc(t) && t.TimeUnit() == schema.TimeUnitMicros {
			return arrow.FixedWidthTypes.Timestamp_us
		}
	case parquet.Types.Double:
		if none {
			return arrow.PrimitiveTypes.Float64
		}
	case parquet.Types.ByteArray:
		if !none && logical.Equals(schema.StringLogicalType{}) {
			return arrow.BinaryTypes.String
		}
	}
	return nil
}

// utc says whether a time is one of the whole world; the older way to mark a time
// always means that.
func utc(t schema.TimestampLogicalType) bool { return t.IsAdjustedToUTC() || t.IsFromConvertedType() }

// typeText is the type of any column, as a spec and the manifest name it if they do.
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
	if n.RepetitionType() == parquet.Repetitions.Repeated {
		return "list<" + text + ">"
	}
	return text
}

func groupText(n *schema.GroupNode) string {
	repeated, marked := wrapped(n)
	pairs, ok := repeated.(*schema.GroupNode)
	switch {
	case marked && ok && pairs.NumFields() == 2 && n.LogicalType().Equals(schema.MapLogicalType{}):
		return "map<" + typeText(pairs.Field(0)) + ", " + typeText(pairs.Field(1)) + ">"
	case marked:
		return typeText(repeated)
	}
	var fields []string
	for i := range n.NumFields() {
		fields = append(fields, n.Field(i).Name()+": "+typeText(n.Field(i)))
	}
	return "struct<" + strings.Join(fields, ", ") + ">"
}

func leafText(n *schema.PrimitiveNode) string {
	if t := leafType(n); t != nil {
		return typeName(t)
	}
	units := map[schema.TimeUnitType]string{schema.TimeUnitMillis: "ms", schema.TimeUnitMicros: "us", schema.TimeUnitNanos: "ns"}
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
	case parquet.Types.ByteArray:
		return "binary"
	case parquet.Types.FixedLenByteArray:
		return fmt.Sprintf("binary[%d]", n.TypeLength())
	}
	return strings.ToLower(n.PhysicalType().String())
}

// typeName is a type of ours as a spec and the manifest name it.
func typeName(t arrow.DataType) string {
	switch t := t.(type) {
	case *arrow.StringType:
		return "string"
	case *arrow.Float64Type:
		return "double"
	case *arrow.Date32Type:
		return "date"
	case *arrow.TimestampType:
		return "timestamp[" + t.Unit.String() + ", UTC]"
	}
	return t.String()
}
