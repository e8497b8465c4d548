package browse

import (
	"cmp"
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
	f := search{word: wording.Fold(word), text: strings.ToLower(word)}
	for _, c := range s.Connections() {
		e := b.connectionEntry(c)
		f.take(e, "")
		for _, arg := range e.Args {
			f.take(arg, c.Name)
		}
	}
	for _, def := range b.ownTypes() {
		if auxiliary(def.Name) {
			continue
		}
		e := b.typeEntry(def)
		f.take(e, "")
		for _, field := range e.Fields {
			f.take(field, def.Name)
		}
		for _, value := range e.Values {
			f.take(value, def.Name)
		}
	}
	slices.SortStableFunc(f.hits, func(a, b hit) int { return cmp.Compare(a.rank, b.rank) })
	entries := make([]*Entry, len(f.hits))
	for i, h := range f.hits {
		entries[i] = h.entry
	}
	return entries
}

// auxiliary tells the types that only page or sort.
func auxiliary(name string) bool {
	for _, end := range []string{"Connection", "Edge", "PageInfo", "SortColumns"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

type hit struct {
	entry *Entry
	rank  int
}

type search struct {
	word string // folded, matches names
	text string // in lower case, matches descriptions
	hits []hit
}

// take keeps an entry that matches the word, without its members.
func (f *search) take(e *Entry, owner string) {
	name, doc := wording.Fold(e.Name), e.Doc
	if e.Pages != nil {
		doc += " " + e.Pages.LeftOut
	}
	rank := -1
	switch {
	case name == f.word:
		rank = 0
	case strings.Contains(name, f.word):
		rank = 1
	case strings.Contains(strings.ToLower(doc), f.text):
		rank = 2
	}
	if rank < 0 {
		return
	}
	short := &Entry{
		Kind: e.Kind, Name: e.Name, Doc: e.Doc, Type: e.Type, Is: e.Is,
		Nullable: e.Nullable, Paged: e.Paged, Deprecated: e.Deprecated,
	}
	if owner != "" {
		short.Name = owner + "." + e.Name
	}
	if e.Kind == "connection" {
		short.Is = "list<" + e.Of.Name + ">"
	}
	f.hits = append(f.hits, hit{short, rank})
}
