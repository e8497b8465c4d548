package zstdpage

import (
	"math/bits"
	"unsafe"
)

// sequence is some literals followed by a match: bytes that stood in the page
// before.
type sequence struct {
	literals uint32 // how many
	match    uint32 // length of the match, less minMatch
	offset   uint32 // how far back, plus 3; or 1: as far as last time
}

// Matches are looked for by hashes of eight bytes, which make the long ones,
// and of five. A slot of a table holds a position and, below it, some bits of
// the hash: most candidates that only share a slot are dropped without a look
// at the page.
const (
	positionBits = 21
	tagBits      = 32 - positionBits
	tagMask      = 1<<tagBits - 1
	longBits     = 17
	shortBits    = 16
	minMatch     = 3 // of the format; shorter than five bytes is not looked for

	skipShift = 8  // look at every other byte after 256 without a match, and so on
	margin    = 16 // bytes at a block's end that are not looked at, so that no load goes beyond it
)

type (
	longTable  [1 << longBits]uint32
	shortTable [1 << shortBits]uint32
)

// swap puts a position into the slot of a hash, and gives what was there.
func (t *longTable) swap(hash uint32, position int) uint32 {
	slot := &t[hash>>tagBits&(1<<longBits-1)]
	was := *slot
	*slot = uint32(position)<<tagBits | hash&tagMask
	return was
}

func (t *shortTable) swap(hash uint32, position int) uint32 {
	slot := &t[hash>>tagBits&(1<<shortBits-1)]
	was := *slot
	*slot = uint32(position)<<tagBits | hash&tagMask
	return was
}

// similar says whether what was in a slot had nearly the same hash. Position 0
// cannot be told from an empty slot, and is not taken.
func similar(slot, hash uint32) bool { return (slot^hash)&tagMask == 0 && slot>>tagBits != 0 }

// The multipliers are the format's reference implementation's own.
func hash8(w uint64) uint32 { return uint32(w * 0xcf1bbcdcb7a56463 >> (64 - longBits - tagBits)) }
func hash5(w uint64) uint32 { return uint32(w << 24 * 889523592379 >> (64 - shortBits - tagBits)) }

func load32(page unsafe.Pointer, i int) uint32 { return *(*uint32)(unsafe.Add(page, i)) }
func load64(page unsafe.Pointer, i int) uint64 { return *(*uint64)(unsafe.Add(page, i)) }

// findMatches divides page[start:end] into sequences, and literals that are left
// over. Every load is of bytes before end: positions are at most end-margin, and
// candidates lie before them.
func (e *Encoder) findMatches(src []byte, start, end int) {
	e.literals, e.sequences = e.literals[:0], e.sequences[:0]
	page := unsafe.Pointer(unsafe.SliceData(src))
	last, before := e.recent[0], e.recent[1]
	at, from := max(start, 1), start // from: of the literals
	for at < end-margin {
		w := load64(page, at)
		long, short := hash8(w), hash5(w)
		far, near := e.long.swap(long, at), e.short.swap(short, at)
		var match, n int // where the match begins, and its length
		offset := uint32(1)
		switch {
		case at+1 >= last && load32(page, at+1-last) == uint32(w>>8):
			at++
			match = at - last
			n = 4 + common(page, match+4, at+4, end)
		case similar(far, long) && load64(page, int(far>>tagBits)) == w:
			match = int(far >> tagBits)
			n = 8 + common(page, match+8, at+8, end)
			offset = 0
		case similar(near, short) && load32(page, int(near>>tagBits)) == uint32(w):
			offset = 0
			w = load64(page, at+1) // a long match one byte on is better
			long = hash8(w)
			if far = e.long.swap(long, at+1); similar(far, long) && load64(page, int(far>>tagBits)) == w {
				at++
				match = int(far >> tagBits)
				n = 8 + common(page, match+8, at+8, end)
			} else {
				match = int(near >> tagBits)
				n = 4 + common(page, match+4, at+4, end)
			}
		default:
			at += 1 + (at-from)>>skipShift
			continue
		}
		if offset == 0 {
			for at > from && match > 0 && src[at-1] == src[match-1] {
				at, match, n = at-1, match-1, n+1
			}
			last, before = at-match, last
			offset = uint32(last) + 3
		}
		e.literals = append(e.literals, src[from:at]...)
		e.sequences = append(e.sequences, sequence{uint32(at - from), uint32(n - minMatch), offset})
		after := at + 2
		at += n
		if from = at; at >= end-margin {
			break
		}
		w = load64(page, after)
		e.long.swap(hash8(w), after)
		e.short.swap(hash5(w), after)
		e.long.swap(hash8(load64(page, at-2)), at-2)
		e.short.swap(hash5(load64(page, at-1)), at-1)
		for at < end-margin && at >= before && load32(page, at-before) == load32(page, at) {
			n := 4 + common(page, at-before+4, at+4, end)
			w := load64(page, at)
			e.long.swap(hash8(w), at)
			e.short.swap(hash5(w), at)
			last, before = before, last // without literals, 1 means the offset before the last
			e.sequences = append(e.sequences, sequence{0, uint32(n - minMatch), 1})
			at += n
			from = at
		}
	}
	e.literals = append(e.literals, src[from:end]...)
	e.recent = [2]int{last, before}
}

// common is how many bytes from a on are the same as those from b on, which lies
// behind a and before end.
func common(page unsafe.Pointer, a, b, end int) int {
	start := b
	for ; b+8 <= end; a, b = a+8, b+8 {
		if differ := load64(page, a) ^ load64(page, b); differ != 0 {
			return b - start + bits.TrailingZeros64(differ)>>3
		}
	}
	for b < end && *(*byte)(unsafe.Add(page, a)) == *(*byte)(unsafe.Add(page, b)) {
		a, b = a+1, b+1
	}
	return b - start
}
