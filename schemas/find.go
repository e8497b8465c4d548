package schemas

import (
	"cmp"
	"slices"
	"strings"
)

// Find lists what the API has that goes by a word: connections, arguments of
// connections, types, fields and values of enums, those whose name holds it
// before those whose description does. Names of members have that of their
// owner before them: EvidenceItem.therapies.
func (s *Schema) Find(word string) []*Entry {
	f := finder{word: fold(word), text: strings.ToLower(word)}
	for _, c := range s.connections {
		e := s.connectionEntry(c)
		f.take(e, "")
		for _, arg := range e.Args {
			f.take(arg, c.Name)
		}
	}
	for _, def := range s.browsable() {
		if plumbing(def.Name) {
			continue
		}
		e := s.typeEntry(def)
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

// plumbing tells the types that only page or sort.
func plumbing(name string) bool {
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

type finder struct {
	word string // folded, for names
	text string // in lower case, for descriptions
	hits []hit
}

// take keeps an entry that goes by the word, without what is inside of it.
func (f *finder) take(e *Entry, owner string) {
	name, doc := fold(e.Name), e.Doc
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
	short := &Entry{Kind: e.Kind, Name: e.Name, Doc: e.Doc, Type: e.Type, Is: e.Is, Nullable: e.Nullable, Paged: e.Paged, Deprecated: e.Deprecated}
	if owner != "" {
		short.Name = owner + "." + e.Name
	}
	if e.Kind == "connection" {
		short.Is = "list<" + e.Of.Name + ">"
	}
	f.hits = append(f.hits, hit{short, rank})
}
