package schemas

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

func resolveAll(t testing.TB, s *Schema, node string, texts ...string) []*Path {
	t.Helper()
	paths := make([]*Path, len(texts))
	for i, text := range texts {
		path, err := s.Resolve(node, text)
		if err != nil {
			t.Fatal(err)
		}
		paths[i] = path
	}
	return paths
}

func TestSelectionText(t *testing.T) {
	paths := resolveAll(t, Embedded(), "EvidenceItem",
		"molecularProfile.variants.GeneVariant.coordinates.start", "id", "molecularProfile.variants.name",
		"therapies.name", "molecularProfile.variants.GeneVariant.name", "molecularProfile.variants.FusionVariant.name",
		"molecularProfile.evidenceItems.id", "therapies.ncitId", "molecularProfile.variants.__typename",
		"molecularProfile.variants.GeneVariant.coordinates.stop")
	rows, err := Embedded().ResolveRows("EvidenceItem", "phenotypes")
	if err != nil {
		t.Fatal(err)
	}
	sel := Embedded().Select("EvidenceItem", append(paths, rows)...)
	want := `  molecularProfile {
    variants {
      ... on GeneVariant {
        coordinates {
          start
          stop
        }
        GeneVariant_name: name
      }
      name
      __typename
      ... on FusionVariant {
        FusionVariant_name: name
      }
    }
    evidenceItems(first: 100) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        id
      }
    }
  }
  id
  therapies {
    name
    ncitId
  }
  phenotypes {
    __typename
  }
`
	if got := sel.Text("  "); got != want {
		t.Errorf("got\n%s", got)
	}
	keys := []string{
		"[{molecularProfile false} {variants true} {coordinates false} {start false}]", "[{id false}]",
		"[{molecularProfile false} {variants true} {name false}]", "[{therapies true} {name false}]",
		"[{molecularProfile false} {variants true} {GeneVariant_name false}]",
		"[{molecularProfile false} {variants true} {FusionVariant_name false}]",
		"[{molecularProfile false} {evidenceItems false} {nodes true} {id false}]",
	}
	for i, want := range keys {
		if got := fmt.Sprint(sel.Keys(paths[i])); got != want {
			t.Errorf("%s: %s", paths[i].Text, got)
		}
	}
	if stranger := resolveAll(t, Embedded(), "EvidenceItem", "disease.name")[0]; sel.Keys(stranger) != nil {
		t.Error("a path that was not selected has keys")
	}
}

