package pipelines

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/schemas"
)

// word is a name in a list, with its place.
type word struct {
	Text string
	node *node
}

// anyText is a text of any kind. Numbers and the like want quotes: `name: 1` is no text.
func anyText(schema map[string]any) shape[string] {
	s := map[string]any{"type": "string"}
	maps.Copy(s, schema)
	return shape[string]{schema: s, read: readText}
}

func readText(d *decoder, n *node, name string) (string, bool) {
	if n.kind != scalarNode {
		d.fault(n.pos, "write a text", "%s is %s", name, describe(n))
		return "", false
	}
	l, ok := d.scalar(n)
	if !ok {
		return "", false
	}
	if _, isText := l.value().(string); !isText && !l.filled {
		hint := fmt.Sprintf(`put quotes round it: "%s"`, shorten(n.text, longestValue))
		if n.null() {
			hint = "give it a value, or remove the key"
		}
		d.fault(n.pos, hint, "%s wants a text, not %s", name, describe(n))
		return "", false
	}
	return l.text, true
}

// someText is a text that is not empty.
func someText(schema map[string]any) shape[string] {
	s := anyText(schema)
	s.schema["minLength"] = 1
	s.read = func(d *decoder, n *node, name string) (string, bool) {
		v, ok := readText(d, n, name)
		if ok && strings.TrimSpace(v) == "" {
			d.fault(n.pos, "give it a value, or remove the key", "%s is empty", name)
			return "", false
		}
		return v, ok
	}
	return s
}

// matching is a text that a pattern or a check takes; hint says what to write.
func matching(schema map[string]any, hint string, fits func(string) bool) shape[string] {
	s := anyText(schema)
	if pattern, ok := schema["pattern"]; ok {
		delete(s.schema, "pattern")
		s.schema["anyOf"] = []any{map[string]any{"pattern": pattern}, fromVariable}
	}
	s.read = func(d *decoder, n *node, name string) (string, bool) {
		v, ok := readText(d, n, name)
		if ok && !fits(v) {
			d.fault(n.pos, hint, "%s cannot be %s", name, describe(n))
			return "", false
		}
		return v, ok
	}
	return s
}

// fromVariable takes a text that is filled in from the environment.
var fromVariable = map[string]any{"type": "string", "pattern": `\$\{`}

// choice is one of a few names, or of others that are taken but not shown.
func choice(names []string, also ...string) shape[string] {
	all := slices.Concat(names, also)
	s := map[string]any{"anyOf": []any{map[string]any{"enum": all}, fromVariable}}
	return shape[string]{schema: s, read: func(d *decoder, n *node, name string) (string, bool) {
		if n.kind != scalarNode {
			d.fault(n.pos, "write one of "+strings.Join(names, ", "), "%s is %s", name, describe(n))
			return "", false
		}
		l, ok := d.scalar(n)
		if !ok || slices.Contains(all, l.text) {
			return l.text, ok
		}
		hint := "write one of " + strings.Join(names, ", ")
		if near := schemas.Nearest(n.text, names); near != "" && !l.filled {
			hint = fmt.Sprintf("did you mean %s? There are %s", near, strings.Join(names, ", "))
		}
		d.fault(n.pos, hint, "%s cannot be %s", name, describe(n))
		return "", false
	}}
}

// unbounded is more than any number of rows.
const unbounded = 1_000_000_000_000_000

