// Package expression compiles and runs the expressions of computed columns and filters.
//
// It takes the text of an expression and the columns that it may name. It gives the type of the result, a program to
// run over rows, and faults with their place in the text. The language is that of github.com/expr-lang/expr;
// functions.go lists the functions that this package adds, in one table.
//
// The same row gives the same result on every machine: builtins that depend on the clock, on time zones or on the
// order of a map are not available. A computation with a null gives null, as in SQL. The package never reads a spec
// or a page, and it starts no goroutine.
package expression
