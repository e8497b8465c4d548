package expression

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/civic-etl/civic-etl/schemas"
)

// TypeOf returns the type of the column that an expression over columns makes. It is nullable unless the expression
// can never give null. The error is an *Error, also if the type is not known.
func TypeOf(src string, columns []schemas.Column) (schemas.Type, error) {
	p, err := Compile(src, columns)
	if err != nil {
		return schemas.Type{}, err
	}
	nature := sameElements(p.tree).Nature()
	if guessed(p.tree) {
		return schemas.Type{}, errUntyped()
	}
	null := (&inference{columns: p.columns}).of(p.tree).value
	if kind, ok := kindOf(nature.Type); ok {
		return schemas.Type{Kind: kind, Nullable: null}, nil
	}
	if nature.IsArray() {
		element := nature.Elem(nil)
		if kind, ok := kindOf(element.Type); ok {
			return schemas.Type{Kind: kind, List: true, Nullable: null, ElementNullable: true}, nil
		}
	}
	return schemas.Type{}, errUntyped()
}

func errUntyped() error {
	return &Error{Line: 1, Column: 1, Untyped: true, What: "the type of the expression cannot be told",
		Hint: "add type: with one of " + strings.Join(schemas.KindNames(), ", ")}
}

// guessed reports whether the result is one of two values, of which only one has a known type: the library takes this
// type for both.
func guessed(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ConditionalNode:
		return isUnknown(n.Exp1) != isUnknown(n.Exp2) || guessed(n.Exp1) || guessed(n.Exp2)
	case *ast.BinaryNode:
		return n.Operator == "??" && (isUnknown(n.Left) != isUnknown(n.Right) || guessed(n.Left) || guessed(n.Right))
	case *ast.ChainNode:
		return guessed(n.Node)
	case *ast.VariableDeclaratorNode:
		return guessed(n.Expr)
	case *ast.SequenceNode:
		return guessed(n.Nodes[len(n.Nodes)-1])
	}
	return false
}

// isUnknown reports whether a value can have any type. A literal nil fits each type.
func isUnknown(n ast.Node) bool {
	nature := n.Nature()
	return !isNil(n) && (nature.Type == nil || nature.Type.Kind() == reflect.Interface)
}

// sameElements returns the list whose elements a list has: builtins that order, thin out or concatenate lists have no
// type of their own.
func sameElements(n ast.Node) ast.Node {
	b, ok := n.(*ast.BuiltinNode)
	if !ok || !slices.Contains([]string{"uniq", "sort", "reverse", "filter", "concat"}, b.Name) || len(b.Arguments) == 0 {
		return n
	}
	first := sameElements(b.Arguments[0])
	for _, other := range b.Arguments[1:] {
		if b.Name == "concat" && elementOf(sameElements(other)) != elementOf(first) {
			return n
		}
	}
	return first
}

// elementOf returns the type of a list's elements, or nil.
func elementOf(list ast.Node) reflect.Type {
	nature := list.Nature()
	if !nature.IsArray() {
		return nil
	}
	element := nature.Elem(nil)
	return element.Type
}

var timeType = reflect.TypeFor[time.Time]()

var kinds = map[reflect.Kind]schemas.Kind{
	reflect.Float64: schemas.Float64, reflect.Bool: schemas.Bool, reflect.String: schemas.String,
}

// isWhole reports the types of integers: also that of Unix() and the like, of months and of days of the week.
func isWhole(t reflect.Type) bool {
	return t.Kind() == reflect.Int || t.Kind() == reflect.Int64 && t != reflect.TypeFor[time.Duration]()
}

func kindOf(t reflect.Type) (k schemas.Kind, ok bool) {
	switch t {
	case nil:
		return 0, false
	case timeType:
		return schemas.Timestamp, true
	}
	if isWhole(t) {
		return schemas.Int64, true
	}
	k, ok = kinds[t.Kind()]
	return k, ok
}

func typeName(t reflect.Type) string {
	if k, ok := kindOf(t); ok {
		return k.String()
	}
	return plainTypes.Replace(t.String())
}
