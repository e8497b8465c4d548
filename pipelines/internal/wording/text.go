package wording

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/civic-etl/civic-etl/schemas"
)

// Quote is a name or value as a message shows it: not too long, and in quotes if its
// bounds would not be seen or it would do something to a terminal.
func Quote(text string) string {
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`",;`, r) }
	text = Shorten(text, LongestValue)
	if text == "" || strings.ContainsFunc(text, odd) {
		return strconv.Quote(text)
	}
	return text
}

// List joins names, the first few of them.
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

// Join is the path of a key below another.
func Join(path, key string) string {
	if path == "" {
		return Quote(key)
	}
	return path + "." + Quote(key)
}

// MostNames is how many names a hint lists.
const MostNames = 12

// Nearest asks whether the nearest of the known names was meant; without one it says
// otherwise.
func Nearest(name string, known []string, otherwise string) string {
	if near := schemas.Nearest(name, known); near != "" {
		return "did you mean " + Quote(near) + "?"
	}
	return otherwise
}

// DidYouMean names the nearest of the known names, or all of them.
func DidYouMean(name string, known []string) string {
	known = slices.Clone(known)
	slices.Sort(known)
	return Nearest(name, known, "there are "+List(slices.Compact(known), MostNames))
}
