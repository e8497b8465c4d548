package graphql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// address gives the endpoint without its query, which may contain secrets.
func (c *Client) address() string {
	return c.endpoint.Scheme + "://" + c.endpoint.Host + c.endpoint.EscapedPath()
}

// quoted gives the beginning of a body, safe to print.
func quoted(text []byte) string {
	const most = 120
	line := strings.Join(strings.Fields(string(text[:min(len(text), 4<<10)])), " ")
	if line == "" {
		return ", an empty body"
	}
	return ", beginning " + strconv.QuoteToASCII(cut(line, most))
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// PathText gives a path of an error as text, safe to print: nodes[3].name.
func PathText(path []any) string {
	var b strings.Builder
	for i, p := range path {
		part := Printable(fmt.Sprint(p))
		switch _, isName := p.(string); {
		case !isName:
			part = "[" + part + "]"
		case i > 0:
			part = "." + part
		}
		b.WriteString(part)
	}
	return cut(b.String(), 200)
}

// Printable makes a text of the server safe to print: one line of at most 300 bytes without control
// characters.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, cut(text, 300))
}
