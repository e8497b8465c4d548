package eval

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// args are the arguments of one call, none of them null. A getter of a wrong kind gives a zero value and sets err.
type args struct {
	frame *frame
	name  string
	list  []any
	err   error
}

// evaluate stops at the first null.
func (a *args) evaluate(nodes []node) (null bool, err error) {
	for i, argument := range nodes {
		if a.list[i], err = argument(a.frame); err != nil || a.list[i] == nil {
			return err == nil, err
		}
	}
	return false, nil
}

func (a *args) want(what string, i int) {
	switch {
	case a.err != nil:
	case i < len(a.list):
		a.err = fmt.Errorf("%s wants %s, not %s", a.name, what, KindOf(a.list[i]))
	default:
		a.err = fmt.Errorf("%s wants %s, and an argument is missing", a.name, what)
	}
}

// at is an argument, null if it is missing.
func (a *args) at(i int) any {
	if i < len(a.list) {
		return a.list[i]
	}
	return nil
}

func (a *args) text(i int) string {
	s, ok := a.at(i).(string)
	if !ok {
		a.want("a text", i)
	}
	return s
}

func (a *args) integer(i int) int {
	n, ok := integer(a.at(i))
	if !ok {
		a.want("an integer", i)
	}
	return n
}

func (a *args) number(i int) float64 {
	f, ok := number(a.at(i))
	if !ok {
		a.want("a number", i)
	}
	return f
}

func (a *args) time(i int) time.Time {
	t, ok := a.at(i).(time.Time)
	if !ok {
		a.want("a timestamp", i)
	}
	return t
}

func (a *args) duration(i int) time.Duration {
	d, ok := a.at(i).(time.Duration)
	if !ok {
		a.want("a duration", i)
	}
	return d
}

func (a *args) items(i int) []any {
	list, ok := a.at(i).([]any)
	if !ok {
		a.want("a list", i)
	}
	return list
}

// optional is the text of an argument that may be missing.
func (a *args) optional(i int, missing string) string {
	if i < len(a.list) {
		return a.text(i)
	}
	return missing
}

// times is the number of an argument that may be missing, else -1: without a limit.
func (a *args) times(i int) int {
	if i < len(a.list) {
		return a.integer(i)
	}
	return -1
}

// function compiles a call of a function without a predicate.
func (c *compiler) function(n *ast.BuiltinNode) node {
	call, aggregates := functions[n.Name], aggregates[n.Name]
	nodes := c.all(n.Arguments)
	a := &args{name: n.Name, list: make([]any, len(nodes))}
	switch {
	case n.Name == "date" && len(nodes) == 3:
		return c.fail(n, sameRows, "date with a time zone depends on the machine's time zones")
	case n.Name == "string":
		return c.call(&ast.CallNode{Callee: &ast.IdentifierNode{Value: n.Name}, Arguments: n.Arguments})
	case n.Name == "type" && len(nodes) == 1:
		return func(f *frame) (any, error) {
			v, err := nodes[0](f)
			return typeName(v), err
		}
	case aggregates != nil:
		return aggregate(n.Name, nodes, aggregates)
	case call == nil:
		return c.fail(n, "", "%s is not available", n.Name)
	}
	return func(f *frame) (any, error) {
		a.frame, a.err = f, nil
		if null, err := a.evaluate(nodes); err != nil || null {
			return nil, err
		}
		v, err := call(a)
		if a.err != nil {
			return nil, a.err
		}
		return v, err
	}
}

// functions are the functions of the language without a predicate, which give null for null.
var functions = map[string]func(a *args) (any, error){
	"len": length, "abs": absolute, "int": toInt, "float": toFloat,
	"ceil":  func(a *args) (any, error) { return math.Ceil(a.number(0)) + 0, nil },
	"floor": func(a *args) (any, error) { return math.Floor(a.number(0)) + 0, nil },
	"round": func(a *args) (any, error) { return math.Round(a.number(0)) + 0, nil },

	"trim":        trim,
	"trimPrefix":  func(a *args) (any, error) { return strings.TrimPrefix(a.text(0), a.optional(1, " ")), nil },
	"trimSuffix":  func(a *args) (any, error) { return strings.TrimSuffix(a.text(0), a.optional(1, " ")), nil },
	"upper":       func(a *args) (any, error) { return strings.ToUpper(a.text(0)), nil },
	"lower":       func(a *args) (any, error) { return strings.ToLower(a.text(0)), nil },
	"hasPrefix":   func(a *args) (any, error) { return strings.HasPrefix(a.text(0), a.text(1)), nil },
	"hasSuffix":   func(a *args) (any, error) { return strings.HasSuffix(a.text(0), a.text(1)), nil },
	"indexOf":     func(a *args) (any, error) { return place(a.text(0), strings.Index(a.text(0), a.text(1))), nil },
	"lastIndexOf": func(a *args) (any, error) { return place(a.text(0), strings.LastIndex(a.text(0), a.text(1))), nil },
	"split":       func(a *args) (any, error) { return texts(a, strings.SplitN) },
	"splitAfter":  func(a *args) (any, error) { return texts(a, strings.SplitAfterN) },
	"replace":     replace, "repeat": repeat, "join": join,

	"toJSON": toJSON, "fromJSON": fromJSON, "fromBase64": fromBase64,
	"toBase64": func(a *args) (any, error) { return base64.StdEncoding.EncodeToString([]byte(a.text(0))), nil },
	"duration": duration, "date": date,

	"first": func(a *args) (any, error) { return edge(a.items(0), 0), nil },
	"last":  func(a *args) (any, error) { return edge(a.items(0), -1), nil },
	"get":   get, "take": take, "fromPairs": fromPairs, "reverse": reverse, "uniq": uniq,
	"concat": concat, "flatten": flatten, "sort": sortList,

	"bitand":  func(a *args) (any, error) { return a.integer(0) & a.integer(1), nil },
	"bitor":   func(a *args) (any, error) { return a.integer(0) | a.integer(1), nil },
	"bitxor":  func(a *args) (any, error) { return a.integer(0) ^ a.integer(1), nil },
	"bitnand": func(a *args) (any, error) { return a.integer(0) &^ a.integer(1), nil },
	"bitnot":  func(a *args) (any, error) { return ^a.integer(0), nil },
	"bitshl":  shift(func(x int, n uint) int { return x << n }),
	"bitshr":  shift(func(x int, n uint) int { return x >> n }),
	"bitushr": shift(func(x int, n uint) int { return int(uint(x) >> n) }),
}

