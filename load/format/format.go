// Package format describes how tables are written: the formats, their compressions and levels, and the names of files.
// It compresses and decompresses text. It never opens a file, and does not know how Parquet compresses pages.
package format

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Format is how a table is written. The zero value of a field is its default.
type Format struct {
	Name         string // one of Names
	Compression  string // one of Compressions, the first by default
	Level        int    // of zstd 1 to 22, of gzip and bgzip 1 to 9, of brotli 1 to 11
	RowGroupRows int    // parquet: rows in a row group, 122,880 by default
	Squish       bool   // tsv: runs of white space become one space, none at the ends
	Null         string // tsv: the text of a null, empty by default
	Empty        string // tsv: how an empty text is written: quoted, by default, or bare, as nothing

	ReferenceGRCh37, ReferenceGRCh38 string // vcf: FASTA files
	ContigPrefix                     string // vcf: before the names of chromosomes, chr or nothing
}

// Bare is a Format.Empty: an empty text is written as nothing, so that readers take it for a null.
const Bare = "bare"

// Names lists the formats, in the order to show a user.
func Names() []string { return []string{"parquet", "ndjson", "tsv", "vcf"} }

var compressions = map[string][]string{
	"parquet": {"zstd", "snappy", "gzip", "lz4_raw", "brotli", "none"},
	"ndjson":  {"none", "gzip", "zstd"},
	"tsv":     {"none", "gzip", "zstd"},
	"vcf":     {"none", "bgzip"},
}

// Compressions lists the compressions of a format, the default first.
func Compressions(format string) []string { return compressions[format] }

// DefaultRowGroupRows is the default number of rows in a row group, as in DuckDB.
const DefaultRowGroupRows = 122_880

var levels = map[string]int{"zstd": 22, "gzip": 9, "bgzip": 9, "brotli": 11}

// Codec is the compression, or the default one.
func (f Format) Codec() string {
	if f.Compression == "" {
		return compressions[f.Name][0]
	}
	return f.Compression
}

// Streams reports whether a table can be written piece by piece to a stream.
func (f Format) Streams() bool { return f.Name == "ndjson" || f.Name == "tsv" }

// Error says what is wrong with a format, and how to correct it.
type Error struct{ What, Hint string }

// Error joins both.
func (e *Error) Error() string { return e.What + ": " + e.Hint }

// Check validates the format. The error is an *Error.
func (f Format) Check() error {
	known, ok := compressions[f.Name]
	if !ok {
		return &Error{fmt.Sprintf("unknown format %q", f.Name), "use one of " + strings.Join(Names(), ", ")}
	}
	c := f.Codec()
	if !slices.Contains(known, c) {
		return &Error{fmt.Sprintf("%s cannot be compressed with %q", f.Name, c),
			"use one of " + strings.Join(known, ", ")}
	}
	most := levels[c]
	switch {
	case f.Level != 0 && most == 0:
		return &Error{fmt.Sprintf("compression %s has no levels", c), "leave level out"}
	case f.Level < 0 || f.Level > most:
		return &Error{fmt.Sprintf("level %d of %s", f.Level, c), fmt.Sprintf("levels go from 1 to %d", most)}
	case f.RowGroupRows < 0:
		return &Error{fmt.Sprintf("row_group_rows %d", f.RowGroupRows),
			fmt.Sprintf("give the number of rows in a row group, for example %d", DefaultRowGroupRows)}
	}
	return nil
}

// LevelOr is the level, or the default given.
func (f Format) LevelOr(otherwise int) int { return cmp.Or(f.Level, otherwise) }

// ZstdLevel is the level of the zstd library.
func (f Format) ZstdLevel() zstd.EncoderLevel { return zstd.EncoderLevelFromZstd(f.LevelOr(3)) }
