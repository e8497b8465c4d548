package schemas

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
)

// Kind is the type of one value, on the wire or in a column.
type Kind uint8

// The kinds of value. Enum is text, dictionary encoded in formats that support it; JSON is compact JSON text;
// Timestamp counts microseconds since the Unix epoch, UTC; Date counts days since the Unix epoch. Object is a value
// with fields of its own: it occurs on the wire, never in a column.
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

var kindAliases = map[string]Kind{"int": Int64, "float": Float64, "float64": Float64, "boolean": Bool}

// String is the name a spec's `type:` uses.
func (k Kind) String() string { return kindNames[k] }

// KindNames lists what ParseKind takes, without aliases, in the order to show a user.
func KindNames() []string { return append(kindNames[Int32:Enum:Enum], kindNames[Timestamp:]...) }

// ParseKind reads the name of a kind as a spec's `type:` gives it.
func ParseKind(name string) (Kind, bool) {
	if kind, ok := kindAliases[name]; ok {
		return kind, true
	}
	if !slices.Contains(KindNames(), name) {
		return 0, false
	}
	return Kind(slices.Index(kindNames[:], name)), true
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

var arrowTypes = [...]arrow.DataType{
	Object: arrow.BinaryTypes.String, Enum: arrow.BinaryTypes.String, String: arrow.BinaryTypes.String,
	Int32: arrow.PrimitiveTypes.Int32, Int64: arrow.PrimitiveTypes.Int64, Float64: arrow.PrimitiveTypes.Float64,
	Bool: arrow.FixedWidthTypes.Boolean, Timestamp: arrow.FixedWidthTypes.Timestamp_us,
	Date: arrow.FixedWidthTypes.Date32, JSON: arrow.BinaryTypes.String,
}

// Arrow is the Arrow type of the column. Enum and JSON are utf8; a list's
// element field is named "element", as Parquet names it.
func (t Type) Arrow() arrow.DataType {
	value := arrowTypes[t.Kind]
	if !t.List {
		return value
	}
	return arrow.ListOfField(arrow.Field{Name: "element", Type: value, Nullable: t.ElementNullable})
}

// ListMode says how a column stores the values of a path through a list.
type ListMode uint8

// The list modes. Keep writes a list; Join one text with a separator between elements; AsJSON one compact JSON text;
// First the first element or null; Count the number of elements (int64); Distinct a list without repeats, first
// occurrence kept.
const (
	Keep ListMode = iota
	Join
	AsJSON
	First
	Count
	Distinct
	JoinInner
)

var listModeNames = []string{
	Keep: "keep", Join: "join", AsJSON: "json", First: "first", Count: "count", Distinct: "distinct",
	JoinInner: "join_inner",
}

// String is the mode as a spec's `list:` names it.
func (m ListMode) String() string { return listModeNames[m] }

// ListModeNames lists what ParseListMode takes.
func ListModeNames() []string { return listModeNames }

// ParseListMode reads the name of a list mode.
func ParseListMode(name string) (ListMode, bool) {
	i := slices.Index(listModeNames, name)
	return ListMode(max(0, i)), i >= 0
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

// Arrow is the Arrow schema of the table's record batches, columns in spec order, partition columns included.
func (t *Table) Arrow() *arrow.Schema {
	fields := make([]arrow.Field, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = arrow.Field{Name: c.Name, Type: c.Type.Arrow(), Nullable: c.Type.Nullable}
	}
	return arrow.NewSchema(fields, nil)
}

// Index gives the position of the named column, or -1.
func (t *Table) Index(name string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
}

// Key is one response key between a record and a value, and whether its value is a list.
type Key struct {
	Name string
	List bool
}
