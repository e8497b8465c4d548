package zstdpage

import (
	"math"
	"math/bits"
)

// normalize shares 1<<log states among symbols as often as they were counted:
// each that was gets one at least. There must be room for all, and total be the
// sum of the counts.
func normalize(counts []uint32, total int, log uint, shares []int16) distribution {
	size := 1 << log
	left, largest := size, 0
	for s, count := range counts {
		shares[s] = 0
		if count == 0 {
			continue
		}
		exact := uint64(count) << (log + 8) / uint64(total) // in 1/256
		share := max(int(exact>>8), 1)
		if share < len(roundUp) && exact&0xff > roundUp[share] {
			share++
		}
		if uint64(count)<<log <= uint64(total) {
			share = -1
		}
		shares[s] = int16(share)
		left -= max(share, 1)
		if shares[s] > shares[largest] {
			largest = s
		}
	}
	if left < 0 && -left >= int(shares[largest])/2 {
		takeBack(shares, -left)
	} else {
		shares[largest] += int16(left)
	}
	return distribution{log, shares}
}

// roundUp is the fraction, in 1/256, beyond which a small share is rounded up: what the
// next state saves must be more than it costs the others.
var roundUp = [...]uint64{0, 115, 123, 127, 134, 171, 183, 203}

// takeBack takes states from the largest shares, one at a time.
func takeBack(shares []int16, n int) {
	for range n {
		largest := 0
		for s := range shares {
			if shares[s] > shares[largest] {
				largest = s
			}
		}
		shares[largest]--
	}
}

// logOf is how precise the distribution of so many sequences should be: what they
// cannot fill is not worth describing.
func logOf(sequences, symbols int, most uint) uint {
	const least, spare = 5, 2
	log := min(most, uint(bits.Len(uint(sequences-1))-1)-spare)
	return min(max(log, uint(bits.Len(uint(symbols-1)))+1, least), most)
}

// cost is how many bits the symbols take, in 1/256.
func (d distribution) cost(counts []uint32) int {
	total := 0
	for s, count := range counts {
		if count > 0 {
			total += int(count) * (int(d.log)<<8 - logarithms[max(d.shares[s], 1)])
		}
	}
	return total
}

// logarithms to base 2, in 1/256.
var logarithms = func() (l [mostStates + 1]int) {
	for i := 1; i < len(l); i++ {
		l[i] = int(math.Round(math.Log2(float64(i)) * 256))
	}
	return l
}()

// describe appends the distribution as a decoder wants it. RFC 8878, 4.1.1: shares, plus
// one, in as few bits as what is left to share needs; after each 0, how many more of them.
func (d distribution) describe(dst []byte) []byte {
	w := bitWriter{dst: dst}
	w.put(uint64(d.log-5), 4)
	left := 1<<d.log + 1
	for s := 0; left > 1; s++ {
		share := int(d.shares[s])
		width := bits.Len(uint(left)) // holds left
		spare := 1<<width - 1 - left  // values that need a bit less
		left -= max(share, -share)
		value := share + 1
		switch {
		case value < spare:
			w.put(uint64(value), width-1)
		case value >= 1<<(width-1):
			w.put(uint64(value+spare), width)
		default:
			w.put(uint64(value), width)
		}
		if share != 0 {
			continue
		}
		zeros := 0
		for d.shares[s+1+zeros] == 0 {
			zeros++
		}
		s += zeros
		for ; zeros >= 3; zeros -= 3 {
			w.put(3, 2)
		}
		w.put(uint64(zeros), 2)
	}
	return w.end()
}

// bitWriter appends bits, the lowest first.
type bitWriter struct {
	dst  []byte
	bits uint64
	n    int
}

func (w *bitWriter) put(bits uint64, n int) {
	w.bits |= bits << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.dst = append(w.dst, byte(w.bits))
		w.bits >>= 8
	}
}

func (w *bitWriter) end() []byte {
	if w.n > 0 {
		w.dst = append(w.dst, byte(w.bits))
	}
	return w.dst
}
