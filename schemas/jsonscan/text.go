package jsonscan

import "strings"

// AppendCompact appends raw, a valid JSON value, without the white space between its
// tokens. The text of numbers and strings and the order of keys do not change.
func AppendCompact(dst, raw []byte) []byte {
	inString := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString && c == '\\':
			dst = append(dst, c)
			i++
		case c == '"':
			inString = !inString
		case !inString && c <= ' ':
			continue
		}
		dst = append(dst, raw[i])
	}
	return dst
}

// Clip returns the first 60 bytes of text, for an error message.
func Clip(text []byte) string {
	const most = 60
	if len(text) <= most {
		return string(text)
	}
	return strings.ToValidUTF8(string(text[:most]), "") + "…" // without half a character
}
