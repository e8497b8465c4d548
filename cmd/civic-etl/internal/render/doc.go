// Package render turns what a command found into text, or the forms of `diff`.
//
// It takes inspections, verifications, comparisons and entries of the schema; it gives
// text with names and values escaped for a terminal. It never reads files and never
// decides an exit status.
package render

import "github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"

func escape(text string) string         { return terminal.Escape(text) }
func count(n int64, what string) string { return terminal.Count(n, what) }
