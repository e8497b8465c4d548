package expression

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
)

func TestPlaceOf(t *testing.T) {
	for text, want := range map[string]string{
		"NC_000007.14:g.140753336A>T":                   "GRCh38 7 140753336-140753336 A>T",
		"NC_000007.13:g.140453136A>T":                   "GRCh37 7 140453136-140453136 A>T",
		"NC_000007.12:g.140099605A>T":                   "NCBI36 7 140099605-140099605 A>T",
		"NC_000007.13:g.140453136_140453137delinsTT":    "GRCh37 7 140453136-140453137 >",
		"NC_000007.13:g.55242465_55242479del":           "GRCh37 7 55242465-55242479 >",
		"NC_000004.12:g.54727437dup":                    "GRCh38 4 54727437-54727437 >",
		"NC_000023.11:g.100_101insA":                    "GRCh38 X 100-101 >A",
		"NC_000005.10:g.171410540_171410541insTCTG ":    "GRCh38 5 171410540-171410541 >TCTG",
		"NC_000023.11:g.100_102insA":                    "GRCh38 X 100-102 >", // not between neighbours
		"NC_000023.11:g.100_101insA[5]":                 "GRCh38 X 100-101 >",
		"NC_000023.11:g.100_101ins50_60":                "GRCh38 X 100-101 >",
		"NC_000024.9:g.5=":                              "GRCh37 Y 5-5 >",
		"NC_000007.15:g.140753336A>T":                   "", // of no build
		"NC_000007.9:g.1A>T":                            "",
		"NC_000000.9:g.1A>T":                            "",
		"NC_000025.1:g.1A>T":                            "",
		"NC_012920.1:g.3243A>G":                         "", // mitochondrial, the same in several builds
		"NC_060931.1:g.140753336A>T":                    "", // of another assembly
		"NC_000007.14:g.(?_1)_(2_?)del":                 "",
		"NC_000007.14:g.20_10del":                       "",
		"NC_000007.14:g.0del":                           "",
		"NC_000007.14:g.99999999999999999999999999del":  "",
		"NC_000007.14:g.12":                             "",
		"NM_004333.4:c.1799T>A":                         "",
		" NC_000007.14:g.140753336A>T":                  "GRCh38 7 140753336-140753336 A>T",
		"NC_000007.14:g.140753336A>T\u00a0":             "GRCh38 7 140753336-140753336 A>T",
		"\ufeff\u202fNC_000007.13:g.1_2del\t\u2009\r\n": "GRCh37 7 1-2 >",
		"NC_000007.14:g.1407 53336A>T":                  "",
		"":                                              "",
	} {
		got := ""
		if p, ok := placeOf(text); ok {
			got = fmt.Sprintf("%s %s %d-%d %s>%s", p.build, p.chromosome, p.start, p.stop, p.reference, p.replacement)
		}
		if got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
}

func TestGenomicHGVS(t *testing.T) {
	a, b, old := "NC_000007.14:g.140753336A>T", "NC_000007.14:g.140753337A>T", "NC_000007.13:g.140453136A>T"
	for _, test := range []struct {
		list []any
		want any
	}{
		{[]any{"NM_004333.4:c.1799T>A", old, nil, a}, a},
		{[]any{a, a}, a},
		{[]any{"\u00a0" + a + " ", a + "\u2003", "\u00a0"}, a},
		{[]any{a, b}, nil}, // which of them is not known
		{[]any{old}, nil},
		{[]any{}, nil},
	} {
		if got, err := genomicHGVS(test.list, "GRCh38"); err != nil || got != test.want {
			t.Errorf("%v: %v %v, not %v", test.list, got, err, test.want)
		}
	}
}

// TestEverySpace: every function that reads an HGVS text trims every white space of Unicode.
func TestEverySpace(t *testing.T) {
	const text = "NC_000007.14:g.140753336A>T"
	for r := rune(1); r <= unicode.MaxRune; r++ {
		if !unicode.IsSpace(r) && !unicode.Is(unicode.Z, r) {
			continue
		}
		spaced := string(r) + text + string(r) + string(r)
		for _, f := range functions {
			if !strings.HasPrefix(f.Name, "hgvs_") {
				continue
			}
			want, _ := f.call(text)
			if got, err := f.call(spaced); err != nil || got != want || want == nil {
				t.Errorf("%s(%q) gives %v %v, not %v", f.Name, spaced, got, err, want)
			}
		}
		if got, err := genomicHGVS([]any{spaced}, "GRCh38"); err != nil || got != text {
			t.Errorf("genomic_hgvs(%q) gives %v %v", spaced, got, err)
		}
	}
}
