// Package jsonscan reads JSON text (RFC 8259) strictly and without building values.
//
// It takes bytes and gives the places of values in them. Besides the grammar it refuses invalid
// UTF-8, escapes of lone surrogates, repeated keys in one object and nesting beyond MaxDepth. It
// never copies a value and never interprets one: extract and transform do, over the same scanner,
// so that a page which one accepts is well-formed for the other.
package jsonscan
