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
	fewLiterals     = 64  // not worth a Huffman table
	oneStream       = 256 // fewer literals than that go into one stream
	worthwhileShift = 6   // at least 1/64 must be saved, or a decoder works for nothing
	smallSize       = 1 << 10
	mediumSize      = 1 << 14
	rawSmall        = 1 << 5
	rawMedium       = 1 << 12
	sizeFormatShift = 2
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
	case n < rawSmall:
		return append(dst, byte(kind|n<<3))
	case n < rawMedium:
		return binary.LittleEndian.AppendUint16(dst, uint16(kind|1<<sizeFormatShift|n<<4))
	}
	h := kind | 3<<sizeFormatShift | n<<4
	return append(dst, byte(h), byte(h>>8), byte(h>>16))
}

// appendHuffmanHeader gives the numbers of literals and of bytes they became. The
// format of the sizes also says whether there are one stream or four.
func appendHuffmanHeader(dst []byte, n, size int) []byte {
	format := 0
	switch {
	case n < oneStream:
		h := huffmanLiterals | n<<4 | size<<14
		return append(dst, byte(h), byte(h>>8), byte(h>>16))
	case n < smallSize:
		format = 1
		h := huffmanLiterals | format<<sizeFormatShift | n<<4 | size<<14
		return append(dst, byte(h), byte(h>>8), byte(h>>16))
	case n < mediumSize:
		format = 2
		return binary.LittleEndian.AppendUint32(dst, uint32(huffmanLiterals|format<<sizeFormatShift|n<<4|size<<18))
	}
	format = 3
	h := uint64(huffmanLiterals | format<<sizeFormatShift | n<<4 | size<<22)
	return append(binary.LittleEndian.AppendUint32(dst, uint32(h)), byte(h>>32))
}
