// Package column holds rows in Arrow's memory layout while they are decoded.
//
// It takes values one after another and can go back to any former number of rows, which Arrow's builders cannot: a
// page, a record or a row may turn out to be unwanted after some of its values were appended. It gives record batches
// without a copy, and fills the memory again after a batch is released.
//
// It never reads JSON or a spec, and it does not check that a value belongs in a column, except for computed values
// (Column.AppendValue). One goroutine at a time fills a column; any goroutine may release a batch.
package column
