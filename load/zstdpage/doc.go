// Package zstdpage compresses pages of Parquet files as Zstandard frames (RFC
// 8878), about half as fast again as the library's encoder at level 3 and no
// larger. Statements are most of what CIViC holds, and compressing them is the
// largest part of writing Parquet.
//
// It takes a page of at most MaxSize bytes and gives one frame that any
// Zstandard decoder reads. It is made for that size: positions and a part of
// their hash fit into 32 bits, tables into a core's second cache, and a frame
// is one segment, with no window to move. The same page always gives the same
// frame. It never decompresses: what it wrote is read back by the library's
// decoder before a file is published.
package zstdpage
