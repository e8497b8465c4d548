package transform

import (
	"errors"
	"fmt"
	"time"
)

// The functions that expressions have beyond the library's. Most give null for a null.

// function is one of them; typed is a pointer to a func of its type.
type function struct {
	name  string
	call  func(...any) (any, error)
	typed any
}

// functions are string, which passes null on, newest, which leaves nulls out, and those of CIViC's own field: docs/spec.md says what they give.
var functions = []function{
	{"string", text, new(func(any) string)},
	{"newest", newest, new(func(...any) time.Time)},

	{"profile_tree", profileTree, new(func(any, any) any)},
	{"profile_has_not", profileHasNot, new(func(any, any) bool)},
	{"profile_negated", profileNegated, new(func(any, any, int) bool)},
	{"profile_name", profileName, new(func(any, any, any, any) string)},
	{"profile_fault", profileFault, new(func(any, any) string)},

	{"genomic_hgvs", genomicHGVSOf, new(func(any, string) string)},
	{"hgvs_accession", hgvsPart(1), new(func(any) string)},
	{"hgvs_type", hgvsPart(2), new(func(any) string)},
	{"hgvs_build", placed(func(p place) any { return p.build }), new(func(any) string)},
	{"hgvs_chromosome", placed(func(p place) any { return p.chromosome }), new(func(any) string)},
	{"hgvs_start", placed(func(p place) any { return p.start }), new(func(any) int)},
	{"hgvs_stop", placed(func(p place) any { return p.stop }), new(func(any) int)},
	{"hgvs_reference_bases", placed(func(p place) any { return orNull(p.reference) }), new(func(any) string)},
	{"hgvs_variant_bases", placed(func(p place) any { return orNull(p.replacement) }), new(func(any) string)},
}

// newest gives the last of the moments; null if all are.
func newest(args ...any) (any, error) {
	var last any
	for _, arg := range args {
		t, isTime := arg.(time.Time)
		if arg != nil && !isTime {
			return nil, fmt.Errorf("newest wants moments, not %T", arg)
		}
		if isTime && (last == nil || t.After(last.(time.Time))) {
			last = t
		}
	}
	return last, nil
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// segmentsOf are the first two arguments of the profile functions; false for a null.
func segmentsOf(args []any) (s segments, there bool, err error) {
	if args[0] == nil || args[1] == nil {
		return s, false, nil
	}
	var texts, variants bool
	s.texts, texts = args[0].([]any)
	s.variants, variants = args[1].([]any)
	if !texts || !variants {
		return s, false, errors.New("it wants two lists: the texts and the variants' ids of the segments")
	}
	return s, true, nil
}

// parsed calls give with the expression, and gives null where there is none.
func parsed(args []any, give func(segments, term) any) (any, error) {
	s, there, err := segmentsOf(args)
	if err != nil || !there {
		return nil, err
	}
	t, fault := parseProfile(s)
	if fault != nil {
		return nil, nil // profile_fault says it
	}
	return give(s, t), nil
}

func profileTree(args ...any) (any, error) {
	return parsed(args, func(s segments, t term) any { return t.tree(s) })
}

func profileHasNot(args ...any) (any, error) {
	return parsed(args, func(_ segments, t term) any { return t.hasNot() })
}

func (t term) hasNot() bool {
	for _, part := range t.of {
		if part.hasNot() {
			return true
		}
	}
	return t.op == "not"
}

// profileNegated says whether the variant at a segment, counted from 1, is negated.
func profileNegated(args ...any) (any, error) {
	return parsed(args, func(_ segments, t term) any {
		var found any
		t.each(false, func(at int, negated bool) {
			if at+1 == args[2] {
				found = negated
			}
		})
		return found
	})
}

// profileName writes the expression out with the names of features and variants.
func profileName(args ...any) (any, error) {
	features, _ := args[2].([]any)
	variants, _ := args[3].([]any)
	return parsed(args, func(s segments, t term) any {
		if len(features) != len(s.texts) || len(variants) != len(s.texts) {
			return nil
		}
		return t.name(func(at int) string {
			name := fmt.Sprint(variants[at])
			if at > 0 && features[at-1] != nil {
				name = fmt.Sprint(features[at-1]) + " " + name
			}
			return name
		})
	})
}

func profileFault(args ...any) (any, error) {
	s, there, err := segmentsOf(args)
	if err != nil || !there {
		return nil, err
	}
	if _, fault := parseProfile(s); fault != nil {
		return fault.Error(), nil
	}
	return nil, nil
}

func genomicHGVSOf(args ...any) (any, error) {
	if args[0] == nil {
		return nil, nil
	}
	list, ok := args[0].([]any)
	if !ok {
		return nil, errors.New("genomic_hgvs wants a list of HGVS texts")
	}
	build, _ := args[1].(string)
	found, ok := genomicHGVS(list, build)
	if !ok {
		return nil, nil
	}
	return found, nil
}

// hgvsPart gives a group of the pattern, null where the text is no HGVS with an accession.
func hgvsPart(group int) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		text, _ := args[0].(string)
		m := hgvs.FindStringSubmatch(text)
		if m == nil {
			return nil, nil
		}
		return m[group], nil
	}
}

// placed gives what a genomic HGVS text says, null for other texts.
func placed(give func(place) any) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		text, _ := args[0].(string)
		p, ok := placeOf(text)
		if !ok {
			return nil, nil
		}
		return give(p), nil
	}
}