// TestNestedNodesAreCounted: a path through a nested connection selects its total and the ids of its nodes, whichever
// field it asks for. All nested connections have both.
func TestNestedNodesAreCounted(t *testing.T) {
	for name, s := range map[string]*Schema{"embedded": Embedded(), "server": openServer(t)} {
		checked := 0
		for _, def := range s.AST().Types {
			if def.Kind != ast.Object && def.Kind != ast.Interface || def == s.AST().Query {
				continue
			}
			for _, field := range def.Fields {
				node := s.ConnectionNode(field)
				if node == nil {
					continue
				}
				checked++
				sel := s.Select(def.Name, resolveAll(t, s, def.Name, field.Name+".__typename")...)
				want := field.Name + "(first: 100) {\n  totalCount\n  pageInfo { hasNextPage endCursor }\n  nodes {\n    __typename\n    id\n  }\n}\n"
				if got := sel.Text(""); got != want {
					t.Errorf("%s schema: %s.%s:\n%s", name, def.Name, field.Name, got)
				}
			}
		}
		if checked < 80 {
			t.Errorf("the %s schema has only %d nested connections", name, checked)
		}
	}
	paths := resolveAll(t, Embedded(), "VariantGroup", "variants.GeneVariant.id", "variants.name")
	want := `variants(first: 100) {
  totalCount
  pageInfo { hasNextPage endCursor }
  nodes {
    ... on GeneVariant {
      GeneVariant_id: id
    }
    name
    id
  }
}
`
	if got := Embedded().Select("VariantGroup", paths...).Text(""); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestSelectionIsTheSameWhoeverAsks(t *testing.T) {
	texts := []string{"id", "therapies.name", "molecularProfile.variants.GeneVariant.name", "molecularProfile.variants.name"}
	paths := resolveAll(t, Embedded(), "EvidenceItem", texts...)
	first := Embedded().Select("EvidenceItem", paths...).Text("")
	for range 20 {
		if again := Embedded().Select("EvidenceItem", append(paths, paths...)...).Text(""); again != first {
			t.Fatalf("%s\n%s", first, again)
		}
	}
}

// reachable lists the paths of a type down to a depth, through every narrowing.
func reachable(s *Schema, def *ast.Definition, prefix string, depth int) []string {
	list := fieldPaths(s, def, prefix, depth)
	if def.IsAbstractType() {
		for _, object := range s.objects(def) {
			if !capital(object.Name) {
				continue
			}
			list = append(list, fieldPaths(s, object, prefix+object.Name+".", depth)...)
		}
	}
	return append(list, prefix+"__typename")
}

func capital(name string) bool { return name[0] >= 'A' && name[0] <= 'Z' }

func fieldPaths(s *Schema, def *ast.Definition, prefix string, depth int) []string {
	var list []string
	for _, field := range def.Fields {
		if slices.ContainsFunc(field.Arguments, Required) || strings.HasPrefix(field.Name, "__") || capital(field.Name) {
			continue // a path cannot name it: a capital narrows
		}
		target := s.baseType(field.Type)
		if node := s.ConnectionNode(field); node != nil {
			target = node
		}
		switch {
		case target.IsLeafType():
			list = append(list, prefix+field.Name)
		case depth > 1:
			list = append(list, reachable(s, target, prefix+field.Name+".", depth-1)...)
		}
	}
	return list
}

// Whatever paths are mixed, the query they give is one the server takes.
func TestEverySelectionIsValid(t *testing.T) {
	schemas := map[string]*Schema{"embedded": Embedded(), "server": openServer(t)}
	random := rand.New(rand.NewPCG(1, 2))
	total := 0
	for _, c := range Embedded().Connections() {
		node := Embedded().AST().Types[c.Node]
		texts := reachable(Embedded(), node, "", 2)
		third := reachable(Embedded(), node, "", 3)
		random.Shuffle(len(third), func(i, j int) { third[i], third[j] = third[j], third[i] })
		texts = append(texts, third[:min(len(third), 600)]...)
		random.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
		total += len(texts)
		for batch := range slices.Chunk(texts, 50) {
			checkBatch(t, schemas, c, batch)
		}
	}
	if total < 10_000 {
		t.Errorf("only %d paths", total)
	}
}

func checkBatch(t *testing.T, schemas map[string]*Schema, c *Connection, texts []string) {
	t.Helper()
	paths := resolveAll(t, Embedded(), c.Node, texts...)
	sel := Embedded().Select(c.Node, paths...)
	query := "{ " + c.Name + " { nodes {\n" + sel.Text("  ") + "} } }"
	for name, s := range schemas {
		if _, errs := gqlparser.LoadQueryWithRules(s.AST(), query, rules.NewDefaultRules()); errs != nil {
			t.Fatalf("%s, against the %s schema: %v\n%s", c.Name, name, errs, query)
		}
	}
	seen := map[string]string{}
	for _, path := range paths {
		keys := fmt.Sprint(sel.Keys(path))
		if keys == "[]" {
			t.Errorf("%s has no keys", path.Text)
		}
		if other, ok := seen[keys]; ok && other != path.Text {
			t.Errorf("%s and %s have the same keys %s", path.Text, other, keys)
		}
		seen[keys] = path.Text
	}
}

func openServer(t testing.TB) *Schema {
	t.Helper()
	s, err := Open(sharedFile(t, "schema.introspection.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A path means the same in the embedded schema and in the server's own.
func TestPathsAgreeWithTheServersSchema(t *testing.T) {
	server := openServer(t)
	for _, c := range Embedded().Connections() {
		for _, text := range reachable(Embedded(), Embedded().AST().Types[c.Node], "", 2) {
			here, err := Embedded().Resolve(c.Node, text)
			if err != nil {
				t.Fatal(err)
			}
			there, err := server.Resolve(c.Node, text)
			if err != nil || there.Type != here.Type || there.Enum != here.Enum {
				t.Errorf("%s %s: %v, and there %v (%v)", c.Node, text, here, there, err)
			}
		}
	}
}

func FuzzSelect(f *testing.F) {
	f.Add("id\ndisease.name\nmolecularProfile.variants.GeneVariant.name\nmolecularProfile.variants.name")
	f.Add("molecularProfile.variants.Flaggable.name\nmolecularProfile.variants.Commentable.name")
	f.Fuzz(func(t *testing.T, text string) {
		var paths []*Path
		for line := range strings.Lines(text) {
			if path, err := Embedded().Resolve("EvidenceItem", strings.TrimSuffix(line, "\n")); err == nil {
				paths = append(paths, path)
			}
		}
		query := "{ evidenceItems { nodes {\n" + Embedded().Select("EvidenceItem", paths...).Text("  ") + "} } }"
		if _, errs := gqlparser.LoadQueryWithRules(Embedded().AST(), query, rules.NewDefaultRules()); errs != nil {
			t.Errorf("%v\n%s", errs, query)
		}
	})
}
