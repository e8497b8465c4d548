package textio

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestFloatText: no double looks like an integer, and each reads back as it was.
func TestFloatText(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0.0", 3: "3.0", -3: "-3.0", 84506.5: "84506.5", 1e6: "1000000.0", 1 << 53: "9007199254740992.0",
		1e20: "100000000000000000000.0", 1e21: "1.0e+21", 1e300: "1.0e+300", -1e300: "-1.0e+300", 1.5e22: "1.5e+22",
		1e-6: "0.000001", 1e-7: "1.0e-7", 1.5e-7: "1.5e-7", 5e-324: "5.0e-324", 1e-10: "1.0e-10",
		math.MaxFloat64: "1.7976931348623157e+308", math.Inf(1): "+Inf", math.Inf(-1): "-Inf",
	} {
		if got := string(AppendFloat([]byte("x"), f)); got != "x"+want {
			t.Errorf("%v: %s, not %s", f, got[1:], want)
		}
	}
	if got := string(AppendFloat(nil, math.NaN())); got != "NaN" {
		t.Errorf("NaN: %s", got)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		f := math.Float64frombits(rng.Uint64())
		if rng.IntN(2) == 0 {
			f = math.Trunc(math.Ldexp(rng.Float64(), rng.IntN(80)))
		}
		text := AppendFloat(nil, f)
		back, err := strconv.ParseFloat(string(text), 64)
		if f-f == 0 && (err != nil || back != f || !bytes.ContainsRune(text, '.') || number(text) != len(text)) {
			t.Fatalf("%v: %s, read as %v, %v", f, text, back, err)
		}
	}
}
