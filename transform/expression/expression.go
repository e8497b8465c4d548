package expression

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/types"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform/expression/internal/eval"
)

// Program is a compiled expression. One goroutine at a time may use it.
type Program struct {
	tree    ast.Node
	code    *eval.Program
	columns []schemas.Column
}

// disabled are the builtins that depend on more than the row: on the clock, on the
// machine's time zones, or on the random order of a map.
var disabled = []string{"now", "timezone", "keys", "values", "toPairs"}

// Compile compiles an expression over columns. A column whose type is
// schemas.Object may have any type. The error is an *Error.
func Compile(src string, columns []schemas.Column) (*Program, error) {
	tree, err := checker.ParseCheck(src, config(columns))
	if err != nil {
		return nil, compileError(src, err, columns)
	}
	scope := eval.Scope{Functions: map[string]func(...any) (any, error){}}
	for _, c := range columns {
		scope.Columns = append(scope.Columns, c.Name)
	}
	for _, f := range functions {
		scope.Functions[f.Name] = f.call
	}
	code, err := eval.Compile(tree.Node, scope)
	if err != nil {
		return nil, compileError(src, err, columns)
	}
	return &Program{tree: tree.Node, code: code, columns: slices.Clone(columns)}, nil
}

// config tells the library's type checker of the columns and functions.
func config(columns []schemas.Column) *conf.Config {
	env := types.Map{}
	for _, c := range columns {
		env[c.Name] = exprType(c.Type)
	}
	config := conf.New(env)
	for _, f := range functions {
		config.Functions[f.Name] = &builtin.Function{
			Name: f.Name, Func: f.call, Types: []reflect.Type{reflect.TypeOf(f.typed).Elem()},
		}
	}
	for _, name := range []string{"min", "max", "mean", "median"} {
		config.Functions[name] = &builtin.Function{Name: name, Func: text, Validate: aggregateType(name)}
	}
	for _, name := range disabled {
		config.Disabled[name] = true
		delete(config.Builtins, name)
	}
	return config
}

// aggregateType checks the arguments of an aggregate. The library takes the type of the first argument, but mean(1, 2)
// and max(1, 2.5) are fractions. The type is unknown if one of them is a list.
func aggregateType(name string) func([]reflect.Type) (reflect.Type, error) {
	return func(arguments []reflect.Type) (reflect.Type, error) {
		if len(arguments) == 0 {
			return nil, fmt.Errorf("not enough arguments to call %s", name)
		}
		whole, fraction := reflect.TypeFor[int](), reflect.TypeFor[float64]()
		var common reflect.Type
		for _, t := range arguments {
			if t != nil && isWhole(t) {
				t = whole
			}
			switch {
			case t == nil: // a literal nil
			case t.Kind() == reflect.Interface || t.Kind() == reflect.Slice:
				return reflect.TypeFor[any](), nil
			case common == nil || common == whole && t == fraction:
				common = t
			case common != t && !(common == fraction && t == whole):
				return nil, fmt.Errorf("%s cannot compare %s with %s", name, common, t)
			}
		}
		switch number := common == whole || common == fraction; {
		case common == nil:
			return reflect.TypeFor[any](), nil
		case name != "mean" && name != "median":
			return common, nil
		case !number:
			return nil, fmt.Errorf("%s wants numbers, not %s", name, common)
		}
		return fraction, nil
	}
}

// CompileFilter compiles an expression that keeps or drops rows. The error is an *Error.
func CompileFilter(src string, columns []schemas.Column) (*Program, error) {
	p, err := Compile(src, columns)
	if err != nil {
		return nil, err
	}
	nature := p.tree.Nature()
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
		value = types.TypeOf(0.0) // types.Float has 32 bits
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

// plainTypes are words for types of Go, for messages of the library.
var plainTypes = strings.NewReplacer("map[string]interface {}", "object", "map[interface {}][]interface {}", "object",
	"[]interface {}", "list", "[]string", "list", "[]int", "list", "[]float64", "list", "interface {}", "any",
	"strconv.ParseInt: parsing ", "", "strconv.ParseFloat: parsing ", "", "time.Time", "timestamp",
	"time.Duration", "duration", "time.Month", "month", "time.Weekday", "weekday")

// Reads returns the indexes of the columns that the expression reads.
func (p *Program) Reads() []int { return p.code.Reads() }

// Run evaluates the expression over one row, with the logic of SQL. Value returns the row's value in the column of an
// index. The result of an operation with a null is null; an error is a result that cannot be right.
func (p *Program) Run(value func(column int) any) (any, error) { return p.code.Run(value) }
