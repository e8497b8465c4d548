package zstdpage

import (
	"math/rand/v2"
	"testing"
)

// TestNormalize: all states are shared out, and every symbol that occurs gets some.
func TestNormalize(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		counts := make([]uint32, 2+r.IntN(52))
		total := 0
		for s := range counts {
			switch r.IntN(4) {
			case 0:
				counts[s] = uint32(r.IntN(3))
			case 1:
				counts[s] = uint32(r.IntN(40))
			case 2:
				counts[s] = uint32(r.ExpFloat64() * r.ExpFloat64() * 1500)
			}
			total += int(counts[s])
		}
		counts[len(counts)-1]++
		if total++; total < 32 {
			continue
		}
		log := logOf(total, len(counts), 8+uint(r.IntN(2)))
		d := normalize(counts, total, log, make([]int16, len(counts)))
		states := 0
		for s, share := range d.shares {
			states += max(int(share), -int(share))
			if (share == 0) != (counts[s] == 0) || share < -1 {
				t.Fatalf("counts %v: symbol %d has the share %d", counts, s, share)
			}
		}
		if states != 1<<log {
			t.Fatalf("counts %v: %d states of %d are shared", counts, states, 1<<log)
		}
	}
}

// TestCodes walks through all lengths: each lies in the range of its code.
func TestCodes(t *testing.T) {
	for _, c := range []struct {
		name  string
		code  func(uint32) uint8
		extra []uint8
		most  uint32
	}{
		{"literals", literalCode, literalBits[:], blockSize - 4},
		{"matches", matchCode, matchBits[:], blockSize - minMatch},
	} {
		first := make([]uint32, len(c.extra))
		for i := 1; i < len(first); i++ {
			first[i] = first[i-1] + 1<<c.extra[i-1]
		}
		for n := range c.most + 1 {
			code := c.code(n)
			if int(code) >= len(first) || n < first[code] || n-first[code] >= 1<<c.extra[code] || n&(1<<c.extra[code]-1) != n-first[code] {
				t.Fatalf("%s: %d has the code %d", c.name, n, code)
			}
		}
	}
}
