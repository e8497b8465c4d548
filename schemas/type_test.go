package schemas

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
)

func TestKindNamesAreParsed(t *testing.T) {
	for _, name := range KindNames() {
		if kind, ok := ParseKind(name); !ok || kind.String() != name {
			t.Errorf("%s is parsed as %s", name, kind)
		}
	}
	for name, want := range map[string]Kind{"int": Int64, "float": Float64, "float64": Float64, "boolean": Bool} {
		if kind, ok := ParseKind(name); !ok || kind != want {
			t.Errorf("%s is parsed as %s", name, kind)
		}
	}
	for _, name := range []string{"", "object", "Int64", "decimal"} {
		if kind, ok := ParseKind(name); ok {
			t.Errorf("%q is parsed as %s", name, kind)
		}
	}
}

func TestListModeNamesAreParsed(t *testing.T) {
	for _, name := range ListModeNames() {
		if mode, ok := ParseListMode(name); !ok || mode.String() != name {
			t.Errorf("%s is parsed as %s", name, mode)
		}
	}
	if _, ok := ParseListMode("all"); ok {
		t.Error("a list mode that is none is parsed")
	}
}

func TestArrowTypes(t *testing.T) {
	tests := []struct {
		typ  Type
		want arrow.DataType
		text string
	}{
		{Type{Kind: Int32}, arrow.PrimitiveTypes.Int32, "int32"},
		{Type{Kind: Int64, Nullable: true}, arrow.PrimitiveTypes.Int64, "int64"},
		{Type{Kind: Float64}, arrow.PrimitiveTypes.Float64, "double"},
		{Type{Kind: Bool}, arrow.FixedWidthTypes.Boolean, "bool"},
		{Type{Kind: Enum}, arrow.BinaryTypes.String, "string"},
		{Type{Kind: JSON}, arrow.BinaryTypes.String, "string"},
		{Type{Kind: Timestamp}, arrow.FixedWidthTypes.Timestamp_us, "timestamp[us, UTC]"},
		{Type{Kind: Date}, arrow.FixedWidthTypes.Date32, "date"},
		{
			Type{Kind: String, List: true, ElementNullable: true},
			arrow.ListOfField(arrow.Field{Name: "element", Type: arrow.BinaryTypes.String, Nullable: true}), "list<string>",
		},
	}
	for _, test := range tests {
		if got := test.typ.Arrow(); !arrow.TypeEqual(got, test.want, arrow.CheckMetadata()) || test.typ.String() != test.text {
			t.Errorf("%+v is %s and %s", test.typ, got, test.typ)
		}
	}
}

func TestTable(t *testing.T) {
	table := Table{Columns: []Column{{Name: "id", Type: Type{Kind: Int64}}, {Name: "name", Type: Type{Kind: String, Nullable: true}}}}
	if table.Index("name") != 1 || table.Index("none") != -1 {
		t.Errorf("positions %d, %d", table.Index("name"), table.Index("none"))
	}
	schema := table.Arrow()
	if schema.NumFields() != 2 || schema.Field(0).Nullable || !schema.Field(1).Nullable || schema.Field(1).Name != "name" {
		t.Errorf("schema %s", schema)
	}
}
