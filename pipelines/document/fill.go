package document

import (
	"regexp"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

var VariableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Fill puts in what ${VAR}, ${VAR:-default} and ${date} stand for; $${ is a ${
// that stays. What is put in is not looked at again. False means a fault has
// been said.
func (d *Decoder) Fill(n *Node) (string, bool) {
	var b strings.Builder
	ok := true
	for at := 0; at < len(n.Text); {
		next := strings.Index(n.Text[at:], "${")
		if next < 0 {
			b.WriteString(n.Text[at:])
			break
		}
		next += at
		if next > at && n.Text[next-1] == '$' {
			b.WriteString(n.Text[at:next] + "{")
			at = next + 2
			continue
		}
		b.WriteString(n.Text[at:next])
		end := strings.IndexByte(n.Text[next:], '}')
		if end < 0 {
			d.Fault(d.Within(n, next), "write ${NAME} or ${NAME:-default}; $${ gives a plain ${", "a ${ is not closed")
			return "", false
		}
		value, found := d.variable(n, next, n.Text[next+2:next+end])
		ok = ok && found
		b.WriteString(value)
		at = next + end + 1
	}
	return b.String(), ok
}

// variable gives what one ${…} stands for.
func (d *Decoder) variable(n *Node, at int, inside string) (string, bool) {
	name, otherwise, hasDefault := strings.Cut(inside, ":-")
	fault := func(hint, what string, args ...any) (string, bool) {
		d.Fault(d.Within(n, at), hint, what, args...)
		return "", false
	}
	switch {
	case !VariableName.MatchString(name):
		return fault("write ${NAME} or ${NAME:-default}; $${ gives a plain ${", "${%s} names no environment variable", wording.Shorten(inside, wording.LongestValue))
	case strings.Contains(otherwise, "${"):
		return fault("write the default out", "the default of ${%s} holds another ${…}", name)
	case name == "date":
		return d.Date, true
	case name == d.KeyVar:
		return fault("remove it: source.api_key_env alone says where the key is", "${%s} holds the API key, which never goes into a value", name)
	}
	if value, set := d.Env(name); set && (value != "" || !hasDefault) {
		if d.Filled == nil {
			d.Filled = map[*Node][]variable{}
		}
		d.Filled[n] = append(d.Filled[n], variable{written: "${" + name + "}", value: value})
		return value, true
	}
	if !hasDefault {
		return fault("set it, or write ${"+name+":-default}", "the environment variable %s is not set", name)
	}
	return otherwise, true
}
