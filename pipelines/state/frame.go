package state

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"

	"github.com/zeebo/xxh3"
)

// A journal is a line of text, then frames, each
//
//	 8 bytes  xxh3 of the rest of the frame
//	 4 bytes  length of what it carries
//	 4 bytes  kind
//	16 bytes  which request it answers; zero in other kinds
//	          what it carries
//
// all little endian. A frame that is cut off or damaged ends the journal.
const (
	magic     = "civic-etl journal 1\n"
	headBytes = 32
	mostBytes = 64 << 20 // that one frame carries
)

// kinds of frames. The first of a journal is runFrame.
const (
	runFrame     uint32 = 1 + iota // whose answers these are, as JSON
	versionFrame                   // of the API's data when the run began
	answerFrame                    // an answer, as gzip
)

// request is by what an answer is found.
type request [16]byte

func requestOf(body []byte) (r request) {
	sum := sha256.Sum256(body)
	copy(r[:], sum[:])
	return r
}

func frame(kind uint32, r request, carried []byte) []byte {
	f := make([]byte, headBytes, headBytes+len(carried))
	binary.LittleEndian.PutUint32(f[8:], uint32(len(carried)))
	binary.LittleEndian.PutUint32(f[12:], kind)
	copy(f[16:], r[:])
	f = append(f, carried...)
	binary.LittleEndian.PutUint64(f, xxh3.Hash(f[8:]))
	return f
}

// place is where in a journal a frame stands.
type place struct {
	at   int64
	size int // of the whole frame
}

var errDamaged = errors.New("a frame is damaged")

// carried gives what a whole frame carries.
func carried(f []byte) (kind uint32, r request, text []byte, err error) {
	if len(f) < headBytes || int(binary.LittleEndian.Uint32(f[8:])) != len(f)-headBytes || binary.LittleEndian.Uint64(f) != xxh3.Hash(f[8:]) {
		return 0, r, nil, errDamaged
	}
	copy(r[:], f[16:])
	return binary.LittleEndian.Uint32(f[12:]), r, f[headBytes:], nil
}

// scan reads the frames of a journal of some size from its beginning, and calls
// visit with each, which must not keep the text. It gives where the last whole
// one ends: 0 if it is no journal at all.
func scan(from io.ReaderAt, size int64, visit func(p place, kind uint32, r request, text []byte) error) (end int64) {
	in := bufio.NewReaderSize(io.NewSectionReader(from, 0, size), 1<<20)
	first := make([]byte, len(magic))
	if _, err := io.ReadFull(in, first); err != nil || string(first) != magic {
		return 0
	}
	end = int64(len(magic))
	var buffer []byte
	for {
		head, err := in.Peek(headBytes)
		if err != nil {
			return end
		}
		n := int64(binary.LittleEndian.Uint32(head[8:])) + headBytes
		if n > mostBytes+headBytes || n > size-end {
			return end
		}
		if int64(cap(buffer)) < n {
			buffer = make([]byte, n)
		}
		if _, err := io.ReadFull(in, buffer[:n]); err != nil {
			return end
		}
		kind, r, text, err := carried(buffer[:n])
		if err != nil || visit(place{end, int(n)}, kind, r, text) != nil {
			return end
		}
		end += n
	}
}
