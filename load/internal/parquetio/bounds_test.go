package parquetio

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestBounds: bounds are short, valid UTF-8, and on the right side of the text and of all texts with its prefix.
func TestBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	alphabet := []rune{'a', 'z', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x10fffe, utf8.MaxRune, 'é', '日', '😀'}
	for range 50_000 {
		var b strings.Builder
		for range rng.IntN(80) {
			b.WriteRune(alphabet[rng.IntN(len(alphabet))])
		}
		text := []byte(b.String())
		low, high := lowerBound(text), upperBound(text)
		if bytes.Compare(low, text) > 0 || bytes.Compare(high, text) < 0 || !utf8.Valid(low) || !utf8.Valid(high) ||
			len(low) > BoundSize || len(high) > BoundSize || len(text) <= BoundSize && !bytes.Equal(low, high) {
			t.Fatalf("%q: %q to %q", text, low, high)
		}
		if high := upperBound(append(text, bytes.Repeat([]byte{0xff}, 100)...)); bytes.Compare(high, text) < 0 {
			t.Fatalf("%q and more: up to %q", text, high)
		}
	}
	for text, want := range map[string]string{
		strings.Repeat("a", 65):                 strings.Repeat("a", 63) + "b",
		strings.Repeat("a", 63) + "\x7f\x7f":    strings.Repeat("a", 62) + "b",
		strings.Repeat("a", 61) + "\ud7ffz":     strings.Repeat("a", 61) + "\ue000",
		strings.Repeat("a", 60) + "\U0010ffffz": strings.Repeat("a", 59) + "b",
		"é" + strings.Repeat("\U0010ffff", 16):  "ê",
		strings.Repeat("a", 63) + "é":           strings.Repeat("a", 62) + "b",
		strings.Repeat("a", 64):                 strings.Repeat("a", 64),
		strings.Repeat("\U0010ffff", 17):        strings.Repeat("\U0010ffff", 17), // nothing short is greater
	} {
		if got := string(upperBound([]byte(text))); got != want {
			t.Errorf("%q: up to %q, not %q", text, got, want)
		}
	}
}
