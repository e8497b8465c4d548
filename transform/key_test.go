package transform

import (
	"strings"
	"testing"
)

// TestKeys: a key is found where it stands, with at least one byte after it, and nowhere else.
func TestKeys(t *testing.T) {
	for n := range 40 {
		name := strings.Repeat("k", n)
		k := newKey(name)
		text := `"` + name + `":`
		for _, tail := range []string{"", "1", "12345678", strings.Repeat("1", 30)} {
			if got, want := k.opens([]byte("{"+text+tail), 1), tail != ""; got != want {
				t.Errorf("%d letters before %q: %t", n, tail, got)
			}
			for i := range text {
				other := []byte(text + tail)
				other[i] ^= 1
				if k.opens(other, 0) {
					t.Errorf("%d letters: %s is taken for it", n, other)
				}
			}
		}
	}
}
