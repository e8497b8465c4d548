package load

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// extension is what the file's name ends in, or the name of the table's folder.
func (f Format) extension() string {
	if f.Name == "parquet" {
		return ".parquet"
	}
	return "." + f.Name + map[string]string{"gzip": ".gz", "zstd": ".zst"}[f.compression()]
}

// compress wraps w. Closing it ends the compressed data and leaves w open. The
// bytes depend on what is written and on the level, on nothing else.
func (f Format) compress(w io.Writer, narrow int) (io.WriteCloser, error) {
	switch f.compression() {
	case "none":
		return uncompressed{w}, nil
	case "gzip":
		return gzip.NewWriterLevel(w, f.level(gzip.DefaultCompression))
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderLevel(f.zstdLevel()), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(zstdWindow/narrow), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true))
	}
	return nil, f.Check()
}

// zstdWindow bounds what an encoder remembers, and what a decoder must.
const zstdWindow = 4 << 20

// zstdMostWindow is what the zstd program takes too unless told otherwise: a
// frame may ask for gigabytes.
const zstdMostWindow = 128 << 20

// decompress is the way back. Closing it leaves r open.
func (f Format) decompress(r io.Reader) (io.ReadCloser, error) {
	switch f.compression() {
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
	return nil, fmt.Errorf("no reader for %s: %w", f.compression(), f.Check())
}

type uncompressed struct{ io.Writer }

func (uncompressed) Close() error { return nil }
