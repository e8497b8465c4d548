package execute

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// leaf selects how to check and write the values of a scalar or enum.
type leaf uint8

const (
	noLeaf leaf = iota // an object, interface or union
	intLeaf
	floatLeaf
	boolLeaf
	textLeaf
	timeLeaf
	jsonLeaf
	enumLeaf
)

// newCode is an enum value that no schema has yet. It is written without a check.
type newCode string

func leafOf(def *ast.Definition) leaf {
	if def.Kind == ast.Enum {
		return enumLeaf
	}
	if def.Kind != ast.Scalar {
		return noLeaf
	}
	if kind, ok := scalars[def.Name]; ok {
		return kind
	}
	return textLeaf
}

// scalars holds the leaves of scalars that are not text.
var scalars = map[string]leaf{
	"Int": intLeaf, "Float": floatLeaf, "Boolean": boolLeaf, "ISO8601DateTime": timeLeaf, "JSON": jsonLeaf,
}

// appendLeaf writes a value that is not nil. It fails on a value of another type.
func appendLeaf(b []byte, kind leaf, def *ast.Definition, v any) ([]byte, error) {
	switch kind {
	case intLeaf:
		return appendInt(b, v)
	case floatLeaf:
		return appendFloat(b, v)
	case boolLeaf:
		if is, ok := v.(bool); ok {
			return strconv.AppendBool(b, is), nil
		}
	case jsonLeaf:
		return appendJSON(b, v)
	case enumLeaf:
		return appendEnum(b, def, v)
	case timeLeaf:
		if s, ok := v.(string); ok {
			if _, err := time.Parse(time.RFC3339, s); err != nil {
				return b, fmt.Errorf("%q is not an ISO8601DateTime", s)
			}
			return appendText(b, s), nil
		}
	default:
		switch s := v.(type) {
		case string:
			return appendText(b, s), nil
		case record.Digits:
			return appendText(b, string(s)), nil
		}
	}
	return b, fmt.Errorf("%v (%T) is not of type %s", v, v, def.Name)
}

func appendInt(b []byte, v any) ([]byte, error) {
	switch n := v.(type) {
	case int:
		return strconv.AppendInt(b, int64(n), 10), nil
	case record.Digits:
		return append(b, n...), nil
	case json.Number:
		if i, err := n.Int64(); err == nil && i <= math.MaxInt32 && i >= math.MinInt32 {
			return strconv.AppendInt(b, i, 10), nil
		}
	}
	return b, fmt.Errorf("%v (%T) is not of type Int", v, v)
}

func appendFloat(b []byte, v any) ([]byte, error) {
	switch n := v.(type) {
	case int:
		return append(strconv.AppendInt(b, int64(n), 10), ".0"...), nil
	case float64:
		if n == math.Trunc(n) && math.Abs(n) < 1e15 {
			return append(strconv.AppendInt(b, int64(n), 10), ".0"...), nil // as Ruby does
		}
		return strconv.AppendFloat(b, n, 'g', -1, 64), nil
	case json.Number:
		return append(b, n...), nil
	}
	return b, fmt.Errorf("%v (%T) is not of type Float", v, v)
}

// appendEnum refuses unknown values. As on the server, one such value fails its page.
func appendEnum(b []byte, def *ast.Definition, v any) ([]byte, error) {
	switch s := v.(type) {
	case newCode:
		return appendText(b, string(s)), nil
	case string:
		if def.EnumValues.ForName(s) != nil {
			return appendText(b, s), nil
		}
	}
	return b, fmt.Errorf("resolved to %q, but this isn't a valid value for `%s`", fmt.Sprint(v), def.Name)
}

func appendJSON(b []byte, v any) ([]byte, error) {
	if text, ok := v.(record.JSON); ok {
		return append(b, text...), nil
	}
	text, err := json.Marshal(v)
	return append(b, text...), err
}

// appendText writes a JSON string. All texts are UTF-8: the reader of node files refuses others.
func appendText(b []byte, s string) []byte {
	out, err := jsontext.AppendQuote(b, s)
	if err != nil {
		return append(b, `""`...)
	}
	return out
}
