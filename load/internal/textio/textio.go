// Package textio writes and reads tables as NDJSON and TSV. It takes record batches and gives text, or takes text and
// gives record batches or the checksums of its columns. Its decoders are strict: they accept only text as its
// encoders write it. It never opens a file, and knows nothing of Parquet.
package textio

import (
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/schemas"
)

// Options describe the text of a table.
type Options struct {
	Format  format.Format
	Columns []schemas.Column // in the order of the text
	Narrow  int              // encoder: divides the memory of the compression; 0 is 1
	Select  []string         // ReadRows: the columns to give; nil is all
	MaxRow  int              // ReadRows: bytes of a row at most; 0 is no limit
}

const (
	blockBytes  = 64 << 10  // of text, written or checked at a time: they stay in the cache
	rowsBytes   = 256 << 10 // of text that become one batch, unless a row is longer
	bufferBytes = 64 << 10  // of compressed text
)
