// Package state keeps what one run leaves for the next on a machine: the answers
// that a run which died had already, and when requests were made.
//
//	<folder>/runs/<hash>.journal   the answers of one run, by its target and endpoint
//	<folder>/budget/<hash>.ring    when the last requests to one host were made
//
// Both are only ever a help: a file that is damaged, missing or full changes how
// much is asked, never what comes of it. No file holds an API key or a header.
package state
