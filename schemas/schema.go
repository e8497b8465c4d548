package schemas

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
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

// Embedded is the schema this program carries. It is parsed at the first call.
func Embedded() *Schema { return embedded() }

var embedded = sync.OnceValue(func() *Schema {
	sources, err := embeddedSources()
	if err != nil {
		panic(err) // a file of the program itself: tests hold it
	}
	s, err := load(nil, sources...)
	if err != nil {
		panic(err)
	}
	return s
})

func embeddedSources() ([]*ast.Source, error) {
	names, err := fs.Glob(civic, "civic/*.graphql")
	if err != nil {
		return nil, err
	}
	sources := make([]*ast.Source, len(names))
	for i, name := range names {
		text, err := civic.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sources[i] = &ast.Source{Name: name, Input: string(text)}
	}
	return sources, nil
}

// load parses SDL. What an API does not say of its connections is taken from
// the connections of that name in known, which may be nil.
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

// AST is the schema as the GraphQL library holds it. It must not be changed.
func (s *Schema) AST() *ast.Schema { return s.ast }

// SHA256 is the hash of the text the schema was read from, in hex.
func (s *Schema) SHA256() string { return s.sha256 }

// objects lists the object types a value of the type can be, without the
// interfaces among them, which gqlparser lists too.
func (s *Schema) objects(def *ast.Definition) []*ast.Definition {
	var objects []*ast.Definition
	for _, possible := range s.ast.GetPossibleTypes(def) {
		if possible != nil && possible.Kind == ast.Object {
			objects = append(objects, possible)
		}
	}
	return objects
}

// baseType gives the named type inside lists and non-nulls.
func (s *Schema) baseType(t *ast.Type) *ast.Definition { return s.ast.Types[t.Name()] }
