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

// The ways of paging. Auto is Offset for now. Offset asks for rows by their
// place in the server's order; IDs for consecutive ranges of ids.
const (
	Auto Paging = iota
	Offset
	IDs
)

var pagingNames = []string{Auto: "auto", Offset: "offset", IDs: "ids"}

// String is the way of paging as a spec's `paging:` names it.
func (p Paging) String() string { return pagingNames[p] }

// PagingNames lists what ParsePaging takes.
func PagingNames() []string { return pagingNames }

// ParsePaging reads the name of a way of paging.
func ParsePaging(name string) (Paging, bool) {
	i := slices.Index(pagingNames, name)
	return Paging(max(i, 0)), i >= 0
}

// Query selects records of one connection. Do not change it once a source reads it.
type Query struct {
	Connection *schemas.Connection
	Args       string // GraphQL text, as schemas.ArgsText gives it; "" none
	Selection  *schemas.Selection
	PageSize   int    // records; 0, or more than the connection gives at once, is its most
	Paging     Paging // IDs only for a connection whose ids argument matches its nodes' id
	OrderByID  bool   // add sortBy ID, unless Args has a sortBy of its own
	Follow     bool   // by offset, but after the server's own cursors, one page after another
	Limit      int    // only the first so many records; 0 all
}

// Resolved is the way of paging that Auto stands for here.
func (q *Query) Resolved() Paging {
	if q.Paging == Auto {
		return Offset
	}
	return q.Paging
}

// Rows is the number of records of a full page: at most what the server gives at once,
// since larger steps would lose data.
func (q *Query) Rows() int {
	most := max(q.Connection.MaxPage, 1)
	if q.PageSize <= 0 {
		return most
	}
	return min(q.PageSize, most)
}

// Text is the GraphQL document of a page. It depends only on the query: the variables
// $first, $after and $ids select the page.
func (q *Query) Text() string {
	variables, args := "$first: Int, $after: String", append(q.args(), "first: $first", "after: $after")
	if q.Resolved() == IDs {
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

// name is the operation's name: EvidenceItems for evidenceItems.
func (q *Query) name() string {
	name := []rune(q.Connection.Name)
	name[0] = unicode.ToUpper(name[0])
	return string(name)
}

// args are the arguments that all pages share, each as text, Args first and unchanged. A
// text that does not parse goes to the server, which reports the fault.
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

// argsOf are the arguments to ask for records by their ids: those of args without ids and
// the order. They are needed because a default filter could hide the records.
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
	if text == "" {
		return nil
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: "{ x(" + text + ") }"})
	if err != nil || len(doc.Operations) != 1 || len(doc.Operations[0].SelectionSet) != 1 {
		return nil
	}
	field, ok := doc.Operations[0].SelectionSet[0].(*ast.Field)
	if !ok {
		return nil
	}
	return field.Arguments
}

// cursor is the server's cursor of the row at an offset that counts from 1: the page after
// it begins with the row at offset + 1.
func cursor(offset int) string {
	return base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, int64(offset), 10))
}
