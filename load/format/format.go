// Package format describes how tables are written: the formats, their
// compressions and levels, and the names of files. It compresses and decompresses
// text. It never opens a file, and does not know how Parquet compresses pages.
package format

import (
	"fmt"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
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

// Names lists the formats, in the order to show a user.
func Names() []string { return []string{"parquet", "ndjson", "tsv"} }

var compressions = map[string][]string{
	"parquet": {"zstd", "snappy", "gzip", "lz4_raw", "brotli", "none"},
	"ndjson":  {"none", "gzip", "zstd"},
	"tsv":     {"none", "gzip", "zstd"},
}

// Compressions lists what a format can be compressed with, the default first.
func Compressions(format string) []string { return compressions[format] }

// DefaultRowGroupRows is how many rows DuckDB writes to a row group too.
const DefaultRowGroupRows = 122_880

var levels = map[string]int{"zstd": 22, "gzip": 9, "brotli": 11}

// Codec is the compression that applies: Compression, or the default.
func (f Format) Codec() string {
	if f.Compression == "" {
		return compressions[f.Name][0]
	}
	return f.Compression
}

// Check says what is wrong with the format, and how to correct it.
func (f Format) Check() error {
	known, ok := compressions[f.Name]
	if !ok {
		return fmt.Errorf("unknown format %q: use one of %s", f.Name, strings.Join(Names(), ", "))
	}
	c := f.Codec()
	if !slices.Contains(known, c) {
		return fmt.Errorf("%s cannot be compressed with %q: use one of %s", f.Name, c, strings.Join(known, ", "))
	}
	most := levels[c]
	switch {
	case f.Level != 0 && most == 0:
		return fmt.Errorf("compression %s has no levels: leave level out", c)
	case f.Level < 0 || f.Level > max(most, 0):
		return fmt.Errorf("level %d of %s: levels go from 1 to %d", f.Level, c, most)
	case f.RowGroupRows < 0:
		return fmt.Errorf("row_group_rows %d: give the number of rows in a row group, such as %d",
			f.RowGroupRows, DefaultRowGroupRows)
	}
	return nil
}

// LevelOr is the level, or another where none is given.
func (f Format) LevelOr(otherwise int) int {
	if f.Level == 0 {
		return otherwise
	}
	return f.Level
}

// ZstdLevel is the level as the zstd library has it.
func (f Format) ZstdLevel() zstd.EncoderLevel {
	return zstd.EncoderLevelFromZstd(f.LevelOr(3))
}
