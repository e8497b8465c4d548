package transform

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/civic-etl/civic-etl/schemas"
)

// ExprError is a fault of an expression. Offset counts bytes from the
// expression's begin; Line and Column count from 1, columns in characters.
type ExprError struct {
	Offset, Line, Column int
	What, Hint           string
	Untyped              bool // nothing is wrong but that the type cannot be told
}

func (e *ExprError) Error() string {
	text := fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.What)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// ExprType gives the type of the column that an expression over columns makes. It is
// nullable unless the expression can never give null. The error is an *ExprError, also
// where the type cannot be told.
func ExprType(src string, columns []schemas.Column) (schemas.Type, error) {
	p, err := compileExpr(src, columns)
	if err != nil {
		return schemas.Type{}, err
	}
	n := p.vm.Node()
	nature := n.Nature()
	if kind, ok := kindOf(nature.Type); ok {
		return schemas.Type{Kind: kind, Nullable: !p.never(n)}, nil
	}
	if nature.IsArray() {
		element := nature.Elem(nil)
		if kind, ok := kindOf(element.Type); ok {
			return schemas.Type{Kind: kind, List: true, Nullable: !p.never(n), ElementNullable: true}, nil
		}
	}
	return schemas.Type{}, &ExprError{Line: 1, Column: 1, Untyped: true,
		What: "the type of the expression cannot be told", Hint: "add type: with one of " + strings.Join(schemas.KindNames(), ", ")}
}

// CheckFilter checks an expression over columns that is to keep or drop rows. The error is
// an *ExprError.
func CheckFilter(src string, columns []schemas.Column) error {
	p, err := compileExpr(src, columns)
	if err != nil {
		return err
	}
	nature := p.vm.Node().Nature()
	if t := nature.Type; t != nil && t.Kind() != reflect.Bool && t.Kind() != reflect.Interface {
		return &ExprError{Line: 1, Column: 1, What: fmt.Sprintf("a filter must be true or false, this one gives %s", exprWord(t)),
			Hint: "compare it with something"}
	}
	return nil
}

var timeType = reflect.TypeFor[time.Time]()

func kindOf(t reflect.Type) (schemas.Kind, bool) {
	if t == nil {
		return 0, false
	}
	switch {
	case t == timeType:
		return schemas.Timestamp, true
	case t.Kind() == reflect.Int:
		return schemas.Int64, true
	case t.Kind() == reflect.Float64:
		return schemas.Float64, true
	case t.Kind() == reflect.Bool:
		return schemas.Bool, true
	case t.Kind() == reflect.String:
		return schemas.String, true
	}
	return 0, false
}

func exprWord(t reflect.Type) string {
	if k, ok := kindOf(t); ok {
		return k.String()
	}
	return t.String()
}

// program is a compiled expression.
type program struct {
	vm      *vm.Program
	columns []schemas.Column
	// reads are the indexes of the columns that it refers to.
	reads []int
}

// outside are the builtins left out, because they depend on more than the row: on
// the clock, the machine's time zones, or the random order of a map.
var outside = []string{"now", "timezone", "keys", "values", "toPairs"}

func compileExpr(src string, columns []schemas.Column) (*program, error) {
	env := types.Map{}
	for _, c := range columns {
		env[c.Name] = exprType(c.Type)
	}
	options := []expr.Option{expr.Env(env)}
	for _, f := range functions {
		options = append(options, expr.Function(f.name, f.call, f.typed))
	}
	for _, name := range outside {
		options = append(options, expr.DisableBuiltin(name))
	}
	compiled, err := expr.Compile(src, options...)
	if err != nil {
		return nil, exprError(src, err, columns)
	}
	p := &program{vm: compiled, columns: columns}
	v := &visitor{program: p}
	node := compiled.Node()
	ast.Walk(&node, v)
	if v.fault != "" {
		return nil, at(src, v.at.From, v.fault, "the same data must give the same rows on every machine")
	}
	return p, nil
}

// exprType is the type an expression sees a column as. A null is nil whatever
// the type. A column without a type may be anything.
func exprType(t schemas.Type) types.Type {
	value := types.String
	switch t.Kind {
	case schemas.Object:
		value = types.Any
	case schemas.Int32, schemas.Int64:
		value = types.Int
	case schemas.Float64:
		value = types.Float
	case schemas.Bool:
		value = types.Bool
	case schemas.Timestamp, schemas.Date:
		value = types.TypeOf(time.Time{})
	}
	if t.List {
		return types.Array(value)
	}
	return value
}

// visitor finds the columns an expression reads, and what depends on the machine.
type visitor struct {
	program *program
	fault   string
	at      file.Location
}

