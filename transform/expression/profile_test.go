package expression

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// readSegments splits a name as the API does: words in quotes are a variant with its
// feature, and the words between two variants are one text segment.
func readSegments(name string) (s segments, features, variants []any) {
	id := 10
	add := func(text, feature, variant any, n any) {
		s.texts, s.variants = append(s.texts, text), append(s.variants, n)
		features, variants = append(features, feature), append(variants, variant)
	}
	for i, part := range strings.Split(name, `"`) {
		if i%2 == 1 {
			feature, variant, _ := strings.Cut(part, " ")
			add(nil, feature, nil, nil)
			add(nil, nil, variant, id)
			id++
		} else if text := strings.TrimSpace(part); text != "" {
			add(text, nil, nil, nil)
		}
	}
	return s, features, variants
}

func TestProfile(t *testing.T) {
	for _, test := range []struct{ name, tree, negated string }{
		{`"BRAF V600E"`, `{"variant_id":10}`, "+"},
		{`NOT "KIT D816V"`, `{"not":{"variant_id":10}}`, "-"},
		{`"A a" AND "B b" AND NOT "C c"`, `{"and":[{"variant_id":10},{"variant_id":11},{"not":{"variant_id":12}}]}`, "++-"},
		{`"A a" OR NOT "B b" AND "C c"`, `null`, "+-+"},
		{`"A a" AND ( "B b" OR "C c" AND "D d" OR "E e" )`, `null`, "+++++"}, // so CIViC prints A AND (B OR C) AND (D OR E)
		{`"A a" AND ( "B b" OR "C c" AND NOT ( "D d" OR "E e" ) )`, `null`, "+++--"},
		{`( "A a" AND ( "B b" OR "C c" ) ) OR NOT "D d"`, `{"or":[{"and":[{"variant_id":10},{"or":[{"variant_id":11},{"variant_id":12}]}]},{"not":{"variant_id":13}}]}`, "+++-"},
		{`"BCR::ABL1 Fusion" AND ( "ABL1 F317L" OR "ABL1 F317V" )`, `{"and":[{"variant_id":10},{"or":[{"variant_id":11},{"variant_id":12}]}]}`, "+++"},
		{`NOT ( "A a" OR NOT "B b" )`, `{"not":{"or":[{"variant_id":10},{"not":{"variant_id":11}}]}}`, "-+"},
		{`NOT NOT "A a"`, `{"not":{"not":{"variant_id":10}}}`, "+"},
		{`( "A a" AND "B b" ) AND "C c"`, `{"and":[{"and":[{"variant_id":10},{"variant_id":11}]},{"variant_id":12}]}`, "+++"},
		{`( "A a" AND "B b" ) OR "C c"`, `{"or":[{"and":[{"variant_id":10},{"variant_id":11}]},{"variant_id":12}]}`, "+++"},
		{`( ( "A a" AND "B b" ) ) OR ( "C c" )`, `{"or":[{"and":[{"variant_id":10},{"variant_id":11}],"extra_parentheses":1},{"extra_parentheses":1,"variant_id":12}]}`, "+++"},
		{`( ( "A a" ) )`, `{"extra_parentheses":2,"variant_id":10}`, "+"},
		{`"VHL P81S (c.241C>T) and L188V (c.562C>G)" OR "TP53 R213* AND more (x"`, `{"or":[{"variant_id":10},{"variant_id":11}]}`, "++"},
	} {
		s, features, variants := readSegments(test.name)
		tree, err := profileTree(s.texts, s.variants)
		if got, _ := json.Marshal(tree); err != nil || string(got) != test.tree {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.tree)
		}
		fault, _ := profileFault(s.texts, s.variants)
		if ambiguous := test.tree == "null"; ambiguous != (fault == errAmbiguous.Error()) || !ambiguous && fault != nil {
			t.Errorf("%s: fault %v", test.name, fault)
		}
		name, err := profileName(s.texts, s.variants, features, variants)
		if want := strings.ReplaceAll(test.name, `"`, ""); err != nil || name != want {
			t.Errorf("round trip gives %v (%v), not %s", name, err, want)
		}
		var negated strings.Builder
		for i, id := range s.variants {
			if id != nil {
				is, _ := profileNegated(s.texts, s.variants, i+1)
				negated.WriteString(map[any]string{true: "-", false: "+"}[is])
			}
		}
		if negated.String() != test.negated {
			t.Errorf("%s: %s, not %s", test.name, negated.String(), test.negated)
		}
		if has, _ := profileHasNot(s.texts, s.variants); has != strings.Contains(test.name, "NOT") {
			t.Errorf("%s: has not: %v", test.name, has)
		}
	}
}

// TestProfileFault: segments that are not an expression give null and a reason.
func TestProfileFault(t *testing.T) {
	for name, want := range map[string]string{
		``:                                 "there are no segments",
		`"A a" "B b"`:                      "want AND, OR or the end, found a variant",
		`"A a" AND`:                        "want a variant, NOT or (, the name ends",
		`AND "A a"`:                        "want a variant, NOT or (, found AND",
		`( "A a" OR "B b"`:                 "want AND, OR or ), the name ends",
		`"A a" )`:                          "want AND, OR or the end, found )",
		`"A a" and "B b"`:                  "and is not an operator",
		`NOT`:                              "want a variant, NOT or (, the name ends",
		`()`:                               "want a variant, NOT or (, found )",
		strings.Repeat("(", 200) + `"A a"`: "it nests too deep",
	} {
		s, features, variants := readSegments(name)
		fault, err := profileFault(s.texts, s.variants)
		if err != nil || fault != want {
			t.Errorf("%s: %v %v, not %s", name, fault, err, want)
		}
		tree, _ := profileTree(s.texts, s.variants)
		written, _ := profileName(s.texts, s.variants, features, variants)
		negated, _ := profileNegated(s.texts, s.variants, 2)
		if tree != nil || written != nil || negated != nil {
			t.Errorf("%s: %v, %v and %v of what is no expression", name, tree, written, negated)
		}
	}
	lone := segments{texts: []any{nil, "OR", nil, nil}, variants: []any{nil, nil, nil, 1}}
	if _, err := parseProfile(lone); err == nil || err.Error() != "a feature stands without a variant" {
		t.Error(err)
	}
	if _, err := parseProfile(segments{texts: []any{"("}}); err == nil {
		t.Error("lists of two lengths are taken")
	}
}

// FuzzProfile: the parser ends on any segments, and writes a valid name as it was.
func FuzzProfile(f *testing.F) {
	for _, seed := range []string{`v AND ( v OR NOT v )`, `( ( v ) ) OR v AND v`, `NOT NOT ( v )`, `v v`, ``} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s segments
		for word := range strings.FieldsSeq(text) {
			if word == "v" {
				s.texts, s.variants = append(s.texts, nil), append(s.variants, len(s.texts))
			} else {
				s.texts, s.variants = append(s.texts, word), append(s.variants, nil)
			}
		}
		expression, err := parseProfile(s)
		if err != nil {
			return
		}
		name := expression.name(func(int) string { return "v" })
		if want := strings.Join(strings.Fields(profileSpacer.Replace(text)), " "); name != want {
			t.Fatalf("%q is written %q", want, name)
		}
		encoded, err := json.Marshal(expression.tree(s, term{}))
		if err != nil || strings.Count(string(encoded), "variant_id") != strings.Count(fmt.Sprint(strings.Fields(text)), "v") {
			t.Fatalf("%q: %s %v", text, encoded, err)
		}
	})
}
