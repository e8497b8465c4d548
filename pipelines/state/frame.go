package state

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"io"

	"github.com/zeebo/xxh3"
)

// A journal is a line of text and a sequence of frames, all little endian:
//
//	 8 bytes  xxh3 of the rest of the frame
//	 4 bytes  length of the content
//	 4 bytes  kind
//	16 bytes  hash of the request of an answer; else zero
//	          content
//
// The journal ends at the first frame that is cut off or damaged.
const (
	magic     = "civic-etl journal 2\n"
	headBytes = 32
	maxBytes  = 64 << 20 // of content
)

// The kinds of frames. The first frame of a journal is a runFrame.
const (
	runFrame     uint32 = 1 + iota // the Run, as JSON
	versionFrame                   // the version of the API's data when the run began
	answerFrame                    // an answer, compressed with S2
)

// request is the hash of a request.
type request [16]byte

func requestOf(body []byte) (r request) {
	sum := sha256.Sum256(body)
	copy(r[:], sum[:])
	return r
}

func frame(kind uint32, r request, content []byte) []byte {
	f := make([]byte, headBytes, headBytes+len(content))
	binary.LittleEndian.PutUint32(f[8:], uint32(len(content)))
	binary.LittleEndian.PutUint32(f[12:], kind)
	copy(f[16:], r[:])
	f = append(f, content...)
	binary.LittleEndian.PutUint64(f, xxh3.Hash(f[8:]))
	return f
}

// place is the range of a frame in a journal.
type place struct {
	at   int64
	size int
}

func parse(f []byte) (kind uint32, r request, content []byte, ok bool) {
	if int(binary.LittleEndian.Uint32(f[8:])) != len(f)-headBytes || binary.LittleEndian.Uint64(f) != xxh3.Hash(f[8:]) {
		return 0, r, nil, false
	}
	copy(r[:], f[16:])
	return binary.LittleEndian.Uint32(f[12:]), r, f[headBytes:], true
}

// scan calls visit with each frame of a journal. Visit must not keep the content. The journal ends
// before a frame that visit refuses. Scan gives that end, or 0 if it is no journal.
func scan(from io.ReaderAt, size int64, visit func(p place, kind uint32, r request, content []byte) bool) (end int64) {
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
		if n > maxBytes+headBytes || n > size-end {
			return end
		}
		if int64(cap(buffer)) < n {
			buffer = make([]byte, n)
		}
		if _, err := io.ReadFull(in, buffer[:n]); err != nil {
			return end
		}
		kind, r, content, ok := parse(buffer[:n])
		if !ok || !visit(place{end, int(n)}, kind, r, content) {
			return end
		}
		end += n
	}
}
