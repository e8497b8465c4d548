package expression

import (
	"reflect"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/schemas"
)

// TypeOf returns the type of the column that an expression over columns makes. It is nullable unless the expression
// can never give null. The error is an *Error, also if the type is not known.
func TypeOf(src string, columns []schemas.Column) (schemas.Type, error) {
	p, err := Compile(src, columns)
	if err != nil {
		return schemas.Type{}, err
	}
	nature := p.tree.Nature()
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
	return schemas.Type{}, &Error{Line: 1, Column: 1, Untyped: true, What: "the type of the expression cannot be told",
		Hint: "add type: with one of " + strings.Join(schemas.KindNames(), ", ")}
}

var timeType = reflect.TypeFor[time.Time]()

var kinds = map[reflect.Kind]schemas.Kind{
	reflect.Int: schemas.Int64, reflect.Float64: schemas.Float64,
	reflect.Bool: schemas.Bool, reflect.String: schemas.String,
}

func kindOf(t reflect.Type) (k schemas.Kind, ok bool) {
	switch t {
	case nil:
		return 0, false
	case timeType:
		return schemas.Timestamp, true
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
