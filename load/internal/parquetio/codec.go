package parquetio

import (
	"runtime"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/brotli"
	"github.com/parquet-go/parquet-go/compress/gzip"

	"github.com/civic-etl/civic-etl/load/format"
)

// Codec is what compresses the pages of a Parquet file.
func Codec(f format.Format) (compress.Codec, error) {
	switch f.Codec() {
	case "zstd":
		return newZstdCodec(f.ZstdLevel(), runtime.GOMAXPROCS(0))
	case "snappy":
		return &parquet.Snappy, nil
	case "gzip":
		return &gzip.Codec{Level: f.LevelOr(6)}, nil
	case "lz4_raw":
		return &parquet.Lz4Raw, nil
	case "brotli":
		return &brotli.Codec{Quality: f.LevelOr(5), LGWin: brotli.DefaultLGWin}, nil
	case "none":
		return &parquet.Uncompressed, nil
	}
	return nil, f.Check()
}
