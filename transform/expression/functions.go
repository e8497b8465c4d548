package expression

import (
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/civic-etl/civic-etl/transform/expression/internal/eval"
)

// Function is a function that expressions have in addition to the language's own.
type Function struct {
	Name      string
	Signature string
	Doc       string

	call  func(args ...any) (any, error)
	typed any // a pointer to a func of the function's type, by which calls are checked
}

// functions is the one place where a function is added: give it a row here, write its call below or in a file of its
// subject, and describe it in docs/spec.md. A call gives nil for a nil argument, and an error only for a wrong type.
var functions = []Function{
	{"string", "string(value)", "text; a list as JSON", text, new(func(any) string)},
	{"newest", "newest(a, b, …)", "the last of several moments; nulls are left out", newest, new(func(...any) time.Time)},

	{"profile_tree", "profile_tree(texts, variant_ids)", "a molecular profile's expression as a tree",
		profileTree, new(func(any, any) any)},
	{"profile_has_not", "profile_has_not(texts, variant_ids)", "whether the expression has a NOT",
		profileHasNot, new(func(any, any) bool)},
	{"profile_negated", "profile_negated(texts, variant_ids, segment)",
		"whether the variant at a segment is under an odd number of NOTs", profileNegated, new(func(any, any, int) bool)},
	{"profile_name", "profile_name(texts, variant_ids, features, variants)", "the expression written with these names",
		profileName, new(func(any, any, any, any) string)},
	{"profile_fault", "profile_fault(texts, variant_ids)", "why the segments are not an expression; null if they are",
		profileFault, new(func(any, any) string)},

	{"genomic_hgvs", "genomic_hgvs(list, build)", "the only HGVS text of the list on a chromosome of the build",
		genomicHGVS, new(func(any, string) string)},
	{"hgvs_accession", "hgvs_accession(text)", "the accession of an HGVS text", hgvsPart(1), new(func(any) string)},
	{"hgvs_type", "hgvs_type(text)", "the type of an HGVS text: c, g, p, …", hgvsPart(2), new(func(any) string)},
	{"hgvs_build", "hgvs_build(text)", "the build of an HGVS text on a chromosome",
		ofPlace(func(p place) any { return p.build }), new(func(any) string)},
	{"hgvs_chromosome", "hgvs_chromosome(text)", "the chromosome of an HGVS text",
		ofPlace(func(p place) any { return p.chromosome }), new(func(any) string)},
	{"hgvs_start", "hgvs_start(text)", "the first base of an HGVS text on a chromosome, from 1",
		ofPlace(func(p place) any { return p.start }), new(func(any) int)},
	{"hgvs_stop", "hgvs_stop(text)", "the last base of an HGVS text on a chromosome",
		ofPlace(func(p place) any { return p.stop }), new(func(any) int)},
	{"hgvs_reference_bases", "hgvs_reference_bases(text)", "the replaced bases of a substitution on a chromosome",
		ofPlace(func(p place) any { return orNull(p.reference) }), new(func(any) string)},
	{"hgvs_variant_bases", "hgvs_variant_bases(text)", "the new bases of a substitution or insertion on a chromosome",
		ofPlace(func(p place) any { return orNull(p.replacement) }), new(func(any) string)},
}

// ofText makes a call of a function of one text; it gives nil for anything else.
func ofText(f func(text string) any) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		text, isText := args[0].(string)
		if !isText {
			return nil, nil
		}
		return f(text), nil
	}
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// text gives null for null, a number as in JSON, a time as in RFC 3339, and a list as JSON.
func text(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("string takes one value, not %d", len(args))
	}
	switch x := args[0].(type) {
	case nil:
		return nil, nil
	case string:
		return x, nil
	case int:
		return strconv.Itoa(x), nil
	case time.Time:
		return x.Format(time.RFC3339Nano), nil
	case fmt.Stringer:
		return x.String(), nil
	}
	j, err := json.Marshal(args[0], json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("string: %s cannot be written as JSON", eval.KindOf(args[0]))
	}
	return string(j), nil
}

// newest gives null if all moments are null.
func newest(args ...any) (any, error) {
	var last any
	for _, arg := range args {
		t, isTime := arg.(time.Time)
		if arg != nil && !isTime {
			return nil, fmt.Errorf("newest wants timestamps, not %s", eval.KindOf(arg))
		}
		if isTime && (last == nil || t.After(last.(time.Time))) {
			last = t
		}
	}
	return last, nil
}
