package browse

import (
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/internal/wording"
)

// Search lists the connections, arguments of connections, types, fields and values
// of enums whose name contains a word, and after them those whose description does.
// A member has the name of its owner before its own: EvidenceItem.therapies.
func Search(s *schemas.Schema, word string) []*Entry {
	b := browser{s, s.AST()}
	var all []*Entry
	for _, c := range s.Connections() {
		all = append(all, b.connectionEntry(c))
	}
	for _, def := range b.ownTypes() {
		if !auxiliary(def.Name) {
			all = append(all, b.typeEntry(def))
		}
	}
	f := search{word: wording.Fold(word), text: strings.ToLower(word)}
	for _, e := range all {
		f.take(e, "")
		for _, member := range slices.Concat(e.Args, e.Fields, e.Values) {
			f.take(member, e.Name+".")
		}
	}
	entries := []*Entry{} // not nil, so that JSON has an empty list
	for _, hits := range f.hits {
		entries = append(entries, hits...)
	}
	return entries
}

// auxiliary tells the types that only page or sort.
func auxiliary(name string) bool {
	ends := []string{"Connection", "Edge", "PageInfo", "SortColumns"}
	return slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(name, end) })
}

type search struct {
	word string      // folded, matches names
	text string      // in lower case, matches descriptions
	hits [3][]*Entry // of the same name, with the word in the name, in the description
}

// take keeps an entry that matches the word, without its members.
func (f *search) take(e *Entry, owner string) {
	name, doc := wording.Fold(e.Name), e.Doc
	if e.Pages != nil {
		doc += " " + e.Pages.LeftOut
	}
	rank := 0
	switch {
	case name == f.word:
	case strings.Contains(name, f.word):
		rank = 1
	case strings.Contains(strings.ToLower(doc), f.text):
		rank = 2
	default:
		return
	}
	short := &Entry{
		Kind: e.Kind, Name: owner + e.Name, Doc: e.Doc, Type: e.Type, Is: e.Is,
		Nullable: e.Nullable, Paged: e.Paged, Deprecated: e.Deprecated,
	}
	if e.Kind == "connection" {
		short.Is = "list<" + e.Of.Name + ">"
	}
	f.hits[rank] = append(f.hits[rank], short)
}
