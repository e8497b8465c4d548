package extract

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/civic-etl/civic-etl/schemas"
)

// Paging is how the pages of a connection are addressed.
type Paging uint8

// The ways of paging: by rows in the server's order, or by ranges of ids. Auto is Offset.
const (
	Auto Paging = iota
	Offset
	IDs
)

var pagingNames = []string{Auto: "auto", Offset: "offset", IDs: "ids"}

// String gives the name of the way of paging in a spec.
func (p Paging) String() string { return pagingNames[p] }

// PagingNames gives the names that ParsePaging accepts.
func PagingNames() []string { return pagingNames }

// ParsePaging reads the name of a way of paging.
func ParsePaging(name string) (Paging, bool) {
	i := slices.Index(pagingNames, name)
	return Paging(max(i, 0)), i >= 0
}

// Query selects records of one connection. Do not change it once a source reads it.
type Query struct {
	Connection *schemas.Connection
	Args       string // GraphQL text, from schemas.ArgsText; may be empty
	Selection  *schemas.Selection
	PageSize   int    // records; 0, or more than the connection's most, is its most
	Paging     Paging // IDs only for a connection whose ids argument matches its nodes' id
	OrderByID  bool   // add sortBy ID, unless Args has a sortBy
	Follow     bool   // by offset, one page after another, after the server's cursors
	Limit      int    // of records; 0: all
}

// Resolved gives the way of paging, with Auto replaced.
func (q *Query) Resolved() Paging {
	if q.Paging == Auto {
		return Offset
	}
	return q.Paging
}

// Rows gives the number of records of a full page, at most the server's: larger steps would lose data.
func (q *Query) Rows() int {
	most := max(q.Connection.MaxPage, 1)
	if q.PageSize <= 0 {
		return most
	}
	return min(q.PageSize, most)
}

// Text gives the GraphQL document of all pages: the variables $first, $after and $ids select one.
func (q *Query) Text() string { return q.text(q.Resolved() == IDs) }

func (q *Query) text(ids bool) string {
	variables, args := "$first: Int, $after: String", append(q.args(), "first: $first", "after: $after")
	if ids {
		variables = "$ids: [Int!], " + variables
		args = append([]string{"ids: $ids"}, args...)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "query %s(%s) {\n", q.name(), variables)
	fmt.Fprintf(&b, "  %s(%s) {\n", q.Connection.Name, strings.Join(args, ", "))
	b.WriteString("    totalCount\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n")
	b.WriteString("    nodes {\n" + q.Selection.Text("      ") + "    }\n  }\n}\n")
	return b.String()
}

// name gives the operation's name: EvidenceItems for evidenceItems.
func (q *Query) name() string {
	name := []rune(q.Connection.Name)
	name[0] = unicode.ToUpper(name[0])
	return string(name)
}

// args gives the arguments that all pages share, Args first and unchanged. The server reports a syntax
// fault in Args.
func (q *Query) args() []string {
	var list []string
	if q.Args != "" {
		list = append(list, q.Args)
	}
	if q.OrderByID && !q.HasArg("sortBy") {
		list = append(list, "sortBy: {column: ID, direction: ASC}")
	}
	return list
}

// argsOf gives the arguments to request records by ids: Args without ids and sortBy. The others stay,
// as a default filter could hide the records.
func (q *Query) argsOf(ids string) []string {
	var list []string
	for _, arg := range parseArgs(q.Args) {
		if arg.Name != "ids" && arg.Name != "sortBy" {
			list = append(list, arg.Name+": "+arg.Value.String())
		}
	}
	return append(list, "ids: "+ids)
}

// HasArg reports whether Args has an argument of a name.
func (q *Query) HasArg(name string) bool { return parseArgs(q.Args).ForName(name) != nil }

func parseArgs(text string) ast.ArgumentList {
	doc, err := parser.ParseQuery(&ast.Source{Input: "{ x(" + text + ") }"})
	if err != nil { // or no text
		return nil
	}
	return doc.Operations[0].SelectionSet[0].(*ast.Field).Arguments
}

// cursor gives the server's cursor of a row, from 1: the page after it begins with the next row.
func cursor(offset int) string {
	return base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, int64(offset), 10))
}
