package parquetio

import (
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
)

// zstdCodec compresses Parquet pages. All files of an output share its encoder, which reuses
// the memory of one page for the next.
type zstdCodec struct {
	compress.Codec // decodes
	encoder        *zstd.Encoder
}

// zstdPageWindow is no larger than a page: parquet-go's own codec keeps 16 MB
// for each page compressed at a time.
const zstdPageWindow = 1 << 20

// newZstdCodec makes a codec that compresses up to workers pages at a time.
func newZstdCodec(level zstd.EncoderLevel, workers int) (*zstdCodec, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(workers),
		zstd.WithWindowSize(zstdPageWindow), zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true),
		zstd.WithAllLitEntropyCompression(true)) // numbers repeat no sequences, but bytes
	return &zstdCodec{Codec: &parquet.Zstd, encoder: encoder}, err
}

// Encode compresses a page. It may be called concurrently.
func (c *zstdCodec) Encode(dst, src []byte) ([]byte, error) {
	return c.encoder.EncodeAll(src, dst[:0]), nil
}

// CompressionCodec is the name of the codec in the file.
func (c *zstdCodec) CompressionCodec() format.CompressionCodec { return format.Zstd }
