package expression

import (
	"errors"
	"fmt"
)

// segmentsOf reads the first two arguments of the profile functions; present is false if one is null.
func segmentsOf(args []any) (s segments, present bool, err error) {
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

// ofProfile calls give with the parsed expression. It gives null if the segments are not one.
func ofProfile(args []any, give func(segments, term) any) (any, error) {
	s, present, err := segmentsOf(args)
	if err != nil || !present {
		return nil, err
	}
	t, fault := parseProfile(s)
	if fault != nil {
		return nil, nil // profile_fault gives the reason
	}
	return give(s, t), nil
}

func profileTree(args ...any) (any, error) {
	return ofProfile(args, func(s segments, t term) any {
		if t.ambiguous() {
			return nil
		}
		return t.tree(s, term{})
	})
}

func profileHasNot(args ...any) (any, error) {
	return ofProfile(args, func(_ segments, t term) any { return t.hasNot() })
}

// profileNegated counts segments from 1.
func profileNegated(args ...any) (any, error) {
	return ofProfile(args, func(_ segments, t term) any {
		var found any
		t.each(false, func(at int, negated bool) {
			if at+1 == args[2] {
				found = negated
			}
		})
		return found
	})
}

func profileName(args ...any) (any, error) {
	features, _ := args[2].([]any)
	variants, _ := args[3].([]any)
	return ofProfile(args, func(s segments, t term) any {
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
	s, present, err := segmentsOf(args)
	if err != nil || !present {
		return nil, err
	}
	t, fault := parseProfile(s)
	if fault == nil && t.ambiguous() {
		fault = errAmbiguous
	}
	if fault != nil {
		return fault.Error(), nil
	}
	return nil, nil
}
