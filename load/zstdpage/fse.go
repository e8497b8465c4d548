package zstdpage

import "math/bits"

// Finite state entropy, RFC 8878, 4.1: a symbol that takes n of the 1<<log states of
// a table costs log-log2(n) bits.

// distribution says how many states each symbol takes; -1 is one state for a symbol
// that is less likely than that.
type distribution struct {
	log    uint
	shares []int16
}

const (
	mostSymbols = 64
	mostStates  = 512
)

// fseTable encodes symbols of one distribution, the last first. Its states run from
// 1<<log to 2<<log.
type fseTable struct {
	log    uint // 0: one symbol alone, which costs nothing
	states [mostStates]uint16
	steps  [mostSymbols]step
}

// step is how a symbol changes the state: it shifts out bits, as many as the sum
// of state and bits tells in its upper half, and what is left is an index from
// next on.
type step struct {
	bits uint32
	next int32
}

func (t *fseTable) build(d distribution) {
	t.log = d.log
	size := 1 << d.log
	var first [mostSymbols + 1]int // of a symbol's states, in order of symbols
	for s, share := range d.shares {
		n := max(int(share), -int(share))
		first[s+1] = first[s] + n
		t.steps[s] = stepOf(n, first[s], d.log)
	}
	for state, symbol := range d.spread() {
		t.states[first[symbol]] = uint16(size + state)
		first[symbol]++
	}
}

func stepOf(n, first int, log uint) step {
	if n < 2 {
		return step{uint32(log<<16) - 1<<log, int32(first - n)}
	}
	most := log - uint(bits.Len16(uint16(n-1))-1)
	return step{uint32(most<<16) - uint32(n)<<most, int32(first - n)}
}

// spread gives the symbol of each state: the unlikely ones at the end, the others in
// strides.
func (d distribution) spread() []uint8 {
	size := 1 << d.log
	symbols, end := make([]uint8, size), size-1
	for s, share := range d.shares {
		if share < 0 {
			symbols[end] = uint8(s)
			end--
		}
	}
	stride, at := size>>1+size>>3+3, 0
	for s, share := range d.shares {
		for range share {
			symbols[at] = uint8(s)
			for at = (at + stride) & (size - 1); at > end; at = (at + stride) & (size - 1) {
			}
		}
	}
	return symbols
}

// single makes the table one of a symbol alone.
func (t *fseTable) single() { *t = fseTable{} }

// begin is the state for the last symbol, which costs nothing.
func (t *fseTable) begin(symbol uint8) uint32 {
	if t.log == 0 {
		return 0
	}
	s := t.steps[symbol]
	n := (s.bits + 1<<15) >> 16
	return uint32(t.states[int32((n<<16-s.bits)>>n)+s.next])
}
