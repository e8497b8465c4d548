// Package wording formats names, values and numbers for messages. It takes any text and gives a short one that
// is safe for a terminal. It never decides what a message says.
package wording

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/civic-etl/civic-etl/schemas"
)

// Quote returns a name or value for a message: shortened, and in quotes if it has spaces or odd characters.
func Quote(text string) string {
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`",;`, r) }
	text = Shorten(text, LongestValue)
	if text == "" || strings.ContainsFunc(text, odd) {
		return strconv.Quote(text)
	}
	return text
}

// List joins the first few names.
func List(names []string, most int) string {
	var quoted []string
	for _, name := range names[:min(len(names), most)] {
		quoted = append(quoted, Quote(name))
	}
	if len(names) > most {
		quoted = append(quoted, "…")
	}
	return strings.Join(quoted, ", ")
}

// Join returns the path of a key below another.
func Join(path, key string) string {
	if path == "" {
		return Quote(key)
	}
	return path + "." + Quote(key)
}

// MostNames is how many names a hint lists.
const MostNames = 12

// Nearest returns a hint with the nearest known name, or otherwise if there is none.
func Nearest(name string, known []string, otherwise string) string {
	if near := schemas.Nearest(name, known); near != "" {
		return "did you mean " + Quote(near) + "?"
	}
	return otherwise
}

// DidYouMean returns a hint with the nearest known name, or with all of them.
func DidYouMean(name string, known []string) string {
	known = slices.Clone(known)
	slices.Sort(known)
	return Nearest(name, known, "there are "+List(slices.Compact(known), MostNames))
}
