package zstdpage

import (
	"encoding/binary"
	"errors"

	"github.com/klauspost/compress/huff0"
)

// Kinds of literals. RFC 8878, 3.1.1.3.1.
const (
	rawLiterals     = 0
	repeatedLiteral = 1
	huffmanLiterals = 2
)

const (
	fewLiterals     = 64  // not worth a Huffman table
	oneStream       = 256 // fewer literals than that go into one stream
	worthwhileShift = 6   // at least 1/64 must be saved, or a decoder works for nothing
)

// appendLiterals appends the block's literals section.
func (e *Encoder) appendLiterals(dst []byte) []byte {
	n := len(e.literals)
	if n < fewLiterals {
		return appendRaw(dst, e.literals)
	}
	compress := huff0.Compress4X
	if n < oneStream {
		compress = huff0.Compress1X
	}
	text, _, err := compress(e.literals, &e.huffman)
	switch {
	case errors.Is(err, huff0.ErrUseRLE):
		return append(appendRawHeader(dst, repeatedLiteral, n), e.literals[0])
	case err != nil || len(text) >= n-n>>worthwhileShift: // incompressible
		return appendRaw(dst, e.literals)
	}
	return append(appendHuffmanHeader(dst, n, len(text)), text...)
}

func appendRaw(dst, literals []byte) []byte {
	return append(appendRawHeader(dst, rawLiterals, len(literals)), literals...)
}

func appendRawHeader(dst []byte, kind, n int) []byte {
	switch {
	case n < 1<<5:
		return append(dst, byte(kind|n<<3))
	case n < 1<<12:
		return binary.LittleEndian.AppendUint16(dst, uint16(kind|1<<2|n<<4))
	}
	h := kind | 3<<2 | n<<4
	return append(dst, byte(h), byte(h>>8), byte(h>>16))
}

// appendHuffmanHeader gives the numbers of literals and of bytes they became. The
// format of the sizes, which tells how wide they are, also tells one stream from four.
func appendHuffmanHeader(dst []byte, n, size int) []byte {
	format, width := 3, 18
	switch {
	case n < oneStream:
		format, width = 0, 10
	case n < 1<<10:
		format, width = 1, 10
	case n < 1<<14:
		format, width = 2, 14
	}
	h := uint64(huffmanLiterals | format<<2 | n<<4 | size<<(4+width))
	for bits := 4 + 2*width; bits > 0; bits -= 8 {
		dst = append(dst, byte(h))
		h >>= 8
	}
	return dst
}
