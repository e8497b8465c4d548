package recording

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// covers checks that the answers to one query hold every field that another asks for.
func covers(recorded, wanted string) error {
	have, err := fieldPaths(recorded)
	if err != nil {
		return fmt.Errorf("read %s: %w", QueryFile, err)
	}
	want, err := fieldPaths(wanted)
	if err != nil {
		return fmt.Errorf("read the spec's query: %w", err)
	}
	missing := slices.DeleteFunc(want, func(path string) bool { return slices.Contains(have, path) })
	if len(missing) > 0 {
		return fmt.Errorf("the recorded query has no %s; record again with --record", strings.Join(missing, ", "))
	}
	return nil
}

func fieldPaths(query string) ([]string, error) {
	document, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		return nil, err
	}
	return appendPaths(nil, document.Operations[0].SelectionSet, ""), nil
}

// appendPaths appends the path of every field: response keys, names and arguments where they differ, and the type
// conditions on the way.
func appendPaths(paths []string, set ast.SelectionSet, prefix string) []string {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			path := prefix + s.Alias
			if s.Alias != s.Name {
				path += ":" + s.Name
			}
			if args := argsText(s.Arguments); args != "" {
				path += "(" + args + ")"
			}
			paths = appendPaths(append(paths, path), s.SelectionSet, path+".")
		case *ast.InlineFragment:
			paths = appendPaths(paths, s.SelectionSet, prefix+s.TypeCondition+".")
		}
	}
	return paths
}

func argsText(args ast.ArgumentList) string {
	var list []string
	for _, a := range args {
		list = append(list, a.Name+": "+a.Value.String())
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
