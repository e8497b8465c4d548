// Package transform turns pages of API answers into Arrow record batches.
//
// It takes the body of one whole page at a time, and the columns of each table. It
// gives batches of rows, one table at a time, and the fate of every record: kept,
// duplicate, filtered, or rejected with a reason. A damaged page leaves no row.
//
// A page passes through the files in this order: decoder.go begins and ends pages and records, envelope.go reads what
// surrounds the records, walk.go reads a record along the tree of response keys (node.go), leaf.go and convert.go
// fill the columns, table.go makes rows, and computed.go runs expressions. Package schemas/jsonscan reads JSON;
// internal/column holds the rows and makes batches without a copy; expression compiles expressions.
//
// # Rules of flattening
//
// A missing key, and a null object on a path, give a null value. A path through several lists gives one flat list:
// each element of the innermost list is an element, null if the element is null or lacks the rest of the path. A null
// or missing inner list adds nothing. The list is null only if the outermost list, or an object before it, is null;
// an empty list is not null.
//
// Join leaves nulls out, and gives an empty text for an empty list. First is the first element, even if it is null.
// JoinInner joins each innermost list to one element, which is null if the list is null or missing. Count counts nulls.
// Distinct keeps one null. Each of them is null for a null list.
//
// A table's rows are the elements of the innermost list of its path, including null
// elements. A column whose path leaves the path to the rows early takes the value
// from the element where it leaves. Outer adds one row for a record without rows.
//
// A value that does not fit its column, or a null in a column that is not nullable, rejects the record in all tables.
// Integers are exact: 3.0 is an integer, 3.5 is not. A string is a number only if JSON would write the number so. A
// time finer than microseconds does not fit; a date from a time is its UTC day.
//
// The package never reads a spec, uses the network, or writes a file. It starts no
// goroutine; one goroutine at a time may use a Decoder.
package transform
