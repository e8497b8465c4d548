package expression

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/civic-etl/civic-etl/schemas"
)

// Error is a fault of an expression. Offset counts bytes from the expression's
// beginning. Line and Column count from 1, columns in characters.
type Error struct {
	Offset, Line, Column int
	What, Hint           string
	// Untyped means that the expression is sound, but that its type is not known
	// before it runs.
	Untyped bool
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.What)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// errorAt makes an Error at an offset in characters.
func errorAt(src string, from int, what, hint string) *Error {
	e := &Error{Line: 1, Column: 1, What: what, Hint: hint}
	for i, r := range src {
		if from == 0 {
			e.Offset = i
			return e
		}
		from--
		e.Column++
		if r == '\n' {
			e.Line, e.Column = e.Line+1, 1
		}
	}
	e.Offset = len(src)
	return e
}

// compileError makes an Error of the library's, with the nearest known name as a hint.
func compileError(src string, err error, columns []schemas.Column) error {
	var fault *file.Error
	if !errors.As(err, &fault) {
		return &Error{Line: 1, Column: 1, What: firstLine(err.Error())}
	}
	return errorAt(src, fault.From, fault.Message, nameHint(src, fault.From, columns))
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// nameHint helps with a name at an offset in characters that nothing has; else it is empty.
func nameHint(src string, from int, columns []schemas.Column) string {
	tree, err := parser.Parse(src)
	if err != nil {
		return ""
	}
	found := &nameAt{from: from}
	ast.Walk(&tree.Node, found)
	name := found.name
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
	}
	switch {
	case slices.Contains(disabled, name):
		return name + " is not available, since the same data must give the same rows"
	case name == "" || slices.Contains(names, name) || slices.Contains(available(), name):
		return ""
	}
	nearest := schemas.Nearest(name, names)
	if nearest == "" {
		nearest = schemas.Nearest(name, available())
	}
	if nearest == "" {
		return "an expression sees the columns of its table that stand before it"
	}
	return "did you mean " + nearest + "?"
}

// available are the functions that an expression may call.
func available() []string {
	names := slices.DeleteFunc(slices.Clone(builtin.Names), func(n string) bool { return slices.Contains(disabled, n) })
	for _, f := range functions {
		names = append(names, f.Name)
	}
	return names
}

// nameAt finds the name that begins at an offset in characters.
type nameAt struct {
	from int
	name string
}

// Visit implements ast.Visitor.
func (v *nameAt) Visit(n *ast.Node) {
	if (*n).Location().From != v.from {
		return
	}
	switch n := (*n).(type) {
	case *ast.IdentifierNode:
		v.name = n.Value
	case *ast.BuiltinNode:
		v.name = n.Name
	}
}
