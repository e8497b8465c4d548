package transform

import "encoding/binary"

// key is a response key as it stands in a page: "name":. Keys of up to 24 bytes are
// compared by three words of eight bytes: the first, the second and the last, which
// may overlap.
type key struct {
	text                string
	first, second, last uint64
	mask                uint64 // of the first, if the key is shorter
}

func newKey(name string) key {
	k := key{text: `"` + name + `":`, mask: 1<<64 - 1}
	b := make([]byte, max(len(k.text), 8))
	copy(b, k.text)
	k.first, k.last = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[len(b)-8:])
	switch n := len(k.text); {
	case n < 8:
		k.mask = 1<<(8*n) - 1
	case n >= 16:
		k.second = binary.LittleEndian.Uint64(b[8:])
	}
	return k
}

// opens reports whether the key stands at i, with at least one byte after it.
func (k *key) opens(b []byte, i int) bool {
	n := len(k.text)
	if n > 24 || len(b)-i <= 24 {
		return len(b)-i > n && string(b[i:i+n]) == k.text
	}
	b = b[i : i+24]
	if binary.LittleEndian.Uint64(b)&k.mask != k.first {
		return false
	}
	if n <= 8 {
		return true
	}
	return binary.LittleEndian.Uint64(b[n-8:]) == k.last && (n <= 16 || binary.LittleEndian.Uint64(b[8:]) == k.second)
}
