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
func Escape(text string) string {
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

// EscapeLines makes a message safe for a terminal, whatever the server or a file put
// into it. Its line breaks stay.
func EscapeLines(message string) string {
	lines := strings.Split(message, "\n")
	for i, line := range lines {
		lines[i] = Escape(line)
	}
	return strings.Join(lines, "\n")
}

// unprintable includes bidirectional controls, which Unicode counts as formatting:
// they could make text look like other text.
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

// EscapeJSON escapes control characters in JSON text. Apart from the line breaks
// between values, they can occur in its strings only.
func EscapeJSON(text string) string {
	acts := func(r rune) bool { return unprintable(r) && r != '\n' && r != utf8.RuneError }
	if !strings.ContainsFunc(text, acts) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if acts(r) {
			b.WriteString(escaped(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// jsonWriter escapes control characters in the JSON text written to it.
type jsonWriter struct{ w io.Writer }

func (j jsonWriter) Write(text []byte) (int, error) {
	if _, err := io.WriteString(j.w, EscapeJSON(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}
