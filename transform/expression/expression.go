package expression

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/civic-etl/civic-etl/schemas"
)

// Program is a compiled expression. One goroutine at a time may use it.
type Program struct {
	code    *vm.Program
	guarded *vm.Program // the same expression, which fails with errNull if an operand is null
	machine vm.VM
	columns []schemas.Column
	reads   []int
	env     map[string]any
}

// disabled are the builtins that depend on more than the row: on the clock, on the
// machine's time zones, or on the random order of a map.
var disabled = []string{"now", "timezone", "keys", "values", "toPairs"}

// Compile compiles an expression over columns. A column whose type is
// schemas.Object may have any type. The error is an *Error.
func Compile(src string, columns []schemas.Column) (*Program, error) {
	env := types.Map{}
	for _, c := range columns {
		env[c.Name] = exprType(c.Type)
	}
	options := []expr.Option{expr.Env(env)}
	for _, f := range functions {
		options = append(options, expr.Function(f.Name, f.call, f.typed))
	}
	for _, name := range disabled {
		options = append(options, expr.DisableBuiltin(name))
	}
	code, err := expr.Compile(src, options...)
	if err != nil {
		return nil, compileError(src, err, columns)
	}
	guarded, err := expr.Compile(src, append(options, guard...)...)
	if err != nil {
		return nil, compileError(src, err, columns)
	}
	p := &Program{code: code, guarded: guarded, columns: slices.Clone(columns), env: map[string]any{}}
	v := &visitor{program: p}
	node := code.Node()
	ast.Walk(&node, v)
	if v.fault != "" {
		return nil, errorAt(src, v.at.From, v.fault, "the same data must give the same rows on every machine")
	}
	return p, nil
}

// CompileFilter compiles an expression that keeps or drops rows. The error is an *Error.
func CompileFilter(src string, columns []schemas.Column) (*Program, error) {
	p, err := Compile(src, columns)
	if err != nil {
		return nil, err
	}
	nature := p.code.Node().Nature()
	if t := nature.Type; t != nil && t.Kind() != reflect.Bool && t.Kind() != reflect.Interface {
		return nil, &Error{Line: 1, Column: 1, Hint: "compare it with something",
			What: fmt.Sprintf("a filter must be true or false, this one gives %s", typeName(t))}
	}
	return p, nil
}

// exprType is the type that an expression sees a column as. A null is nil whatever the type.
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

// visitor finds the columns that an expression reads, and what depends on the machine.
type visitor struct {
	program *Program
	fault   string
	at      file.Location
}

// Visit implements ast.Visitor.
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

// Reads returns the indexes of the columns that the expression reads.
func (p *Program) Reads() []int { return p.reads }

// Run evaluates the expression over one row. Value returns the row's value in the
// column of an index. The result is null if an operation fails on a null.
func (p *Program) Run(value func(column int) any) (any, error) {
	for _, i := range p.reads {
		p.env[p.columns[i].Name] = value(i)
	}
	result, err := p.machine.Run(p.code, p.env)
	if err == nil {
		return result, nil
	}
	if _, null := p.machine.Run(p.guarded, p.env); errors.Is(null, errNull) {
		return nil, nil
	}
	if fault := (*file.Error)(nil); errors.As(err, &fault) {
		err = errors.New(firstLine(fault.Message))
	}
	return nil, err
}
