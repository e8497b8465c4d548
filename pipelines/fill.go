package pipelines

import (
	"regexp"
	"strings"
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// fill puts in what ${VAR}, ${VAR:-default} and ${date} stand for; $${ is a ${
// that stays. What is put in is not looked at again. False means a fault has
// been said.
func (d *decoder) fill(n *node) (string, bool) {
	var b strings.Builder
	ok := true
	for at := 0; at < len(n.text); {
		next := strings.Index(n.text[at:], "${")
		if next < 0 {
			b.WriteString(n.text[at:])
			break
		}
		next += at
		if next > at && n.text[next-1] == '$' {
			b.WriteString(n.text[at:next] + "{")
			at = next + 2
			continue
		}
		b.WriteString(n.text[at:next])
		end := strings.IndexByte(n.text[next:], '}')
		if end < 0 {
			d.fault(d.within(n, next), "write ${NAME} or ${NAME:-default}; $${ gives a plain ${", "a ${ is not closed")
			return "", false
		}
		value, found := d.variable(n, next, n.text[next+2:next+end])
		ok = ok && found
		b.WriteString(value)
		at = next + end + 1
	}
	return b.String(), ok
}

// variable gives what one ${…} stands for.
func (d *decoder) variable(n *node, at int, inside string) (string, bool) {
	name, otherwise, hasDefault := strings.Cut(inside, ":-")
	fault := func(hint, what string, args ...any) (string, bool) {
		d.fault(d.within(n, at), hint, what, args...)
		return "", false
	}
	switch {
	case !variableName.MatchString(name):
		return fault("write ${NAME} or ${NAME:-default}; $${ gives a plain ${", "${%s} names no environment variable", shorten(inside, longestValue))
	case strings.Contains(otherwise, "${"):
		return fault("write the default out", "the default of ${%s} holds another ${…}", name)
	case name == "date":
		return d.date, true
	case name == d.keyVar:
		return fault("remove it: source.api_key_env alone says where the key is", "${%s} holds the API key, which never goes into a value", name)
	}
	if value, set := d.env(name); set && (value != "" || !hasDefault) {
		if d.filled == nil {
			d.filled = map[*node][]variable{}
		}
		d.filled[n] = append(d.filled[n], variable{written: "${" + name + "}", value: value})
		return value, true
	}
	if !hasDefault {
		return fault("set it, or write ${"+name+":-default}", "the environment variable %s is not set", name)
	}
	return otherwise, true
}
