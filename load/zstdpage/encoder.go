package zstdpage

import (
	"encoding/binary"

	"github.com/klauspost/compress/huff0"
)

// MaxSize is the largest page, in bytes.
const MaxSize = 1 << positionBits

// blockSize is how much of the page goes into a block: the most a frame may.
const blockSize = 128 << 10

// Encoder compresses one page at a time. It holds some 2 MB, and nothing of one
// page that shows in the next.
type Encoder struct {
	long  longTable
	short shortTable

	// Of the block:
	literals  []byte
	sequences []sequence
	recent    [2]int // offsets that can be repeated; the format has a third

	huffman          huff0.Scratch
	bits             []byte
	lengths          coder // of literals
	offsets, matches coder
}

// New gives an encoder.
func New() *Encoder {
	e := &Encoder{
		lengths: coder{predefined: &literalLengths},
		offsets: coder{predefined: &offsetCodes},
		matches: coder{predefined: &matchLengths},
	}
	e.huffman.Reuse = huff0.ReusePolicyNone // blocks stand alone but for what they repeat
	return e
}

// Append appends the frame of a page to dst. It panics if the page is larger than
// MaxSize.
func (e *Encoder) Append(dst, page []byte) []byte {
	if len(page) > MaxSize {
		panic("zstdpage: page too large")
	}
	clear(e.long[:])
	clear(e.short[:])
	e.recent = [2]int{1, 4}
	dst = appendFrameHeader(dst, len(page))
	for start := 0; ; start += blockSize {
		end := min(start+blockSize, len(page))
		dst = e.appendBlock(dst, page, start, end)
		if end == len(page) {
			return dst
		}
	}
}

// appendFrameHeader begins a single segment with its size and no checksum, which
// Parquet readers would not ask for. RFC 8878, 3.1.1.1.
func appendFrameHeader(dst []byte, size int) []byte {
	const magic, single = 0xfd2fb528, 1 << 5
	dst = binary.LittleEndian.AppendUint32(dst, magic)
	switch {
	case size < 256:
		return append(dst, single, byte(size))
	case size < 256+1<<16:
		return binary.LittleEndian.AppendUint16(append(dst, 1<<6|single), uint16(size-256))
	}
	return binary.LittleEndian.AppendUint32(append(dst, 2<<6|single), uint32(size))
}

// Kinds of block. RFC 8878, 3.1.1.2.
const (
	rawBlock        = 0
	compressedBlock = 2
)

const blockHeader = 3 // bytes

// appendBlock compresses page[start:end], or takes it as it is if that is
// shorter.
func (e *Encoder) appendBlock(dst, page []byte, start, end int) []byte {
	last := end == len(page)
	recent, at := e.recent, len(dst)
	e.findMatches(page, start, end)
	dst = append(dst, 0, 0, 0)
	dst = e.appendSequences(e.appendLiterals(dst))
	if size := len(dst) - at - blockHeader; size < end-start {
		putBlockHeader(dst[at:], compressedBlock, size, last)
		return dst
	}
	e.recent = recent // a raw block repeats nothing
	dst = append(dst[:at+blockHeader], page[start:end]...)
	putBlockHeader(dst[at:], rawBlock, end-start, last)
	return dst
}

func putBlockHeader(dst []byte, kind, size int, last bool) {
	h := kind<<1 | size<<3
	if last {
		h |= 1
	}
	dst[0], dst[1], dst[2] = byte(h), byte(h>>8), byte(h>>16)
}
