package document

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
)

// Scalar is one value, not a map or list. want is the hint for those. parse returns the value, or a hint.
// A hint may show n.Text, but not l.Text: it may hold a secret.
func Scalar[V any](schema map[string]any, want string, parse func(n *Node, l Literal) (V, string)) Shape[V] {
	return Shape[V]{Schema: schema, Read: func(d *Decoder, n *Node, name string) (none V, ok bool) {
		if n.Kind != ScalarNode {
			d.Fault(n.Pos, want, "%s is %s", name, Describe(n))
			return none, false
		}
		l, ok := d.Scalar(n)
		if !ok {
			return none, false
		}
		v, hint := parse(n, l)
		if hint != "" {
			d.Fault(n.Pos, hint, "%s cannot be %s", name, Describe(n))
			return none, false
		}
		return v, true
	}}
}

// orVariable is a schema that also accepts a text with a variable.
func orVariable(schema map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{schema, map[string]any{"type": "string", "pattern": `\$\{`}}}
}

// AnyText is a text. Numbers and the like need quotes: in `name: 1` the name is not a text.
func AnyText(schema map[string]any) Shape[string] {
	s := map[string]any{"type": "string"}
	maps.Copy(s, schema)
	return Scalar(s, "write a text", parseText)
}

func parseText(n *Node, l Literal) (text, hint string) {
	_, isText := l.Value().(string)
	switch {
	case isText || l.Filled:
		return l.Text, ""
	case n.Null():
		return "", "give it a value, or remove the key"
	}
	return "", fmt.Sprintf(`put quotes round it: "%s"`, wording.Shorten(n.Text, wording.LongestValue))
}

// SomeText is a text that is not empty.
func SomeText(schema map[string]any) Shape[string] {
	s := AnyText(schema)
	s.Schema["minLength"] = 1
	readText := s.Read
	s.Read = func(d *Decoder, n *Node, name string) (string, bool) {
		v, ok := readText(d, n, name)
		if ok && strings.TrimSpace(v) == "" {
			d.Fault(n.Pos, "give it a value, or remove the key", "%s is empty", name)
			return "", false
		}
		return v, ok
	}
	return s
}

// Path is a name of a file, folder or address. A variable that is empty in it is a fault.
func Path() Shape[string] {
	s := SomeText(nil)
	readText := s.Read
	s.Read = func(d *Decoder, n *Node, name string) (string, bool) {
		v, ok := readText(d, n, name)
		return v, ok && !(v != n.Text && d.emptyPart(n, name))
	}
	return s
}

// Matching is a text that matches a pattern; hint says what to write.
func Matching(pattern *regexp.Regexp, hint string) Shape[string] {
	s := orVariable(map[string]any{"pattern": pattern.String()})
	s["type"] = "string"
	return Scalar(s, hint, func(n *Node, l Literal) (string, string) {
		text, wrong := parseText(n, l)
		if wrong == "" && !pattern.MatchString(text) {
			wrong = hint
		}
		return text, wrong
	})
}

// Choice is one of a few names. Those in also are accepted, but not shown in hints.
func Choice(names []string, also ...string) Shape[string] {
	all := slices.Concat(names, also)
	listed := strings.Join(names, ", ")
	s := orVariable(map[string]any{"enum": all})
	return Scalar(s, "write one of "+listed, func(n *Node, l Literal) (string, string) {
		if slices.Contains(all, l.Text) {
			return l.Text, ""
		}
		if near := schemas.Nearest(n.Text, names); near != "" && !l.Filled {
			return "", fmt.Sprintf("did you mean %s? There are %s", near, listed)
		}
		return "", "write one of " + listed
	})
}

// Unbounded is more than any number of rows.
const Unbounded = 1_000_000_000_000_000

var underscored = regexp.MustCompile(`^[0-9]+(_[0-9]+)+$`)

// Integer is a whole number in a range.
func Integer[V int | int64](least, most int64) Shape[V] {
	want := fmt.Sprintf("write a whole number from %d to %d", least, most)
	if most >= Unbounded {
		want = fmt.Sprintf("write a whole number, %d or more", least)
	}
	s := orVariable(map[string]any{"type": "integer", "minimum": least, "maximum": most})
	return Scalar(s, want, func(n *Node, l Literal) (V, string) {
		v, err := strconv.ParseInt(l.Text, 10, 64)
		switch {
		case !l.Plain && !l.Filled && err == nil:
			return 0, "take the quotes off"
		case err != nil && underscored.MatchString(l.Text):
			return 0, "write it without underscores"
		case err == nil && ambiguous(l.Text):
			return 0, "write it without leading zeros or sign"
		case err == nil && v >= least && v <= most:
			return V(v), ""
		}
		return 0, want
	})
}

// ambiguous reports numbers that YAML 1.1 reads as octal, and `+5`.
func ambiguous(text string) bool {
	return text[0] == '+' || len(text) > 1 && text[0] == '0'
}

// Boolean is true or false.
func Boolean() Shape[bool] {
	const want = "write true or false"
	return Scalar(orVariable(map[string]any{"type": "boolean"}), want, func(n *Node, l Literal) (bool, string) {
		if v, isBool := l.FilledValue().(bool); isBool {
			return v, ""
		}
		switch strings.ToLower(n.Text) {
		case "yes", "y", "on", "true":
			return false, "write true"
		case "no", "n", "off", "false":
			return false, "write false"
		}
		return false, want
	})
}

var durationText = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)

// Duration is a length of time with its unit, for example 60s or 5m.
func Duration(least, most time.Duration) Shape[time.Duration] {
	want := fmt.Sprintf("write a time such as 60s or 5m, from %s to %s",
		wording.ShortDuration(least), wording.ShortDuration(most))
	s := orVariable(map[string]any{"type": "string", "pattern": durationText.String()})
	return Scalar(s, want, func(n *Node, l Literal) (time.Duration, string) {
		v, err := time.ParseDuration(l.Text)
		if err == nil && v >= least && v <= most && durationText.MatchString(l.Text) {
			return v, ""
		}
		if _, isNumber := Resolve(n.Text).(int64); isNumber {
			return 0, fmt.Sprintf("add the unit: %ss, %sm", n.Text, n.Text)
		}
		return 0, want
	})
}

var percentText = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?%$`)

// Percent is a share, for example 5%, as a fraction.
func Percent() Shape[float64] {
	const want = "write a share from 0% to 100%, such as 5%, or a number of rows"
	s := orVariable(map[string]any{"type": "string", "pattern": percentText.String()})
	return Scalar(s, want, func(_ *Node, l Literal) (float64, string) {
		v, err := strconv.ParseFloat(strings.TrimSuffix(l.Text, "%"), 64)
		if err == nil && v <= 100 && percentText.MatchString(l.Text) {
			return v / 100, ""
		}
		return 0, want
	})
}
