package pipelines

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/civic-etl/civic-etl/schemas"
)

// quote is a name or value as a message shows it: not too long, and in quotes if its
// bounds would not be seen or it would do something to a terminal.
func quote(text string) string {
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`",;`, r) }
	text = shorten(text, longestValue)
	if text == "" || strings.ContainsFunc(text, odd) {
		return strconv.Quote(text)
	}
	return text
}

// list joins names, the first few of them.
func list(names []string, most int) string {
	var quoted []string
	for _, name := range names[:min(len(names), most)] {
		quoted = append(quoted, quote(name))
	}
	if len(names) > most {
		quoted = append(quoted, "…")
	}
	return strings.Join(quoted, ", ")
}

// join is the path of a key below another.
func join(path, key string) string {
	if path == "" {
		return quote(key)
	}
	return path + "." + quote(key)
}

// mostNames is how many names a hint lists.
const mostNames = 12

// nearest asks whether the nearest of the known names was meant; without one it says
// otherwise.
func nearest(name string, known []string, otherwise string) string {
	if near := schemas.Nearest(name, known); near != "" {
		return "did you mean " + quote(near) + "?"
	}
	return otherwise
}

// didYouMean names the nearest of the known names, or all of them.
func didYouMean(name string, known []string) string {
	known = slices.Clone(known)
	slices.Sort(known)
	return nearest(name, known, "there are "+list(slices.Compact(known), mostNames))
}
