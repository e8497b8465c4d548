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

// described calls visit with every name of the embedded schema that can have a
// description, in its owner's words: EvidenceItem.comments(sortBy).
func described(t *testing.T, visit func(name, text string)) {
	t.Helper()
	for _, def := range ours(t) {
		if def.BuiltIn {
			continue
		}
		visit(def.Name, def.Description)
		for _, field := range def.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			visit(def.Name+"."+field.Name, field.Description)
			for _, arg := range field.Arguments {
				visit(def.Name+"."+field.Name+"("+arg.Name+")", arg.Description)
			}
		}
		for _, value := range def.EnumValues {
			visit(def.Name+"."+value.Name, value.Description)
		}
	}
}

func TestDescriptionsAreOurOwn(t *testing.T) {
	theirs := map[string]string{}
	for _, typ := range introspected(t) {
		theirs[typ.Name] = typ.Description
		for _, field := range typ.Fields {
			theirs[typ.Name+"."+field.Name] = field.Description
			for _, arg := range field.Args {
				theirs[typ.Name+"."+field.Name+"("+arg.Name+")"] = arg.Description
			}
		}
		for _, input := range append(typ.InputFields, typ.EnumValues...) {
			theirs[typ.Name+"."+input.Name] = input.Description
		}
	}
	bare := func(text string) string { return strings.ToLower(strings.Trim(text, " .")) }
	described(t, func(name, text string) {
		if len(text) > 20 && bare(text) == bare(theirs[name]) {
			t.Errorf("%s is described in the server's words", name)
		}
	})
}

func TestEverythingIsDescribed(t *testing.T) {
	described(t, func(name, text string) {
		switch {
		case text == "":
			t.Errorf("%s has no description", name)
		case !strings.HasSuffix(text, ".") || len(text) > 200:
			t.Errorf("%s: %q is not a sentence, or a long one", name, text)
		}
	})
}

func BenchmarkEmbedded(b *testing.B) {
	for b.Loop() {
		if _, err := loadEmbedded(); err != nil {
			b.Fatal(err)
		}
	}
}
