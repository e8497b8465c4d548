package schemas

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
)

// Kind is the type of one value, on the wire or in a column.
type Kind uint8

// The kinds of value. Enum is text, dictionary encoded in formats that support it; JSON
// is compact JSON text; Timestamp counts microseconds since the Unix
// epoch, UTC; Date counts days since the Unix epoch. Object is a value with
// fields of its own: it occurs on the wire, never in a column.
const (
	Object Kind = iota
	Int32
	Int64
	Float64
	Bool
	String
	Enum
	Timestamp
	Date
	JSON
)

var kindNames = [...]string{
	Object: "object", Int32: "int32", Int64: "int64", Float64: "double", Bool: "bool", String: "string",
	Enum: "string", Timestamp: "timestamp", Date: "date", JSON: "json",
}

// String is the name a spec's `type:` uses.
func (k Kind) String() string { return kindNames[k] }

// KindNames lists what ParseKind takes, in the order to show a user.
func KindNames() []string {
	return []string{"int32", "int64", "double", "bool", "string", "timestamp", "date", "json"}
}

// ParseKind reads the name of a kind as a spec's `type:` gives it.
func ParseKind(name string) (Kind, bool) {
	switch name {
	case "int32":
		return Int32, true
	case "int64", "int":
		return Int64, true
	case "double", "float", "float64":
		return Float64, true
	case "bool", "boolean":
		return Bool, true
	case "string":
		return String, true
	case "timestamp":
		return Timestamp, true
	case "date":
		return Date, true
	case "json":
		return JSON, true
	}
	return 0, false
}

// Type is the type of a column: one value a row or one list of values a row.
// A path through several lists gives one flat list.
type Type struct {
	Kind            Kind
	List            bool
	Nullable        bool // the value, or the list itself, may be null
	ElementNullable bool // of a list: its elements may be null
}

// String is the type as `plan` and the manifest show it, without nullability:
// int64, string, list<string>, timestamp[us, UTC].
func (t Type) String() string {
	name := t.Kind.String()
	switch t.Kind {
	case Timestamp:
		name = "timestamp[us, UTC]"
	case JSON:
		name = "string"
	}
	if t.List {
		return fmt.Sprintf("list<%s>", name)
	}
	return name
}

// Arrow is the Arrow type of the column. Enum and JSON are utf8; a list's
// element field is named "element", as Parquet names it.
func (t Type) Arrow() arrow.DataType {
	value := t.Kind.arrow()
	if !t.List {
		return value
	}
	return arrow.ListOfField(arrow.Field{Name: "element", Type: value, Nullable: t.ElementNullable})
}

func (k Kind) arrow() arrow.DataType {
	switch k {
	case Int32:
		return arrow.PrimitiveTypes.Int32
	case Int64:
		return arrow.PrimitiveTypes.Int64
	case Float64:
		return arrow.PrimitiveTypes.Float64
	case Bool:
		return arrow.FixedWidthTypes.Boolean
	case Timestamp:
		return arrow.FixedWidthTypes.Timestamp_us
	case Date:
		return arrow.FixedWidthTypes.Date32
	default:
		return arrow.BinaryTypes.String
	}
}

// ListMode says how a column stores the values of a path through a list.
type ListMode uint8

// The list modes. Keep writes a list; Join one text with a separator between
// elements; AsJSON one compact JSON text; First the first element or null;
// Count the number of elements (int64); Distinct a list without repeats, first
// occurrence kept.
const (
	Keep ListMode = iota
	Join
	AsJSON
	First
	Count
	Distinct
)

var listModeNames = []string{
	Keep: "keep", Join: "join", AsJSON: "json", First: "first", Count: "count", Distinct: "distinct",
}

// String is the mode as a spec's `list:` names it.
func (m ListMode) String() string { return listModeNames[m] }

// ListModeNames lists what ParseListMode takes.
func ListModeNames() []string { return listModeNames }

// ParseListMode reads the name of a list mode.
func ParseListMode(name string) (ListMode, bool) {
	for i, n := range listModeNames {
		if n == name {
			return ListMode(i), true
		}
	}
	return 0, false
}

// Column is one output column, as every stage and the manifest describe it. Doc is
// its meaning: from the spec, else from the schema.
type Column struct {
	Name string
	Type Type
	Doc  string
}

// Table is one output table. Key and PartitionBy name columns of it.
type Table struct {
	Name        string
	Doc         string
	Columns     []Column
	Key         []string
	PartitionBy []string
}

// Arrow is the Arrow schema of the table's record batches, columns in spec
// order, partition columns included.
func (t *Table) Arrow() *arrow.Schema {
	fields := make([]arrow.Field, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = arrow.Field{Name: c.Name, Type: c.Type.Arrow(), Nullable: c.Type.Nullable}
	}
	return arrow.NewSchema(fields, nil)
}

// Index gives the position of the named column, or -1.
func (t *Table) Index(name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// Key is one response key between a record and a value, and whether its value is a
// list.
type Key struct {
	Name string
	List bool
}
