package load

import (
	"encoding/binary"
	"slices"

	"github.com/zeebo/xxh3"
)

// What follows takes one value at a time, for readers that make no arrays.

func (d *digest) addNull() {
	d.nulls.put8(d.rows)
	d.rows++
}

func (d *digest) addText(text []byte) {
	d.lengths.put4(uint32(len(text)))
	d.values.put(text)
	d.rows++
}

func (d *digest) add4(v uint32) {
	d.values.put4(v)
	d.rows++
}

func (d *digest) add8(v uint64) {
	d.values.put8(v)
	d.rows++
}

func (d *digest) addBool(v bool) {
	b := []byte{0}
	if v {
		b[0] = 1
	}
	d.values.put(b)
	d.rows++
}

// addLength takes a list whose elements were given to d.elem.
func (d *digest) addLength(n uint32) {
	d.lengths.put4(n)
	d.rows++
}

// stream is a running hash that gathers small pieces: hashing a few bytes costs
// as much as hashing a hundred.
type stream struct {
	hash    xxh3.Hasher
	pending []byte
}

const streamBytes = 4 << 10

func (s *stream) put(p []byte) {
	if len(s.pending)+len(p) > streamBytes {
		s.flush()
	}
	if len(p) > streamBytes/2 {
		s.flush()
		s.hash.Write(p)
		return
	}
	s.pending = appendText(s.pending, p)
}

// room makes room for a few bytes.
func (s *stream) room() {
	if len(s.pending)+8 > streamBytes {
		s.flush()
	}
	s.pending = slices.Grow(s.pending, 8)
}

func (s *stream) put4(v uint32) {
	if cap(s.pending)-len(s.pending) < 4 {
		s.room()
	}
	s.pending = binary.LittleEndian.AppendUint32(s.pending, v)
}

func (s *stream) put8(v uint64) {
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
