package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/schemas/browse"
)

// Connections is a line for each connection.
func Connections(list []*browse.Entry) string {
	return terminal.Table(func(w io.Writer) {
		fmt.Fprintf(w, "connection\trecords\targuments\tpage\tpaged by\t\n")
		for _, e := range list {
			brief, _ := pagedBy(e.Pages)
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\n",
				e.Name, e.Of.Name, len(e.Args), e.Pages.Max, brief, terminal.FirstSentence(e.Doc))
		}
	})
}

// pagedBy names what keeps pages from missing records, in brief and in full.
func pagedBy(p *browse.Pages) (brief, full string) {
	switch {
	case p.SortByID:
		return "order of ids", "in the order of ids"
	case p.UniqueOrder:
		return "its order", "in the server's own order, which has no ties"
	case p.IDs:
		return "ids", "by ranges of ids: the server's own order has ties"
	}
	return "its order, ties", "in the server's own order, which may have ties"
}

// Hits is a line for each result of a search.
func Hits(list []*browse.Entry) string {
	return terminal.Table(func(w io.Writer) {
		for _, e := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.Name, e.Kind, e.Is, about(e))
		}
	})
}

// Entries is everything that is known about each entry.
func Entries(list []*browse.Entry) string {
	var b strings.Builder
	for i, e := range list {
		if i > 0 {
			b.WriteString("\n")
		}
		entryText(&b, e)
	}
	return b.String()
}

// entryText is everything that is known about an entry.
func entryText(b *strings.Builder, e *browse.Entry) {
	fmt.Fprintf(b, "%s: %s\n", e.Name, kindText(e))
	if e.Doc != "" {
		fmt.Fprintf(b, "  %s\n", e.Doc)
	}
	facts(b, e)
	section(b, "arguments", e.Args, true)
	section(b, "fields", e.Fields, e.Kind == "input")
	section(b, "values", e.Values, false)
	if e.Of != nil {
		b.WriteString("\n")
		entryText(b, e.Of)
	}
}

func kindText(e *browse.Entry) string {
	switch e.Kind {
	case "connection":
		return "a connection, whose records are " + e.Of.Name
	case "field", "argument":
		text := e.Kind + ", " + e.Is
		if e.Paged {
			text += ", every page is read"
		}
		if e.Nullable {
			text += ", may be null"
		}
		return text
	}
	return e.Kind
}

func facts(b *strings.Builder, e *browse.Entry) {
	rows := ""
	row := func(name, text string) {
		if text != "" {
			rows += name + "\t" + text + "\n"
		}
	}
	row("deprecated", e.Deprecated)
	if p := e.Pages; p != nil {
		_, order := pagedBy(p)
		row("pages", fmt.Sprintf("at most %d records each, %s", p.Max, order))
		row("left out", p.LeftOut)
		if p.Single != "" {
			row("one record", p.Single+"(id:)")
		}
	}
	row("default", e.Default)
	row("can be", strings.Join(e.Possible, ", "))
	row("implements", strings.Join(e.Implements, ", "))
	if rows != "" {
		b.WriteString("\n" + terminal.Table(func(w io.Writer) { fmt.Fprint(w, rows) }))
	}
}

// section lists members, a line each. given says that the author of a spec gives
// their values, so that it does not show whether they may be null.
func section(b *strings.Builder, title string, list []*browse.Entry, given bool) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n%s", title, terminal.Table(func(w io.Writer) {
		for _, e := range list {
			switch {
			case e.Kind == "value":
				fmt.Fprintf(w, "  %s\t%s\n", e.Name, about(e))
			case given:
				fmt.Fprintf(w, "  %s\t%s\t%s\n", e.Name, e.Is, about(e))
			default:
				fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", e.Name, e.Is, nullText(e), about(e))
			}
		}
	}))
}

func nullText(e *browse.Entry) string {
	switch {
	case e.Paged:
		return "paged"
	case e.Nullable:
		return "null"
	}
	return ""
}

// about is the description of an entry in one line.
func about(e *browse.Entry) string {
	var parts []string
	if e.Deprecated != "" {
		parts = append(parts, "Deprecated: "+e.Deprecated)
	}
	switch {
	case e.Required && e.Kind == "argument":
		parts = append(parts, "Required.")
	case e.Required:
		parts = append(parts, "Needs an argument, which a path cannot give.")
	}
	if e.Doc != "" {
		parts = append(parts, e.Doc)
	}
	if e.Default != "" {
		parts = append(parts, "Default: "+e.Default+".")
	}
	if len(e.Values) > 0 {
		parts = append(parts, "("+firstNames(e.Values, 8)+")")
	}
	return strings.Join(parts, " ")
}

func firstNames(list []*browse.Entry, most int) string {
	var names []string
	for _, e := range list[:min(most, len(list))] {
		names = append(names, e.Name)
	}
	if len(list) > most {
		names = append(names, fmt.Sprintf("… %d in all", len(list)))
	}
	return strings.Join(names, ", ")
}
