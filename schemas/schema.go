package schemas

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/civic-etl/civic-etl/schemas/internal/wording"
)

//go:embed civic/*.graphql
var civic embed.FS

// Schema is the type system of one version of the API. It never changes once
// made, so that any number of goroutines may read it.
type Schema struct {
	ast         *ast.Schema
	sha256      string
	connections []*Connection
}

// Embedded is the schema that is part of the program. The first call parses it.
func Embedded() *Schema {
	s, err := embedded()
	if err != nil {
		panic(err) // the files are part of the program, and tests load them
	}
	return s
}

var embedded = sync.OnceValues(loadEmbedded)

func loadEmbedded() (*Schema, error) {
	var sources []*ast.Source
	err := fs.WalkDir(civic, ".", func(name string, file fs.DirEntry, err error) error {
		if err != nil || file.IsDir() {
			return err
		}
		text, err := civic.ReadFile(name)
		sources = append(sources, &ast.Source{Name: name, Input: string(text)})
		return err
	})
	if err != nil {
		return nil, err
	}
	return load(nil, sources...)
}

// load parses SDL. What it does not say about a connection comes from the connection
// of that name in known, which may be nil.
func load(known *Schema, sources ...*ast.Source) (*Schema, error) {
	parsed, err := validator.LoadSchema(append([]*ast.Source{validator.Prelude}, sources...)...)
	if err != nil {
		return nil, err
	}
	if parsed.Query == nil {
		return nil, fmt.Errorf("it has no Query type")
	}
	hash := sha256.New()
	for _, source := range sources {
		hash.Write([]byte(source.Input))
	}
	s := &Schema{ast: parsed, sha256: hex.EncodeToString(hash.Sum(nil))}
	s.connections = s.readConnections(known)
	return s, nil
}

// AST is the schema in the form of the GraphQL library. Callers must not change it.
func (s *Schema) AST() *ast.Schema { return s.ast }

// SHA256 is the hash of the schema's text, in hex.
func (s *Schema) SHA256() string { return s.sha256 }

// objects lists the object types a value of the type can be, without the
// interfaces among them, which gqlparser lists too.
func (s *Schema) objects(def *ast.Definition) []*ast.Definition {
	other := func(possible *ast.Definition) bool { return possible == nil || possible.Kind != ast.Object }
	return slices.DeleteFunc(slices.Clone(s.ast.GetPossibleTypes(def)), other)
}

// ObjectNames lists the object types a value of the type can be, by name.
func (s *Schema) ObjectNames(def *ast.Definition) []string {
	names := wording.Names(s.objects(def), func(def *ast.Definition) string { return def.Name })
	slices.Sort(names)
	return names
}

// baseType gives the named type inside lists and non-nulls.
func (s *Schema) baseType(t *ast.Type) *ast.Definition { return s.ast.Types[t.Name()] }

// With is the schema with other definitions of its types. It reads the connections
// anew, and takes what the definitions do not say of their paging from s.
func (s *Schema) With(definitions *ast.Schema) *Schema {
	changed := &Schema{ast: definitions, sha256: s.sha256}
	changed.connections = changed.readConnections(s)
	return changed
}

// EnumValues are the names an enum type has, nil for any other type.
func (s *Schema) EnumValues(enum string) []string {
	def := s.ast.Types[enum]
	if def == nil || def.Kind != ast.Enum {
		return nil
	}
	return enumNames(def)
}

// Kind is what a value of the named type is.
func (s *Schema) Kind(name string) Kind {
	if def := s.ast.Types[name]; def != nil {
		return kindOf(def)
	}
	return Object
}
