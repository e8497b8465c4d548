package terminal

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Escape makes text from a file safe for a terminal: it escapes invisible and control
// characters, including line breaks and tabs.
func Escape(text string) string { return escape(text, "") }

// EscapeLines makes a message or JSON text safe for a terminal, whatever the server or
// a file put into it. Its line breaks stay.
func EscapeLines(message string) string { return escape(message, "\n") }

// escape escapes what a terminal would act on or not show, except for the characters to
// keep. Bidirectional controls, which Unicode counts as formatting, are included: they
// could make text look like other text.
func escape(text, keep string) string {
	acts := func(r rune) bool {
		return !unicode.IsPrint(r) && r != '\u00a0' && !strings.ContainsRune(keep, r)
	}
	if utf8.ValidString(text) && !strings.ContainsFunc(text, acts) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case acts(r):
			b.WriteString(escaped(r))
		default:
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}

func escaped(r rune) string {
	if i := strings.IndexRune("\n\t\r", r); i >= 0 {
		return [...]string{`\n`, `\t`, `\r`}[i]
	}
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// jsonWriter escapes control characters in the JSON text written to it.
type jsonWriter struct{ w io.Writer }

func (j jsonWriter) Write(text []byte) (int, error) {
	_, err := io.WriteString(j.w, EscapeLines(string(text)))
	return len(text), err
}
