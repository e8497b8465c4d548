// Package state stores what later runs on the same machine can use: the answers of an unfinished run,
// and the times of recent requests.
//
//	<folder>/runs/<hash>.journal   the answers of one run, by its target and endpoint
//	<folder>/budget/<hash>.ring    the times of the last requests to one host
//
// A damaged, missing or full file changes how many requests a run sends, never its output. No file
// contains an API key or a header.
package state
