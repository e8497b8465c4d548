package load

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/brotli"
	"github.com/parquet-go/parquet-go/compress/gzip"
)

// Format is how a table is written. The zero value of a field is its default.
type Format struct {
	Name         string // parquet, ndjson or tsv
	Compression  string // parquet: zstd (default), snappy, gzip, lz4_raw, brotli, none; others: none (default), gzip, zstd
	Level        int    // of zstd 1 to 22, of gzip 1 to 9, of brotli 1 to 11
	RowGroupRows int    // parquet: rows in a row group, 122,880 by default
	Squish       bool   // tsv: runs of white space become one space, none at the ends
	Null         string // tsv: the text of a null, empty by default
}

// FormatNames lists the formats, in the order to show a user.
func FormatNames() []string { return []string{"parquet", "ndjson", "tsv"} }

var compressions = map[string][]string{
	"parquet": {"zstd", "snappy", "gzip", "lz4_raw", "brotli", "none"},
	"ndjson":  {"none", "gzip", "zstd"},
	"tsv":     {"none", "gzip", "zstd"},
}

var levels = map[string]int{"zstd": 22, "gzip": 9, "brotli": 11}

// compression is the one in force; a format's first is its default.
func (f Format) compression() string {
	if f.Compression == "" {
		return compressions[f.Name][0]
	}
	return f.Compression
}

// FormatError says what is wrong with a format, and how to mend it.
type FormatError struct{ What, Hint string }

func (e *FormatError) Error() string { return e.What + ": " + e.Hint }

// Check says what is wrong with the format. The error is a *FormatError.
func (f Format) Check() error {
	known, ok := compressions[f.Name]
	if !ok {
		return &FormatError{fmt.Sprintf("unknown format %q", f.Name), "use one of " + strings.Join(FormatNames(), ", ")}
	}
	c := f.compression()
	if !slices.Contains(known, c) {
		return &FormatError{fmt.Sprintf("%s cannot be compressed with %q", f.Name, c), "use one of " + strings.Join(known, ", ")}
	}
	most := levels[c]
	switch {
	case f.Level != 0 && most == 0:
		return &FormatError{fmt.Sprintf("compression %s has no levels", c), "leave level out"}
	case f.Level < 0 || f.Level > max(most, 0):
		return &FormatError{fmt.Sprintf("level %d of %s", f.Level, c), fmt.Sprintf("levels go from 1 to %d", most)}
	case f.RowGroupRows < 0:
		return &FormatError{fmt.Sprintf("row_group_rows %d", f.RowGroupRows),
			fmt.Sprintf("give the number of rows in a row group, such as %d", defaultRowGroupRows)}
	}
	return nil
}

// codec is Parquet's own compression of pages.
func (f Format) codec() (compress.Codec, error) {
	switch f.compression() {
	case "zstd":
		return newZstdCodec(f.zstdLevel(), runtime.GOMAXPROCS(0))
	case "snappy":
		return &parquet.Snappy, nil
	case "gzip":
		return &gzip.Codec{Level: f.level(6)}, nil
	case "lz4_raw":
		return &parquet.Lz4Raw, nil
	case "brotli":
		return &brotli.Codec{Quality: f.level(5), LGWin: brotli.DefaultLGWin}, nil
	case "none":
		return &parquet.Uncompressed, nil
	}
	return nil, f.Check()
}

func (f Format) level(otherwise int) int {
	if f.Level == 0 {
		return otherwise
	}
	return f.Level
}

func (f Format) zstdLevel() zstd.EncoderLevel {
	return zstd.EncoderLevelFromZstd(f.level(3))
}
