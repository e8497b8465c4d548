package transform

import (
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

// Column is one output column. It is read from the record along Keys, or, where
// Expr is given, computed from the table's other columns.
type Column struct {
	Name string
	// Keys lead from the record to the value; the last may be a list of scalars.
	Keys []schemas.Key
	// Type is the column's type as it is written, after Mode.
	Type schemas.Type
	// Wire is the type of one value as the API sends it.
	Wire schemas.Kind
	// Mode says what becomes of a path through lists; without a list (or where all lists
	// of the path are those whose elements make the rows) it does nothing.
	Mode schemas.ListMode
	// Separator stands between the elements of a Join.
	Separator string
	// Label, if given, replaces the text of every string value. It must give the
	// same label for the same text.
	Label func(string) string
	// Expr is an expression over the table's columns; it may name columns with paths
	// and computed columns before this one.
	Expr string
	// Ordinal makes it the place, from 1, of a row's element in its list, to which Keys lead.
	Ordinal bool
	// Whole takes all that the record has along Keys, whatever the table's rows are made of.
	Whole bool
	// Hidden columns are seen by expressions only: batches are without them.
	Hidden bool
}

// Table is one output table.
type Table struct {
	Name string
	// Rows leads to the list whose elements make the rows, through other lists
	// if need be; nil gives one row per record.
	Rows []schemas.Key
	// Outer keeps a record without any element as one row, whose columns
	// under Rows are null (and must be nullable).
	Outer   bool
	Columns []Column
	// Filter is an expression over the columns; a row stays where it is true, and goes
	// where it is false or null.
	Filter string
}

// Options say what Compile makes a decoder for.
type Options struct {
	// Connection is the root field whose nodes are the records.
	Connection string
	// ID leads to the record's integer id. Without it records are neither counted as
	// duplicates nor reported by id.
	ID     []schemas.Key
	Tables []Table
	// BatchRows is how many rows a table gathers before a batch is emitted, at the
	// end of a page; 0 means 1024. A batch can exceed it by a page's rows.
	BatchRows int
	// Known says whether a record was already taken from an earlier page; nil: never.
	// It is called once for each record that has an id, from within Decode.
	Known func(id int64) bool
	// Allocator gives the memory of batches; nil: Arrow's default. It must be safe for
	// concurrent use, as batches are released from other goroutines.
	Allocator memory.Allocator
}

// Result is what one page held.
type Result struct {
	// Records is the number of nodes in the page, whatever became of them. The records
	// kept are Records less Duplicates less the number of Rejects.
	Records int
	// Duplicates were known before or occurred earlier in the page, and gave no rows.
	Duplicates int
	// Filtered is the number of rows, over all tables, that a filter dropped.
	Filtered int
	// TotalCount is the server's count over all pages, -1 if the page has none.
	TotalCount int
	HasNext    bool
	// IDs are the distinct ids in the page that were not known before, in page order: those of
	// kept, filtered and rejected records alike. The caller owns the slice.
	IDs     []int64
	Rejects []Reject
}

// Reject is a record with a value that does not fit its column. No table has a row of it.
type Reject struct {
	Table  string
	Reason string
	// Path is the response path of the value, with list indexes: therapies[1].name. It is
	// empty where the fault is in a computed column.
	Path string
	// Record is the record as the server sent it, compacted.
	Record []byte
}
