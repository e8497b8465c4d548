package recording

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// sums are the SHA-256 checksums of files, by name.
type sums map[string][sha256.Size]byte

// text is what sha256sum(1) writes.
func (s sums) text() []byte {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&b, "%x  %s\n", s[name], name)
	}
	return b.Bytes()
}

func parseSums(text string) (sums, error) {
	s := sums{}
	for line := range strings.Lines(text) {
		digits, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		sum, err := hex.DecodeString(digits)
		if !ok || err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("this line is not a checksum of a file: %.100q", line)
		}
		s[name] = [sha256.Size]byte(sum)
	}
	return s, nil
}