func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "nil"
	case bool:
		return "bool"
	case int:
		return "int"
	case float64:
		return "float"
	case string:
		return "string"
	case []any:
		return "array"
	case time.Time:
		return "timestamp"
	case time.Duration:
		return "duration"
	case time.Month, time.Weekday:
		return "int"
	}
	return "map"
}

func length(a *args) (any, error) {
	switch v := a.list[0].(type) {
	case string:
		return utf8.RuneCountInString(v), nil
	case []any:
		return len(v), nil
	case map[string]any:
		return len(v), nil
	case map[any]any:
		return len(v), nil
	}
	a.want("a text, a list or an object", 0)
	return nil, nil
}

func absolute(a *args) (any, error) {
	if n, ok := integer(a.list[0]); ok {
		if n < 0 {
			return negate(n)
		}
		return n, nil
	}
	return math.Abs(a.number(0)), nil
}

// toInt cuts fractions off. It refuses numbers beyond 64 bits.
func toInt(a *args) (any, error) {
	switch v := a.list[0].(type) {
	case string:
		n, err := strconv.Atoi(v)
		if err != nil {
			return nil, fmt.Errorf("int: %s is not an integer of 64 bits", show(v))
		}
		return n, nil
	case float64:
		if !(v >= math.MinInt64 && v < math.MaxInt64) {
			return nil, fmt.Errorf("int: %v does not fit int64", v)
		}
		return int(v), nil
	}
	return a.integer(0), nil
}

func toFloat(a *args) (any, error) {
	text, isText := a.list[0].(string)
	if !isText {
		return a.number(0), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, fmt.Errorf("float: %s is not a number that fits double", show(text))
	}
	return f + 0, nil
}

func shift(f func(x int, n uint) int) func(a *args) (any, error) {
	return func(a *args) (any, error) {
		n := a.integer(1)
		if n < 0 {
			return nil, fmt.Errorf("%s: cannot shift by %d bits", a.name, n)
		}
		x := a.integer(0)
		y := f(x, uint(n))
		if a.name == "bitshl" && y>>uint(n) != x {
			return nil, fmt.Errorf("bitshl: %d shifted by %d bits does not fit int64", x, n)
		}
		return y, nil
	}
}

// toJSON writes the keys of objects in order, so that the same row gives the same text.
func toJSON(a *args) (any, error) {
	text, err := json.Marshal(a.list[0], json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return nil, fmt.Errorf("toJSON: %s cannot be written as JSON", KindOf(a.list[0]))
	}
	return string(text), a.frame.spend(len(text))
}

// fromJSON refuses text that is not valid JSON in UTF-8. Numbers become doubles.
func fromJSON(a *args) (any, error) {
	var v any
	text := a.text(0)
	if err := a.frame.spend(8 * len(text)); err != nil {
		return nil, err
	}
	if json.Unmarshal([]byte(text), &v, plusZero) != nil {
		return nil, fmt.Errorf("fromJSON: %s is not JSON", show(text))
	}
	return v, nil
}

// plusZero reads numbers as doubles without minus zero.
var plusZero = json.WithUnmarshalers(json.UnmarshalFromFunc(func(d *jsontext.Decoder, v *any) error {
	if d.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	token, err := d.ReadToken()
	if err != nil {
		return err
	}
	f, err := token.Float()
	*v = f + 0
	return err
}))

func fromBase64(a *args) (any, error) {
	text := a.text(0)
	b, err := base64.StdEncoding.DecodeString(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("fromBase64: %s is not Base64", show(text))
	case !utf8.Valid(b):
		return nil, errors.New("fromBase64: the result is not UTF-8")
	}
	return string(b), nil
}

func duration(a *args) (any, error) {
	d, err := time.ParseDuration(a.text(0))
	if err != nil {
		return nil, fmt.Errorf("duration: %s is not a duration, such as 36h or 1m30s, of at most 292 years", show(a.list[0]))
	}
	return d, nil
}

// layouts are those of the language, the first that fits counts.
var layouts = []string{
	time.DateOnly, time.TimeOnly, time.DateTime, time.RFC3339, time.RFC822, time.RFC850, time.RFC1123,
}

// date reads names of time zones as UTC, because their offset depends on the machine.
func date(a *args) (any, error) {
	text := a.text(0)
	try := layouts
	if len(a.list) > 1 {
		try = []string{a.text(1)}
	}
	i := slices.IndexFunc(try, func(layout string) bool {
		_, err := time.ParseInLocation(layout, text, time.UTC)
		return err == nil
	})
	if i < 0 {
		return nil, fmt.Errorf("date: %s is not a date", show(text))
	}
	t, err := time.ParseInLocation(try[i], text, time.UTC)
	if err == nil && strings.Contains(try[i], "06") { // the layout has a year
		if _, err = inYears(t); err != nil {
			return nil, fmt.Errorf("%s is outside the years 1 to 9999 in UTC", show(text))
		}
	}
	return t, err
}
