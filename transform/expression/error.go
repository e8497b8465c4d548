package expression

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform/expression/internal/eval"
)

// Error is a fault of an expression. Offset counts bytes from the expression's
// beginning. Line and Column count from 1, columns in characters.
type Error struct {
	Offset, Line, Column int
	What, Hint           string
	// Untyped means that the expression is sound, but that its type is not known before it runs.
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
	runes := []rune(src)
	before := string(runes[:min(from, len(runes))])
	line := before[strings.LastIndex(before, "\n")+1:]
	return &Error{
		Offset: min(len(before), len(src)), What: what, Hint: hint,
		Line: 1 + strings.Count(before, "\n"), Column: 1 + utf8.RuneCountInString(line),
	}
}

// compileError makes an Error of one of the library or of the evaluator, with the nearest known name as a hint.
func compileError(src string, err error, columns []schemas.Column) error {
	var own *eval.Fault
	if errors.As(err, &own) {
		return errorAt(src, own.At, own.What, own.Hint)
	}
	var fault *file.Error
	if !errors.As(err, &fault) {
		line, _, _ := strings.Cut(err.Error(), "\n")
		return &Error{Line: 1, Column: 1, What: line}
	}
	if strings.HasPrefix(fault.Message, "type string[") {
		return errorAt(src, fault.From, "a text has no elements", "cut a character out of it: name[0:1]")
	}
	return errorAt(src, fault.From, plainTypes.Replace(fault.Message), nameHint(src, fault.From, columns))
}

// nameHint helps with a name at an offset in characters that nothing has; else it is empty.
func nameHint(src string, from int, columns []schemas.Column) string {
	tree, err := parser.Parse(src)
	if err != nil {
		return ""
	}
	found := ast.Find(tree.Node, func(n ast.Node) bool { return n.Location().From == from && nameOf(n) != "" })
	name := nameOf(found)
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
	if nearest := cmp.Or(schemas.Nearest(name, names), schemas.Nearest(name, available())); nearest != "" {
		return "did you mean " + nearest + "?"
	}
	return "an expression sees the columns of its table that stand before it"
}

// available are the functions that an expression may call.
func available() []string {
	names := slices.DeleteFunc(slices.Clone(builtin.Names), func(n string) bool { return slices.Contains(disabled, n) })
	for _, f := range functions {
		names = append(names, f.Name)
	}
	return names
}

// nameOf is the name of a column or function, empty for any other node.
func nameOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value
	case *ast.BuiltinNode:
		return n.Name
	}
	return ""
}
