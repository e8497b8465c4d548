package digest

import (
	"errors"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/schemas"
)

// ErrDiffers marks a file whose values or bytes are not those written.
var ErrDiffers = errors.New("the file does not hold what was written to it: " +
	"check the disk, and report it if the disk is sound")

// Compare compares the checksums of columns read back with those of the values written.
func Compare(columns []schemas.Column, read, wrote []Sum, rows int64) error {
	for i, c := range columns {
		if read[i].Rows != uint64(rows) {
			return fmt.Errorf("%d rows of column %s instead of %d: %w", read[i].Rows, c.Name, rows, ErrDiffers)
		}
		if read[i] != wrote[i] {
			return fmt.Errorf("other values in column %s: %w", c.Name, ErrDiffers)
		}
	}
	return nil
}

// Tally counts and hashes the bytes of a file while they are read.
type Tally struct {
	Reader io.Reader
	Size   int64 // read so far
	hash   xxh3.Hasher
}

// Read reads from Reader.
func (t *Tally) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	t.Size += int64(n)
	t.hash.Write(p[:n])
	return n, err
}

// Compare reads the rest of the file, and compares its size and hash with those of the bytes written.
func (t *Tally) Compare(size int64, hash xxh3.Uint128) error {
	if _, err := io.Copy(io.Discard, t); err != nil {
		return err
	}
	if t.Size != size || t.hash.Sum128() != hash {
		return fmt.Errorf("%d bytes, not the ones that were written: %w", t.Size, ErrDiffers)
	}
	return nil
}