// integer is a whole number in a range.
func integer[V int | int64](least, most int64) shape[V] {
	s := map[string]any{"anyOf": []any{map[string]any{"type": "integer", "minimum": least, "maximum": most}, fromVariable}}
	return shape[V]{schema: s, read: func(d *decoder, n *node, name string) (V, bool) {
		want := fmt.Sprintf("write a whole number from %d to %d", least, most)
		if most >= unbounded {
			want = fmt.Sprintf("write a whole number, %d or more", least)
		}
		if n.kind != scalarNode {
			d.fault(n.pos, want, "%s is %s", name, describe(n))
			return 0, false
		}
		l, ok := d.scalar(n)
		if !ok {
			return 0, false
		}
		v, err := strconv.ParseInt(l.text, 10, 64)
		switch {
		case !l.plain && !l.filled && err == nil:
			want = "take the quotes off"
		case err != nil && underscored.MatchString(l.text):
			want = "write it without underscores: " + strings.ReplaceAll(shorten(n.text, longestValue), "_", "")
		case err == nil && ambiguous(l.text):
			want = fmt.Sprintf("write it without leading zeros or sign: %d", v)
		case err == nil && v >= least && v <= most:
			return V(v), true
		}
		d.fault(n.pos, want, "%s cannot be %s", name, describe(n))
		return 0, false
	}}
}

var underscored = regexp.MustCompile(`^[0-9]+(_[0-9]+)+$`)

// ambiguous tells numbers that YAML 1.1 reads as octal, and `+5`.
func ambiguous(text string) bool {
	return text[0] == '+' || len(text) > 1 && text[0] == '0'
}

func boolean() shape[bool] {
	s := map[string]any{"anyOf": []any{map[string]any{"type": "boolean"}, fromVariable}}
	return shape[bool]{schema: s, read: func(d *decoder, n *node, name string) (bool, bool) {
		var l literal
		ok := n.kind == scalarNode
		if ok {
			if l, ok = d.scalar(n); !ok {
				return false, false
			}
			if v, isBool := resolve(l.text).(bool); isBool && (l.plain || l.filled) {
				return v, true
			}
		}
		hint := "write true or false"
		switch strings.ToLower(n.text) {
		case "yes", "y", "on", "true":
			hint = "write true"
		case "no", "n", "off", "false":
			hint = "write false"
		}
		d.fault(n.pos, hint, "%s cannot be %s", name, describe(n))
		return false, false
	}}
}

// duration is a length of time with its unit, such as 60s or 5m.
func duration(least, most time.Duration) shape[time.Duration] {
	const pattern = `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	s := map[string]any{"anyOf": []any{map[string]any{"type": "string", "pattern": pattern}, fromVariable}}
	return shape[time.Duration]{schema: s, read: func(d *decoder, n *node, name string) (time.Duration, bool) {
		want := fmt.Sprintf("write a time such as 60s or 5m, from %s to %s", shortDuration(least), shortDuration(most))
		if n.kind != scalarNode {
			d.fault(n.pos, want, "%s is %s", name, describe(n))
			return 0, false
		}
		l, ok := d.scalar(n)
		if !ok {
			return 0, false
		}
		v, err := time.ParseDuration(l.text)
		if _, isNumber := resolve(l.text).(int64); isNumber && !l.filled {
			want = fmt.Sprintf("add the unit: %ss, %sm", n.text, n.text)
		} else if err == nil && v >= least && v <= most && durationText.MatchString(l.text) {
			return v, true
		}
		d.fault(n.pos, want, "%s cannot be %s", name, describe(n))
		return 0, false
	}}
}

var durationText = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)

// percent is a share such as 5%, as a fraction.
func percent() shape[float64] {
	s := map[string]any{"anyOf": []any{map[string]any{"type": "string", "pattern": `^[0-9]+(\.[0-9]+)?%$`}, fromVariable}}
	return shape[float64]{schema: s, read: func(d *decoder, n *node, name string) (float64, bool) {
		ok := n.kind == scalarNode
		var l literal
		if ok {
			if l, ok = d.scalar(n); !ok {
				return 0, false
			}
		}
		number, isPercent := strings.CutSuffix(l.text, "%")
		v, err := strconv.ParseFloat(number, 64)
		if ok && isPercent && err == nil && v >= 0 && v <= 100 && percentText.MatchString(number) {
			return v / 100, true
		}
		d.fault(n.pos, "write a share from 0% to 100%, such as 5%, or a number of rows", "%s cannot be %s", name, describe(n))
		return 0, false
	}}
}

var percentText = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