func (v *visitor) Visit(n *ast.Node) {
	switch n := (*n).(type) {
	case *ast.IdentifierNode:
		v.read(n.Value)
	case *ast.MemberNode:
		if name, ok := n.Property.(*ast.StringNode); ok && name.Value == "Local" {
			v.fault, v.at = "Local depends on the machine's time zone", n.Location()
		}
	case *ast.BuiltinNode:
		if n.Name == "date" && len(n.Arguments) == 3 {
			v.fault, v.at = "date with a time zone depends on the machine's time zones", n.Location()
		}
	}
}

func (v *visitor) read(name string) {
	p := v.program
	for i, c := range p.columns {
		if (c.Name == name || name == "$env") && !slices.Contains(p.reads, i) {
			p.reads = append(p.reads, i)
		}
	}
}

// always are the builtins that give a value where their arguments are values.
var always = strings.Fields(`all none any one filter map count groupBy sortBy findIndex findLastIndex len type ceil floor round int float
	trim trimPrefix trimSuffix upper lower split splitAfter replace repeat join indexOf lastIndexOf hasPrefix hasSuffix
	toJSON toBase64 fromBase64 duration date uniq concat flatten sort reverse bitand bitor bitxor bitnand bitnot bitshl bitshr bitushr`)

// never says that the node can give no null. Operators and functions give null
// where one of their operands is, but for those that test for it.
func (p *program) never(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.MapNode:
		return true
	case *ast.ArrayNode:
		return p.neverAny(n.Nodes...)
	case *ast.UnaryNode:
		return p.never(n.Node)
	case *ast.PredicateNode:
		return p.never(n.Node)
	case *ast.PointerNode:
		return true // an element that is null fails the builtin around it, whose list says so
	case *ast.ConstantNode:
		return n.Value != nil
	case *ast.IdentifierNode:
		i := slices.IndexFunc(p.columns, func(c schemas.Column) bool { return c.Name == n.Value })
		return i >= 0 && !p.columns[i].Type.Nullable && !p.columns[i].Type.ElementNullable
	case *ast.BinaryNode:
		return p.neverBinary(n)
	case *ast.ConditionalNode:
		return p.neverAny(n.Cond, n.Exp1, n.Exp2)
	case *ast.BuiltinNode:
		return slices.Contains(always, n.Name) && p.neverAny(n.Arguments...)
	case *ast.CallNode:
		return p.neverCall(n)
	}
	return false
}

func (p *program) neverAny(nodes ...ast.Node) bool {
	return !slices.ContainsFunc(nodes, func(n ast.Node) bool { return !p.never(n) })
}

func (p *program) neverBinary(n *ast.BinaryNode) bool {
	switch n.Operator {
	case "==", "!=":
		return p.tests(n.Left) && p.tests(n.Right)
	case "??":
		return p.never(n.Left) || p.never(n.Right)
	}
	return p.neverAny(n.Left, n.Right)
}

// tests says that a comparison with the node gives true or false even if it is null.
func (p *program) tests(n ast.Node) bool {
	switch n.(type) {
	case *ast.IdentifierNode, *ast.NilNode:
		return true
	}
	return p.never(n)
}

// neverCall: string passes null on, a method of a time gives a value.
func (p *program) neverCall(n *ast.CallNode) bool {
	if name, ok := n.Callee.(*ast.IdentifierNode); ok && name.Value == "string" && len(n.Arguments) == 1 {
		return p.never(n.Arguments[0])
	}
	member, ok := n.Callee.(*ast.MemberNode)
	nature := n.Nature()
	_, value := kindOf(nature.Type)
	return ok && member.Method && !member.Optional && value && p.never(member.Node)
}

// exprError makes an error of the library's, with the nearest right name.
func exprError(src string, err error, columns []schemas.Column) error {
	var fe *file.Error
	if !errors.As(err, &fe) {
		return &ExprError{Line: 1, Column: 1, What: strings.SplitN(err.Error(), "\n", 2)[0]}
	}
	hint := ""
	if name, ok := strings.CutPrefix(fe.Message, "unknown name "); ok {
		hint = unknownName(name, columns)
	}
	return at(src, fe.From, fe.Message, hint)
}

// available are the functions that an expression may call.
func available() []string {
	names := slices.DeleteFunc(slices.Clone(builtin.Names), func(n string) bool { return slices.Contains(outside, n) })
	for _, f := range functions {
		names = append(names, f.name)
	}
	return names
}

func unknownName(name string, columns []schemas.Column) string {
	if slices.Contains(outside, name) {
		return name + " is not available, since the same data must give the same rows"
	}
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
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

// at places an error; from counts characters.
func at(src string, from int, what, hint string) *ExprError {
	e := &ExprError{Line: 1, Column: 1, What: what, Hint: hint}
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
