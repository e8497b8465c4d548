package load

import (
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
)

// zstdCodec compresses Parquet pages with a window no larger than a page:
// parquet-go's own keeps 16 MB for each page compressed at a time.
type zstdCodec struct {
	compress.Codec // what is not about encoding
	encoder        *zstd.Encoder
}

const zstdPageWindow = 1 << 20

func newZstdCodec(level zstd.EncoderLevel, workers int) (*zstdCodec, error) {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(workers),
		zstd.WithWindowSize(zstdPageWindow), zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true),
		zstd.WithAllLitEntropyCompression(true)) // numbers repeat no sequences, but bytes
	return &zstdCodec{&parquet.Zstd, e}, err
}

// Encode compresses a page. Any number of pages may be compressed at once.
func (c *zstdCodec) Encode(dst, src []byte) ([]byte, error) {
	return c.encoder.EncodeAll(src, dst[:0]), nil
}

// CompressionCodec is the name of the codec in the file.
func (c *zstdCodec) CompressionCodec() format.CompressionCodec { return format.Zstd }
