// Package eval evaluates the parsed and checked tree of an expression, with the logic of SQL.
//
// It takes a tree of github.com/expr-lang/expr, the names of columns and the functions that it may call. It gives a
// program of closures, which runs over one row at a time. A value is nil (null), bool, int, float64, string,
// time.Time, time.Duration, []any or a map of these. Text is counted in characters, which are Unicode code points. A
// result that cannot be right, such as an integer overflow, is an error. The package never parses text of an
// expression, never uses reflection, and starts no goroutine.
package eval
