package document

import (
	"regexp"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// VariableName is the pattern of the name of an environment variable.
var VariableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// placeholder finds $${ and ${…}, also without its }.
var placeholder = regexp.MustCompile(`\$\$\{|\$\{([^}]*)\}?`)

// Fill replaces ${VAR}, ${VAR:-default} and ${date} by their values, and $${ by a literal ${.
// Values are not expanded again. False means that a fault was reported.
func (d *Decoder) Fill(n *Node) (string, bool) {
	var b strings.Builder
	ok, at := true, 0
	for _, m := range placeholder.FindAllStringIndex(n.Text, -1) {
		value, found := d.expand(n, m[0], n.Text[m[0]:m[1]])
		b.WriteString(n.Text[at:m[0]] + value)
		ok, at = ok && found, m[1]
	}
	return b.String() + n.Text[at:], ok
}

// variable is a well-formed placeholder of a variable in a value.
type variable struct {
	name, otherwise string
	hasDefault      bool
	from, to        int // in the text
}

// variables finds the variables that a value names.
func variables(n *Node) (list []variable) {
	for _, m := range placeholder.FindAllStringSubmatchIndex(n.Text, -1) {
		if m[2] < 0 {
			continue // $${
		}
		v := variable{from: m[0], to: m[1]}
		v.name, v.otherwise, v.hasDefault = strings.Cut(n.Text[m[2]:m[3]], ":-")
		list = append(list, v)
	}
	return list
}

// emptyPart reports a variable that is empty in the text of a path, so that the path means another folder: "${DIR}/x"
// would be /x. A default that is empty on purpose is allowed beside other text: "out${SUFFIX:-}".
func (d *Decoder) emptyPart(n *Node, name string) bool {
	for _, v := range variables(n) {
		value, set := d.Env(v.name)
		if v.name == "date" || set && strings.TrimSpace(value) != "" || strings.TrimSpace(v.otherwise) != "" {
			continue
		}
		alone := (v.from == 0 || isSlash(n.Text[v.from-1])) && (v.to == len(n.Text) || isSlash(n.Text[v.to]))
		if !v.hasDefault || alone {
			d.Fault(d.Within(n, v.from), "set it, or write ${"+v.name+":-default}",
				"%s would be another folder: the environment variable %s is empty", name, v.name)
			return true
		}
	}
	return false
}

// EmptyValue reports a value that is empty because a variable without a default is: unquoted in YAML, it would be null.
func (d *Decoder) EmptyValue(n *Node, name string) bool {
	for _, v := range variables(n) {
		if value, set := d.Env(v.name); !v.hasDefault && set && strings.TrimSpace(value) == "" {
			d.Fault(d.Within(n, v.from), "set it, or write ${"+v.name+":-null} for no value",
				"%s is empty: the environment variable %s is empty", name, v.name)
			return true
		}
	}
	return false
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// expand returns the value of one placeholder.
func (d *Decoder) expand(n *Node, at int, text string) (string, bool) {
	const syntax = "write ${NAME} or ${NAME:-default}; $${ gives a plain ${"
	inside, closed := strings.CutSuffix(strings.TrimPrefix(text, "${"), "}")
	name, otherwise, hasDefault := strings.Cut(inside, ":-")
	fault := func(hint, what string, args ...any) (string, bool) {
		d.Fault(d.Within(n, at), hint, what, args...)
		return "", false
	}
	switch {
	case text == "$${":
		return "${", true
	case !closed:
		return fault(syntax, "a ${ is not closed")
	case !VariableName.MatchString(name):
		inside = wording.Shorten(inside, wording.LongestValue)
		return fault(syntax, "${%s} names no environment variable", inside)
	case strings.Contains(otherwise, "${"):
		return fault("write the default out", "the default of ${%s} holds another ${…}", name)
	case name == "date":
		return d.Date, true
	case name == d.KeyVar:
		return fault("remove it: source.api_key_env alone says where the key is",
			"${%s} holds the API key, which never goes into a value", name)
	}
	value, set := d.Env(name)
	switch {
	case set && (value != "" || !hasDefault):
		return value, true
	case hasDefault:
		return otherwise, true
	}
	return fault("set it, or write ${"+name+":-default}", "the environment variable %s is not set", name)
}

// Hide replaces the values of variables in a text about the value of n by their names: a
// variable may hold a secret, and faults go into logs.
func (d *Decoder) Hide(n *Node, text string) string {
	if n == nil || !d.Language.Variables {
		return text
	}
	for _, v := range variables(n) {
		if value, _ := d.Env(v.name); value != "" && v.name != "date" {
			text = strings.ReplaceAll(text, value, "${"+v.name+"}")
		}
	}
	return text
}
