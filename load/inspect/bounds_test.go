package inspect

import (
	"math/big"
	"testing"
)

func TestDecimalText(t *testing.T) {
	for _, c := range []struct {
		v     int64
		scale int
		want  string
	}{{1234, 2, "12.34"}, {-5, 2, "-0.05"}, {7, 0, "7"}, {0, 3, "0.000"}, {3, 101, "3e-101"}, {3, -2, "3e2"}} {
		if got := decimalText(big.NewInt(c.v), c.scale); got != c.want {
			t.Errorf("%d, %d: %s instead of %s", c.v, c.scale, got, c.want)
		}
	}
}
