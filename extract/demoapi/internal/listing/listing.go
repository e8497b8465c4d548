// Package listing knows how each of the API's connections lists records: its own order with ties, its filters, its
// sort columns.
//
// It takes records and the arguments of a query, and gives tests of records and ordered lists. It never cuts pages and
// never writes JSON.
package listing

import (
	_ "embed"
	"strings"
)

// Listing describes the connections of one name, at the root and inside records.
type Listing struct {
	Table   string            // the data set's table that the root connection lists
	Order   string            // the server's own order: paths, "-" before a descending one
	Hidden  string            // paths; the root leaves out records where one is true, or zero after "!"
	Status  string            // the argument with a default, which leaves records out
	Filters map[string]Filter // by argument
	Sorts   map[string]string // paths by column of sortBy
}

// Of returns the listing of a connection. One that is not known returns its records as they are and takes paging
// arguments only.
func Of(connection string) (l Listing, known bool) {
	l, known = listings[connection]
	if l.Table == "" {
		l.Table = connection
	}
	return l, known
}

// statusDefaults holds the default value of each Status argument.
var statusDefaults = map[string]string{"status": NonRejected, "evidenceStatusFilter": withEvidence}

// StatusDefault returns the value of the Status argument where a query does not give it.
func (l Listing) StatusDefault() string { return statusDefaults[l.Status] }

// IsDefault reports whether the value of an argument is the default of a Status argument.
func IsDefault(value any) bool { return value == NonRejected || value == withEvidence }

//go:embed listings.txt
var listingsText string

// listings holds what is known of the API's connections, by field name.
var listings = readListings(listingsText)

// readListings reads text in the format that the head of listings.txt explains.
func readListings(text string) map[string]Listing {
	out := map[string]Listing{}
	for block := range strings.SplitSeq(text, "connection ") {
		names, rules, _ := strings.Cut(block, "\n")
		l := Listing{Filters: map[string]Filter{}, Sorts: map[string]string{}}
		for line := range strings.Lines(rules) {
			if rule, value, ok := strings.Cut(line, " "); ok && rule != "#" {
				l.add(rule, strings.TrimSpace(value))
			}
		}
		for name := range strings.FieldsSeq(names) {
			out[name] = l
		}
	}
	return out
}

// add applies one line of a block.
func (l *Listing) add(rule, value string) {
	switch rule {
	case "table":
		l.Table = value
	case "order":
		l.Order = value
	case "hidden":
		l.Hidden = value
	case "status":
		l.Status = value
	default:
		for pair := range strings.FieldsSeq(value) {
			name, path, _ := strings.Cut(pair, "=")
			if rule == "sort" {
				l.Sorts[name] = path
			} else {
				l.Filters[name] = Filter{tests[rule], path}
			}
		}
	}
}
