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

// Word is a name in a list, with its place.
type Word struct {
	Text string
	Node *Node
}

// AnyText is a text of any kind. Numbers and the like want quotes: `name: 1` is no text.
func AnyText(schema map[string]any) Shape[string] {
	s := map[string]any{"type": "string"}
	maps.Copy(s, schema)
	return Shape[string]{Schema: s, Read: readText}
}

func readText(d *Decoder, n *Node, name string) (string, bool) {
	if n.Kind != ScalarNode {
		d.Fault(n.Pos, "write a text", "%s is %s", name, Describe(n))
		return "", false
	}
	l, ok := d.Scalar(n)
	if !ok {
		return "", false
	}
	if _, isText := l.Value().(string); !isText && !l.Filled {
		hint := fmt.Sprintf(`put quotes round it: "%s"`, wording.Shorten(n.Text, wording.LongestValue))
		if n.Null() {
			hint = "give it a value, or remove the key"
		}
		d.Fault(n.Pos, hint, "%s wants a text, not %s", name, Describe(n))
		return "", false
	}
	return l.Text, true
}

// SomeText is a text that is not empty.
func SomeText(schema map[string]any) Shape[string] {
	s := AnyText(schema)
	s.Schema["minLength"] = 1
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

// Matching is a text that a pattern or a check takes; hint says what to write.
func Matching(schema map[string]any, hint string, fits func(string) bool) Shape[string] {
	s := AnyText(schema)
	if pattern, ok := schema["pattern"]; ok {
		delete(s.Schema, "pattern")
		s.Schema["anyOf"] = []any{map[string]any{"pattern": pattern}, fromVariable}
	}
	s.Read = func(d *Decoder, n *Node, name string) (string, bool) {
		v, ok := readText(d, n, name)
		if ok && !fits(v) {
			d.Fault(n.Pos, hint, "%s cannot be %s", name, Describe(n))
			return "", false
		}
		return v, ok
	}
	return s
}

// fromVariable takes a text that is filled in from the environment.
var fromVariable = map[string]any{"type": "string", "pattern": `\$\{`}

// Choice is one of a few names, or of others that are taken but not shown.
func Choice(names []string, also ...string) Shape[string] {
	all := slices.Concat(names, also)
	s := map[string]any{"anyOf": []any{map[string]any{"enum": all}, fromVariable}}
	return Shape[string]{Schema: s, Read: func(d *Decoder, n *Node, name string) (string, bool) {
		if n.Kind != ScalarNode {
			d.Fault(n.Pos, "write one of "+strings.Join(names, ", "), "%s is %s", name, Describe(n))
			return "", false
		}
		l, ok := d.Scalar(n)
		if !ok || slices.Contains(all, l.Text) {
			return l.Text, ok
		}
		hint := "write one of " + strings.Join(names, ", ")
		if near := schemas.Nearest(n.Text, names); near != "" && !l.Filled {
			hint = fmt.Sprintf("did you mean %s? There are %s", near, strings.Join(names, ", "))
		}
		d.Fault(n.Pos, hint, "%s cannot be %s", name, Describe(n))
		return "", false
	}}
}

// Unbounded is more than any number of rows.
const Unbounded = 1_000_000_000_000_000

// Integer is a whole number in a range.
func Integer[V int | int64](least, most int64) Shape[V] {
	s := map[string]any{"anyOf": []any{map[string]any{"type": "integer", "minimum": least, "maximum": most}, fromVariable}}
	return Shape[V]{Schema: s, Read: func(d *Decoder, n *Node, name string) (V, bool) {
		want := fmt.Sprintf("write a whole number from %d to %d", least, most)
		if most >= Unbounded {
			want = fmt.Sprintf("write a whole number, %d or more", least)
		}
		if n.Kind != ScalarNode {
			d.Fault(n.Pos, want, "%s is %s", name, Describe(n))
			return 0, false
		}
		l, ok := d.Scalar(n)
		if !ok {
			return 0, false
		}
		v, err := strconv.ParseInt(l.Text, 10, 64)
		switch {
		case !l.Plain && !l.Filled && err == nil:
			want = "take the quotes off"
		case err != nil && underscored.MatchString(l.Text):
			want = "write it without underscores: " + strings.ReplaceAll(wording.Shorten(n.Text, wording.LongestValue), "_", "")
		case err == nil && ambiguous(l.Text):
			want = fmt.Sprintf("write it without leading zeros or sign: %d", v)
		case err == nil && v >= least && v <= most:
			return V(v), true
		}
		d.Fault(n.Pos, want, "%s cannot be %s", name, Describe(n))
		return 0, false
	}}
}

var underscored = regexp.MustCompile(`^[0-9]+(_[0-9]+)+$`)

// ambiguous tells numbers that YAML 1.1 reads as octal, and `+5`.
func ambiguous(text string) bool {
	return text[0] == '+' || len(text) > 1 && text[0] == '0'
}

func Boolean() Shape[bool] {
	s := map[string]any{"anyOf": []any{map[string]any{"type": "boolean"}, fromVariable}}
	return Shape[bool]{Schema: s, Read: func(d *Decoder, n *Node, name string) (bool, bool) {
		var l Literal
		ok := n.Kind == ScalarNode
		if ok {
			if l, ok = d.Scalar(n); !ok {
				return false, false
			}
			if v, isBool := Resolve(l.Text).(bool); isBool && (l.Plain || l.Filled) {
				return v, true
			}
		}
		hint := "write true or false"
		switch strings.ToLower(n.Text) {
		case "yes", "y", "on", "true":
			hint = "write true"
		case "no", "n", "off", "false":
			hint = "write false"
		}
		d.Fault(n.Pos, hint, "%s cannot be %s", name, Describe(n))
		return false, false
	}}
}

// Duration is a length of time with its unit, such as 60s or 5m.
func Duration(least, most time.Duration) Shape[time.Duration] {
	const pattern = `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	s := map[string]any{"anyOf": []any{map[string]any{"type": "string", "pattern": pattern}, fromVariable}}
	return Shape[time.Duration]{Schema: s, Read: func(d *Decoder, n *Node, name string) (time.Duration, bool) {
		want := fmt.Sprintf("write a time such as 60s or 5m, from %s to %s", wording.ShortDuration(least), wording.ShortDuration(most))
		if n.Kind != ScalarNode {
			d.Fault(n.Pos, want, "%s is %s", name, Describe(n))
			return 0, false
		}
		l, ok := d.Scalar(n)
		if !ok {
			return 0, false
		}
		v, err := time.ParseDuration(l.Text)
		if _, isNumber := Resolve(l.Text).(int64); isNumber && !l.Filled {
			want = fmt.Sprintf("add the unit: %ss, %sm", n.Text, n.Text)
		} else if err == nil && v >= least && v <= most && durationText.MatchString(l.Text) {
			return v, true
		}
		d.Fault(n.Pos, want, "%s cannot be %s", name, Describe(n))
		return 0, false
	}}
}

var durationText = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)

// Percent is a share such as 5%, as a fraction.
func Percent() Shape[float64] {
	s := map[string]any{"anyOf": []any{map[string]any{"type": "string", "pattern": `^[0-9]+(\.[0-9]+)?%$`}, fromVariable}}
	return Shape[float64]{Schema: s, Read: func(d *Decoder, n *Node, name string) (float64, bool) {
		ok := n.Kind == ScalarNode
		var l Literal
		if ok {
			if l, ok = d.Scalar(n); !ok {
				return 0, false
			}
		}
		number, isPercent := strings.CutSuffix(l.Text, "%")
		v, err := strconv.ParseFloat(number, 64)
		if ok && isPercent && err == nil && v >= 0 && v <= 100 && percentText.MatchString(number) {
			return v / 100, true
		}
		d.Fault(n.Pos, "write a share from 0% to 100%, such as 5%, or a number of rows", "%s cannot be %s", name, Describe(n))
		return 0, false
	}}
}

var percentText = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
