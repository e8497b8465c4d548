// Package wording forms the pieces of messages that several packages of the
// schema need: abridged values, lists of names, articles.
//
// It takes names and values as text and gives text for a message. It knows
// nothing of a schema, and never prints or escapes anything for a terminal.
package wording

import "strings"

// Limits of what a message shows.
const (
	maxRunes = 40
	maxNames = 12
)

// Shorten keeps the first 40 characters of a value.
func Shorten(text string) string {
	if runes := []rune(text); len(runes) > maxRunes {
		return string(runes[:maxRunes]) + "…"
	}
	return text
}

// List joins the first dozen names with commas.
func List(names []string) string {
	if len(names) > maxNames {
		return strings.Join(names[:maxNames], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// Names is what name gives for each thing.
func Names[T any](list []T, name func(T) string) []string {
	names := make([]string, len(list))
	for i, thing := range list {
		names[i] = name(thing)
	}
	return names
}

// Article puts "a" or "an" before a name, which must not be empty.
func Article(name string) string {
	if strings.ContainsAny(name[:1], "AEIOaeio") {
		return "an " + name
	}
	return "a " + name
}

// Fold removes what does not tell names apart: case and underscores.
func Fold(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }
