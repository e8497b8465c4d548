package digest

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"github.com/zeebo/xxh3"
)

// stream is a running hash that collects small pieces first: hashing a few
// bytes costs as much as hashing a hundred.
type stream struct {
	hash    xxh3.Hasher
	pending []byte
}

const streamBytes = 4 << 10

func (s *stream) write(p []byte) {
	if len(s.pending)+len(p) > streamBytes {
		s.flush()
	}
	if len(p) > streamBytes/2 {
		s.flush()
		s.hash.Write(p)
		return
	}
	s.pending = AppendBytes(s.pending, p)
}

// room makes room for a few bytes.
func (s *stream) room() {
	if len(s.pending)+8 > streamBytes {
		s.flush()
	}
	s.pending = slices.Grow(s.pending, 8)
}

func (s *stream) write4(v uint32) {
	if cap(s.pending)-len(s.pending) < 4 {
		s.room()
	}
	s.pending = binary.LittleEndian.AppendUint32(s.pending, v)
}

func (s *stream) write8(v uint64) {
	if cap(s.pending)-len(s.pending) < 8 {
		s.room()
	}
	s.pending = binary.LittleEndian.AppendUint64(s.pending, v)
}

func (s *stream) flush() {
	s.hash.Write(s.pending)
	s.pending = s.pending[:0]
}

func (s *stream) sum() xxh3.Uint128 {
	s.flush()
	return s.hash.Sum128()
}

// AppendBytes appends p, which is often short: sixteen bytes are copied at once.
func AppendBytes(dst, p []byte) []byte {
	if n := len(dst); len(p) <= 16 && cap(p) >= 16 && cap(dst)-n >= 16 {
		*(*[16]byte)(dst[n : n+16]) = [16]byte(p[:16])
		return dst[:n+len(p)]
	}
	return append(dst, p...)
}

// BytesOf gives the bytes of s without copying. They must not be changed.
func BytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
