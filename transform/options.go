package transform

import (
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

// Column is one output column. Its values are read from the record along Keys, or
// computed by Expr from the table's other columns.
type Column struct {
	Name string
	// Keys lead from the record to the value; the last may be a list of scalars.
	Keys []schemas.Key
	// Type is the column's type as it is written, after Mode.
	Type schemas.Type
	// Wire is the type of one value as the API sends it.
	Wire schemas.Kind
	// Mode is how a path through lists becomes a value. It has no effect on a path
	// without lists, or if the elements of all its lists make the rows.
	Mode schemas.ListMode
	// Separator separates the elements of a Join.
	Separator string
	// Label, if not nil, replaces the text of every string value. It must give the same label for the same text.
	Label func(string) string
	// Expr is an expression over the table's columns. It may name all columns with
	// paths, and computed columns before this one.
	Expr string
	// Lookup names the values that Options.Lookup gives for the value of the column By, which has a path. The column
	// is a list.
	Lookup, By string
	// Ordinal makes the value the place, from 1, of a row's element in the list that Keys lead to.
	Ordinal bool
	// Whole takes all values of the record along Keys, whatever the table's rows are.
	Whole bool
	// Repeat repeats each row as often as Expr says, an expression over the columns with paths; null is never. The
	// column counts the rows from 1.
	Repeat bool
	// Hidden columns are visible to expressions only; batches do not have them.
	Hidden bool
}

// Table is one output table.
type Table struct {
	Name string
	// Rows lead to the list whose elements make the rows, perhaps through other lists; nil gives one row per record.
	Rows []schemas.Key
	// Outer keeps a record without elements as one row. Its columns under Rows are null and must be nullable.
	Outer   bool
	Columns []Column
	// Filter is an expression over the columns. A row is kept if it is true, and dropped if it is false or null.
	Filter string
}

// Options are the settings of a decoder.
type Options struct {
	// Connection is the root field whose nodes are the records.
	Connection string
	// ID leads to the record's integer id. Without it, duplicates are not found and ids are not reported.
	ID     []schemas.Key
	Tables []Table
	// BatchRows is the number of rows after which a table emits a batch, at the end of
	// a page; 0 means 1024. A batch can exceed it by one page's rows.
	BatchRows int
	// Known reports whether a record was taken from an earlier page; nil means never.
	// Decode calls it once for each record that has an id.
	Known func(id int64) bool
	// Lookup returns the values of a key, for columns with a Lookup; nil means that there are none.
	Lookup func(name string, key int64) []any
	// Allocator gives the memory of batches; nil means Arrow's default. It must be safe
	// for concurrent use, because other goroutines release batches.
	Allocator memory.Allocator
}

// Result is the content of one page.
type Result struct {
	// Records is the number of nodes in the page. The records kept are Records less
	// Duplicates less the number of Rejects.
	Records int
	// Duplicates were known before or occurred earlier in the page. They give no rows.
	Duplicates int
	// Filtered is the number of rows, over all tables, that a filter dropped.
	Filtered int
	// TotalCount is the server's count over all pages, -1 if the page has none.
	TotalCount int
	HasNext    bool
	// IDs are the distinct ids in the page that were not known before, in page order, of
	// kept, filtered and rejected records. The caller owns the slice.
	IDs     []int64
	Rejects []Reject
}

// Reject is a record with a value that does not fit its column. No table has a row of it.
type Reject struct {
	Table  string
	Reason string
	// Path is the response path of the value, with list indexes: therapies[1].name. It is
	// empty for a fault in a computed column.
	Path string
	// Record is the record as the server sent it, without white space.
	Record []byte
}
