package format

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Extension is the end of the name of a file, or of a table's folder.
func (f Format) Extension() string {
	if f.Name == "parquet" {
		return ".parquet"
	}
	return "." + f.Name + map[string]string{"gzip": ".gz", "zstd": ".zst"}[f.Codec()]
}

// Compress wraps w. Closing the result ends the compressed data and leaves w open. The
// bytes depend only on the text and the level. Where many files are open, narrow divides
// the memory of each; otherwise it is 1.
func (f Format) Compress(w io.Writer, narrow int) (io.WriteCloser, error) {
	switch f.Codec() {
	case "none":
		return uncompressed{w}, nil
	case "gzip":
		return gzip.NewWriterLevel(w, f.LevelOr(gzip.DefaultCompression))
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderLevel(f.ZstdLevel()), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(zstdWindow/narrow), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true))
	}
	return nil, f.Check()
}

// zstdWindow bounds what an encoder remembers, and what a decoder must.
const zstdWindow = 4 << 20

// zstdMostWindow is the default limit of the zstd program too: a frame may ask for gigabytes.
const zstdMostWindow = 128 << 20

// Decompress reads what Compress wrote. Closing the result leaves r open.
func (f Format) Decompress(r io.Reader) (io.ReadCloser, error) {
	switch f.Codec() {
	case "none":
		return io.NopCloser(r), nil
	case "gzip":
		return gzip.NewReader(r)
	case "zstd":
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdMostWindow))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return nil, fmt.Errorf("no reader for %s: %w", f.Codec(), f.Check())
}

type uncompressed struct{ io.Writer }

func (uncompressed) Close() error { return nil }
