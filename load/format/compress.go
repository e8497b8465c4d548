package format

import (
	"io"
	"strings"

	"github.com/biogo/hts/bgzf"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Extension ends the name of a file, or of a table's folder.
func (f Format) Extension() string {
	if f.Name == "parquet" {
		return ".parquet"
	}
	return "." + f.Name + map[string]string{"gzip": ".gz", "bgzip": ".gz", "zstd": ".zst"}[f.Codec()]
}

// OfFile finds the format from the name of a file.
func OfFile(name string) (Format, bool) {
	for _, kind := range Names() {
		for _, c := range Compressions(kind) {
			if f := (Format{Name: kind, Compression: c}); strings.HasSuffix(name, f.Extension()) {
				return f, true
			}
		}
	}
	return Format{}, false
}

// Compress wraps w. Closing the result ends the compressed data and leaves w open. The bytes depend only on the text
// and the level. If many files are open, narrow divides the memory of each; otherwise it is 1.
func (f Format) Compress(w io.Writer, narrow int) (io.WriteCloser, error) {
	switch f.Codec() {
	case "none":
		return uncompressed{w}, nil
	case "gzip":
		return gzip.NewWriterLevel(w, f.LevelOr(gzip.DefaultCompression))
	case "bgzip": // blocks of gzip, which tabix can index
		return bgzf.NewWriterLevel(w, f.LevelOr(gzip.DefaultCompression), 1)
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderLevel(f.ZstdLevel()), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(zstdWindow/narrow), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true))
	}
	return nil, f.Check()
}

const (
	zstdWindow    = 4 << 20   // of the encoder
	zstdMaxWindow = 128 << 20 // of the decoder: the zstd program has this limit too
)

// Decompress returns the text that Compress was given. Closing the result leaves r open.
func (f Format) Decompress(r io.Reader) (io.ReadCloser, error) {
	switch f.Codec() {
	case "none":
		return io.NopCloser(r), nil
	case "gzip", "bgzip":
		return gzip.NewReader(r)
	case "zstd":
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdMaxWindow))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return nil, f.Check()
}

type uncompressed struct{ io.Writer }

func (uncompressed) Close() error { return nil }
