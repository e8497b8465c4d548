package expression

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// A molecular profile joins variants with AND, OR, NOT and parentheses. The API gives its name in segments: a
// variant, the feature before it, and the words between. Only these words are read as operators, because names of
// variants may hold parentheses and the same words.

// segments are a profile's name, as lists of one length. Each place has a text, or a variant's id, or else a feature.
type segments struct{ texts, variants []any }

// term is an expression or a part of one. NOT binds tightest. AND and OR at one level are ambiguous: then AND is read
// first, so that the variants and their polarity are known.
type term struct {
	op    string // "and", "or" or "not"; empty for a variant
	of    []term
	at    int // the variant's segment
	pairs int // of parentheses around it
}

var errAmbiguous = errors.New("AND and OR stand at one level without parentheses: the expression is ambiguous")

// maxProfileDepth bounds nesting. Real names nest twice.
const maxProfileDepth = 100

// profileParser is a recursive descent parser.
type profileParser struct {
	tokens []profileToken
	next   int
	depth  int
}

// profileToken is AND, OR, NOT or a parenthesis, or an empty word for the variant at a segment.
type profileToken struct {
	word string
	at   int
}

// parseProfile parses the expression of a profile. The error says why the segments are not one.
func parseProfile(s segments) (term, error) {
	tokens, err := s.tokens()
	if err != nil {
		return term{}, err
	}
	p := &profileParser{tokens: tokens}
	t, err := p.disjunction()
	if err == nil && p.next < len(p.tokens) {
		err = p.unexpected("AND, OR or the end")
	}
	return t, err
}

func (s segments) tokens() ([]profileToken, error) {
	if len(s.texts) != len(s.variants) {
		return nil, fmt.Errorf("%d texts and %d variants are not the segments of one name", len(s.texts), len(s.variants))
	}
	var tokens []profileToken
	for i := range s.texts {
		switch text, isText := s.texts[i].(string); {
		case isText:
			words, err := profileWords(text)
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, words...)
		case s.variants[i] != nil:
			tokens = append(tokens, profileToken{at: i})
		case i+1 == len(s.texts) || s.variants[i+1] == nil:
			return nil, errors.New("a feature stands without a variant")
		}
	}
	if len(tokens) == 0 {
		return nil, errors.New("there are no segments")
	}
	return tokens, nil
}

var profileSpacer = strings.NewReplacer("(", " ( ", ")", " ) ")

func profileWords(text string) ([]profileToken, error) {
	var tokens []profileToken
	for word := range strings.FieldsSeq(profileSpacer.Replace(text)) {
		switch word {
		case "AND", "OR", "NOT", "(", ")":
			tokens = append(tokens, profileToken{word: word})
		default:
			return nil, fmt.Errorf("%s is not an operator", jsonscan.Clip([]byte(word)))
		}
	}
	return tokens, nil
}

func (p *profileParser) is(word string) bool {
	return p.next < len(p.tokens) && p.tokens[p.next].word == word
}

func (p *profileParser) unexpected(want string) error {
	if p.next == len(p.tokens) {
		return fmt.Errorf("want %s, the name ends", want)
	}
	found := p.tokens[p.next].word
	if found == "" {
		found = "a variant"
	}
	return fmt.Errorf("want %s, found %s", want, found)
}

func (p *profileParser) disjunction() (term, error) { return p.joined("OR", p.conjunction) }

func (p *profileParser) conjunction() (term, error) { return p.joined("AND", p.operand) }

// joined parses terms with one operator between them. A single term is the result itself.
func (p *profileParser) joined(operator string, part func() (term, error)) (term, error) {
	first, err := part()
	if err != nil || !p.is(operator) {
		return first, err
	}
	whole := term{op: strings.ToLower(operator), of: []term{first}}
	for p.is(operator) {
		p.next++
		t, err := part()
		if err != nil {
			return term{}, err
		}
		whole.of = append(whole.of, t)
	}
	return whole, nil
}

// operand parses a variant, a negation, or an expression in parentheses.
func (p *profileParser) operand() (term, error) {
	if p.depth++; p.depth > maxProfileDepth {
		return term{}, errors.New("it nests too deep")
	}
	defer func() { p.depth-- }()
	switch {
	case p.next == len(p.tokens):
	case p.tokens[p.next].word == "":
		p.next++
		return term{at: p.tokens[p.next-1].at}, nil
	case p.is("NOT"):
		p.next++
		t, err := p.operand()
		return term{op: "not", of: []term{t}}, err
	case p.is("("):
		p.next++
		t, err := p.disjunction()
		if err == nil && !p.is(")") {
			err = p.unexpected("AND, OR or )")
		}
		p.next++
		t.pairs++
		return t, err
	}
	return term{}, p.unexpected("a variant, NOT or (")
}

// needed is the number of pairs of parentheses, 0 or 1, that a term needs inside another. An AND directly inside an
// AND can only come from parentheses.
func needed(outside, inside term) int {
	if outside.op != "" && (inside.op == "and" || inside.op == "or") {
		return 1
	}
	return 0
}

// ambiguous reports whether a term lacks parentheses that it needs.
func (t term) ambiguous() bool {
	return slices.ContainsFunc(t.of, func(part term) bool { return part.pairs < needed(t, part) || part.ambiguous() })
}

// tree gives the term as plain values, for JSON: {"variant_id": 1}, {"not": …},
// {"and": […]}, {"or": […]}, with "extra_parentheses" for redundant ones.
func (t term) tree(s segments, outside term) map[string]any {
	out := map[string]any{}
	switch t.op {
	case "":
		out["variant_id"] = s.variants[t.at]
	case "not":
		out["not"] = t.of[0].tree(s, t)
	default:
		list := make([]any, len(t.of))
		for i, part := range t.of {
			list[i] = part.tree(s, t)
		}
		out[t.op] = list
	}
	if extra := t.pairs - needed(outside, t); extra > 0 {
		out["extra_parentheses"] = extra
	}
	return out
}

// name writes the term as CIViC writes names.
func (t term) name(leaf func(at int) string) string {
	text := ""
	switch t.op {
	case "":
		text = leaf(t.at)
	case "not":
		text = "NOT " + t.of[0].name(leaf)
	default:
		parts := make([]string, len(t.of))
		for i, part := range t.of {
			parts[i] = part.name(leaf)
		}
		text = strings.Join(parts, " "+strings.ToUpper(t.op)+" ")
	}
	return strings.Repeat("( ", t.pairs) + text + strings.Repeat(" )", t.pairs)
}

// each calls visit for every variant; negated reports an odd number of NOTs above it.
func (t term) each(negated bool, visit func(at int, negated bool)) {
	if t.op == "" {
		visit(t.at, negated)
		return
	}
	for _, part := range t.of {
		part.each(negated != (t.op == "not"), visit)
	}
}

func (t term) hasNot() bool {
	for _, part := range t.of {
		if part.hasNot() {
			return true
		}
	}
	return t.op == "not"
}
