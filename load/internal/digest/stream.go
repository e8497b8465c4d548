package digest

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load/internal/values"
)

// stream is a running hash that collects small pieces first: hashing a few bytes costs as much as hashing a hundred.
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
	s.pending = values.Append(s.pending, p)
}

func (s *stream) write1(v bool) {
	if len(s.pending) > streamBytes-1 {
		s.flush()
	}
	b := byte(0)
	if v {
		b = 1
	}
	s.pending = append(s.pending, b)
}

func (s *stream) write4(v uint32) {
	if len(s.pending) > streamBytes-4 {
		s.flush()
	}
	s.pending = binary.LittleEndian.AppendUint32(s.pending, v)
}

func (s *stream) write8(v uint64) {
	if len(s.pending) > streamBytes-8 {
		s.flush()
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
