package load

import (
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"

	"github.com/civic-etl/civic-etl/load/zstdpage"
)

// zstdCodec compresses Parquet pages: at the level that zstdpage is made for
// with that, at others, and pages that are too small or too large for it, with the library.
type zstdCodec struct {
	compress.Codec // what is not about encoding
	library        *zstd.Encoder
	pages          chan *zstdpage.Encoder // at rest; nil at other levels
}

// zstdPageWindow is no larger than a page: parquet-go's own codec keeps 16 MB
// for each page compressed at a time.
const zstdPageWindow = 1 << 20

// smallPage is below what zstdpage is worth: it clears its tables for each page.
const smallPage = 8 << 10

func newZstdCodec(level zstd.EncoderLevel, workers int) (*zstdCodec, error) {
	c := &zstdCodec{Codec: &parquet.Zstd}
	if level == zstd.SpeedDefault {
		c.pages = make(chan *zstdpage.Encoder, workers)
	}
	var err error
	c.library, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(workers),
		zstd.WithWindowSize(zstdPageWindow), zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true),
		zstd.WithAllLitEntropyCompression(true)) // numbers repeat no sequences, but bytes
	return c, err
}

// Encode compresses a page. Any number of pages may be compressed at once.
func (c *zstdCodec) Encode(dst, src []byte) ([]byte, error) {
	if c.pages == nil || len(src) < smallPage || len(src) > zstdpage.MaxSize {
		return c.library.EncodeAll(src, dst[:0]), nil
	}
	var e *zstdpage.Encoder
	select {
	case e = <-c.pages:
	default:
		e = zstdpage.New()
	}
	dst = e.Append(dst[:0], src)
	select {
	case c.pages <- e:
	default: // as many as can work at a time are at rest
	}
	return dst, nil
}

// CompressionCodec is the name of the codec in the file.
func (c *zstdCodec) CompressionCodec() format.CompressionCodec { return format.Zstd }
