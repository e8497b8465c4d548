package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// shown is text from a file as a terminal may have it: what would not be seen,
// or would do something, is escaped; line breaks and tabs too.
func shown(text string) string {
	if !strings.ContainsFunc(text, unprintable) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case unprintable(r):
			b.WriteString(escaped(r))
		default:
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}

// spoken is a message as a terminal may have it: what the server or a file put
// into it does nothing there. The message's own line breaks stay.
func spoken(message string) string {
	lines := strings.Split(message, "\n")
	for i, line := range lines {
		lines[i] = shown(line)
	}
	return strings.Join(lines, "\n")
}

// unprintable takes bidirectional controls, which could make text look like
// other text, for what they are: unicode counts them as formatting.
func unprintable(r rune) bool { return !unicode.IsPrint(r) && r != '\u00a0' || r == utf8.RuneError }

func escaped(r rune) string {
	switch r {
	case '\n':
		return `\n`
	case '\t':
		return `\t`
	case '\r':
		return `\r`
	case utf8.RuneError:
		return string(r)
	}
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// printJSON writes v as indented JSON in which everything a terminal would act
// on is escaped.
func printJSON(w io.Writer, v any) error {
	text, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "), jsontext.AllowInvalidUTF8(true), json.FormatNilSliceAsNull(false))
	if err != nil {
		return err
	}
	return printTo(w, inert(string(text))+"\n")
}

// inert escapes in JSON text what a terminal would act on. Such characters can
// stand in its strings only, the line breaks between its values aside.
func inert(text string) string {
	odd := func(r rune) bool { return unprintable(r) && r != '\n' && r != utf8.RuneError }
	if !strings.ContainsFunc(text, odd) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if odd(r) {
			b.WriteString(escaped(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// inertJSON passes JSON text on with what a terminal would act on escaped.
type inertJSON struct{ w io.Writer }

func (j inertJSON) Write(text []byte) (int, error) {
	if _, err := io.WriteString(j.w, inert(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}
