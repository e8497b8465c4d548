package schemas

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// ours lists the types of the embedded schema that are not GraphQL's own.
func ours(t testing.TB) []*ast.Definition {
	t.Helper()
	var list []*ast.Definition
	for name, def := range Embedded().AST().Types {
		if !strings.HasPrefix(name, "__") {
			list = append(list, def)
		}
	}
	if len(list) < 250 {
		t.Fatalf("only %d types", len(list))
	}
	return list
}

var kinds = map[ast.DefinitionKind]string{
	ast.Scalar: "SCALAR", ast.Object: "OBJECT", ast.Interface: "INTERFACE",
	ast.Union: "UNION", ast.Enum: "ENUM", ast.InputObject: "INPUT_OBJECT",
}

func TestEveryTypeIsTheServers(t *testing.T) {
	real := introspected(t)
	for _, def := range ours(t) {
		if def.Name == "ID" {
			continue // GraphQL's own; CIViC's schema never uses it
		}
		theirs, ok := real[def.Name]
		if !ok || theirs.Kind != kinds[def.Kind] {
			t.Errorf("%s is a %s here and %q there", def.Name, def.Kind, theirs.Kind)
			continue
		}
		compareFields(t, def, theirs)
		compareValues(t, def, theirs)
		compareRelations(t, def, theirs)
	}
}

func compareFields(t *testing.T, def *ast.Definition, theirs serverType) {
	t.Helper()
	for _, field := range def.Fields {
		if strings.HasPrefix(field.Name, "__") {
			continue
		}
		if def.Kind == ast.InputObject {
			compareInput(t, def.Name, field.Name, field.Type, field.DefaultValue, find(theirs.InputFields, field.Name))
			continue
		}
		same := theirs.field(field.Name)
		if same == nil || same.Type.String() != field.Type.String() {
			t.Errorf("%s.%s: %s is not the server's", def.Name, field.Name, field.Type)
			continue
		}
		if deprecated := field.Directives.ForName("deprecated") != nil; deprecated != same.IsDeprecated {
			t.Errorf("%s.%s is deprecated: %v here, %v there", def.Name, field.Name, deprecated, same.IsDeprecated)
		}
		for _, arg := range field.Arguments {
			compareInput(t, def.Name+"."+field.Name, arg.Name, arg.Type, arg.DefaultValue, find(same.Args, arg.Name))
		}
		if len(field.Arguments) != len(same.Args) {
			t.Errorf("%s.%s has %d arguments here and %d there", def.Name, field.Name, len(field.Arguments), len(same.Args))
		}
	}
	if def.Name != "Query" && def.Kind != ast.InputObject && len(def.Fields) != len(theirs.Fields) {
		t.Errorf("%s has %d fields here and %d there", def.Name, len(def.Fields), len(theirs.Fields))
	}
	if len(theirs.InputFields) > 0 && len(def.Fields) != len(theirs.InputFields) {
		t.Errorf("%s has %d input fields here and %d there", def.Name, len(def.Fields), len(theirs.InputFields))
	}
}

func compareInput(t *testing.T, owner, name string, typ *ast.Type, value *ast.Value, same *serverInput) {
	t.Helper()
	if same == nil || same.Type.String() != typ.String() {
		t.Errorf("%s(%s: %s) is not the server's", owner, name, typ)
		return
	}
	if (value == nil) != (same.DefaultValue == nil) || value != nil && value.String() != *same.DefaultValue {
		t.Errorf("%s(%s) has another default than the server's", owner, name)
	}
}

func compareValues(t *testing.T, def *ast.Definition, theirs serverType) {
	t.Helper()
	for _, value := range def.EnumValues {
		if find(theirs.EnumValues, value.Name) == nil {
			t.Errorf("%s.%s is not the server's", def.Name, value.Name)
		}
	}
	if len(def.EnumValues) != len(theirs.EnumValues) {
		t.Errorf("%s has %d values here and %d there", def.Name, len(def.EnumValues), len(theirs.EnumValues))
	}
}

func compareRelations(t *testing.T, def *ast.Definition, theirs serverType) {
	t.Helper()
	interfaces, possible := refNames(theirs.Interfaces), refNames(theirs.PossibleTypes)
	for _, name := range def.Interfaces {
		if !interfaces[name] {
			t.Errorf("%s does not implement %s there", def.Name, name)
		}
	}
	if len(def.Interfaces) != len(interfaces) {
		t.Errorf("%s implements %d interfaces here and %d there", def.Name, len(def.Interfaces), len(interfaces))
	}
	if !def.IsAbstractType() {
		return
	}
	objects := Embedded().objects(def)
	for _, object := range objects {
		if !possible[object.Name] {
			t.Errorf("%s cannot be %s there", def.Name, object.Name)
		}
	}
	if len(objects) != len(possible) {
		t.Errorf("%s can be %d types here and %d there", def.Name, len(objects), len(possible))
	}
}

// The page's text speaks of 38 root connections; the introspection beside it
// has 37, and all of them must be here.
func TestEveryRootConnectionIsHere(t *testing.T) {
	for _, field := range introspected(t)["Query"].Fields {
		if !strings.HasSuffix(field.Type.String(), "Connection!") {
			continue
		}
		if _, err := Embedded().Connection(field.Name); err != nil {
			t.Error(err)
		}
	}
}

func TestDescriptionsAreOurOwn(t *testing.T) {
	real := introspected(t)
	for _, def := range ours(t) {
		for _, field := range def.Fields {
			same := real[def.Name].field(field.Name)
			if len(field.Description) > 20 && same != nil && strings.EqualFold(strings.Trim(same.Description, " ."), strings.Trim(field.Description, " .")) {
				t.Errorf("%s.%s is described in the server's words", def.Name, field.Name)
			}
		}
	}
}

func TestRootFieldsAndRecordsAreDescribed(t *testing.T) {
	query := Embedded().AST().Query
	for _, field := range query.Fields {
		if !strings.HasPrefix(field.Name, "__") && field.Description == "" {
			t.Errorf("Query.%s has no description", field.Name)
		}
	}
	for _, c := range Embedded().Connections() {
		if Embedded().AST().Types[c.Node].Description == "" {
			t.Errorf("%s has no description", c.Node)
		}
	}
}

func BenchmarkEmbedded(b *testing.B) {
	for b.Loop() {
		sources, err := embeddedSources()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := load(nil, sources...); err != nil {
			b.Fatal(err)
		}
	}
}
