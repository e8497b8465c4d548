package wording

import (
	"strings"
	"testing"
)

func TestQuote(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"A", "A"},
		{"Vemurafenib-é-日本", "Vemurafenib-é-日本"},
		{"Lung Cancer", `"Lung Cancer"`},
		{"", `""`},
		{" a", `" a"`},
		{"a,b", `"a,b"`},
		{"tab\there\r\n", `"tab\there\r\n"`},
		{"\x1b[31mred\x07", `"\x1b[31mred\a"`},
		{"\u202egnp", `"\u202egnp"`},
		{`say "x"`, `"say \"x\""`},
		{strings.Repeat("x", 61), strings.Repeat("x", 60) + "…"},
	} {
		if got := Quote(test.in); got != test.want {
			t.Errorf("quote(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}
