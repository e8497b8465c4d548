// Package jsonscan reads JSON strictly and without copies.
//
// It takes one whole document as bytes. It gives the end of each value, its
// token, and the position and reason of the first fault.
//
// Besides the grammar of RFC 8259 it refuses invalid UTF-8, escapes of lone surrogates, repeated keys in one object,
// nesting beyond MaxDepth, and more keys than it can compare in little memory. A caller can bound the number of values,
// stop a scan, and read on behind damaged texts. It knows nothing of GraphQL, of CIViC, or of column types. It never
// changes or keeps the document, reads from a stream, or starts a goroutine.
package jsonscan
