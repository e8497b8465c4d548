// Package transform turns pages of the API's answers into Arrow record batches.
//
// It takes the body of one page at a time, whole, and a compiled tree of the
// columns wanted; it gives batches of rows, one table at a time, and says what
// became of every record: kept, seen before, filtered, or rejected with the
// reason. A page that turns out damaged leaves no row behind.
//
// The way of a byte: schemas/jsonscan reads JSON strictly, page.go the envelope of the
// answer, tree.go walks a record along the compiled response keys, leaf.go and
// convert.go make values of a column's type, vector.go and column.go hold
// them until chunk.go hands them to Arrow without a copy. expr.go computes
// columns from columns.
//
// # Rules of flattening
//
// A key that is missing, and a null object on the way, are a null value. A path through
// several lists gives one flat list: each element of the innermost list is a position, null
// where the element is null or does not have the rest of the path, and a null or missing inner
// list adds nothing. The list is null only if the outermost one is, or an object before
// it; an empty list is not null. Join leaves nulls out and gives an empty text for an empty list. First is
// the first element, also if that is null. Count counts nulls. Distinct keeps one null. Each is null
// for a null list.
//
// A table's rows are the elements of the innermost list of its path, null elements too. Columns that leave the
// path to the rows part-way take the value of the element they leave it at. Outer adds one row to a
// record that has no row.
//
// A value that does not fit its column, or a null in a column that is not nullable, rejects the
// record in all tables. Integers are exact: 3.0 is one, 3.5 is not, and a string is a number only as
// JSON writes numbers. A time with more than microseconds does not fit; a date made of a time is
// its UTC day.
//
// It never reads a spec, asks the network, or writes a file, and it starts no
// goroutine: a Decoder is used by one goroutine at a time.
package transform
