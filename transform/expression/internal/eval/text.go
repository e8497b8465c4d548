package eval

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

func textTest(operator string) func(f *frame, a, b any) (any, error) {
	test := map[string]func(s, part string) bool{
		"contains": strings.Contains, "startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix,
	}[operator]
	return func(_ *frame, a, b any) (any, error) {
		s, ok1 := a.(string)
		part, ok2 := b.(string)
		if !ok1 || !ok2 {
			return nil, fmt.Errorf("%s wants texts, not %s and %s", operator, KindOf(a), KindOf(b))
		}
		return test(s, part), nil
	}
}

// matches compiles a pattern that is a literal once, and keeps the last of the others.
func (c *compiler) matches(n *ast.BinaryNode) node {
	last, lastPattern := (*regexp.Regexp)(nil), ""
	return c.strict(n, func(_ *frame, a, b any) (any, error) {
		text, ok1 := a.(string)
		pattern, ok2 := b.(string)
		if !ok1 || !ok2 {
			return nil, fmt.Errorf("matches wants texts, not %s and %s", KindOf(a), KindOf(b))
		}
		if last == nil || pattern != lastPattern {
			compiled, err := regexp.Compile(pattern)
			if err != nil {
				return nil, fmt.Errorf("matches: %s is not a regular expression", show(pattern))
			}
			last, lastPattern = compiled, pattern
		}
		return last.MatchString(text), nil
	})
}

// place is the index in characters of an index in bytes, which may be -1.
func place(text string, index int) int {
	if index <= 0 {
		return index
	}
	return utf8.RuneCountInString(text[:index])
}

func trim(a *args) (any, error) {
	if len(a.list) == 1 {
		return strings.TrimSpace(a.text(0)), nil
	}
	return strings.Trim(a.text(0), a.text(1)), nil
}

// texts splits a text into at most so many parts as the third argument says.
func texts(a *args, split func(s, separator string, n int) []string) (any, error) {
	parts := split(a.text(0), a.text(1), a.times(2))
	list := make([]any, len(parts))
	for i, part := range parts {
		list[i] = part
	}
	return list, a.frame.spend(len(parts) * elementCost)
}

func replace(a *args) (any, error) {
	text, old, by, n := a.text(0), a.text(1), a.text(2), a.times(3)
	hits := strings.Count(text, old)
	if n >= 0 {
		hits = min(hits, n)
	}
	if grown := float64(hits) * float64(len(by)); grown > maxCost {
		return nil, errMemory
	}
	if err := a.frame.spend(len(text) + hits*len(by)); err != nil {
		return nil, err
	}
	return strings.Replace(text, old, by, n), nil
}

func repeat(a *args) (any, error) {
	text, n := a.text(0), a.integer(1)
	switch {
	case n < 0:
		return nil, fmt.Errorf("repeat: cannot repeat a text %d times", n)
	case len(text) > 0 && n > maxCost/len(text):
		return nil, errMemory
	case a.err != nil:
		return nil, nil
	}
	if err := a.frame.spend(len(text) * n); err != nil || text == "" {
		return "", err
	}
	return strings.Repeat(text, n), nil
}

// join leaves nulls out, as string_agg in SQL does.
func join(a *args) (any, error) {
	separator := a.optional(1, "")
	var parts []string
	size := 0
	for _, element := range a.items(0) {
		switch element := element.(type) {
		case nil:
		case string:
			parts, size = append(parts, element), size+len(element)+len(separator)
		default:
			return nil, fmt.Errorf("join wants a list of texts, an element is %s", KindOf(element))
		}
	}
	return strings.Join(parts, separator), a.frame.spend(size)
}
