package zstdpage

import "math/bits"

// A length is coded as one of a few dozen codes, each the beginning of a range,
// and bits that tell where in the range it is. RFC 8878, 3.1.1.3.2.1.1.
var (
	literalBits = [36]uint8{16: 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	matchBits   = [53]uint8{32: 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

	shortLiterals = codesBelow[[64]uint8](literalBits[:])
	shortMatches  = codesBelow[[128]uint8](matchBits[:])
)

// codesBelow gives the codes of the shorter lengths.
func codesBelow[T [64]uint8 | [128]uint8](extra []uint8) (codes T) {
	length := 0
	for code, bits := range extra {
		for range 1 << bits {
			if length == len(codes) {
				return codes
			}
			codes[length] = uint8(code)
			length++
		}
	}
	return codes
}

// Beyond the shorter ones, a code is a power of two.
func literalCode(n uint32) uint8 {
	if n < uint32(len(shortLiterals)) {
		return shortLiterals[n]
	}
	return uint8(bits.Len32(n)) + 18
}

func matchCode(n uint32) uint8 {
	if n < uint32(len(shortMatches)) {
		return shortMatches[n]
	}
	return uint8(bits.Len32(n)) + 35
}

// An offset's code is the number of its bits but the highest.
func offsetCode(offset uint32) uint8 { return uint8(bits.Len32(offset) - 1) }

// The distributions that need no description. RFC 8878, 3.1.1.3.2.2.
var (
	literalLengths = predefine(6, 9, []int16{4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1,
		-1, -1, -1, -1})
	matchLengths = predefine(6, 9, []int16{1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1})
	offsetCodes = predefine(5, 8, []int16{1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1})
)

// predefined is a distribution that needs no description, and how precise one in its
// place may be.
type predefined struct {
	distribution
	table   fseTable
	mostLog uint
}

func predefine(log, mostLog uint, shares []int16) predefined {
	p := predefined{distribution: distribution{log, shares}, mostLog: mostLog}
	p.table.build(p.distribution)
	return p
}
