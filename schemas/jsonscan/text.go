package jsonscan

import "unicode/utf8"

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
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return string(text[:cut]) + "…"
}
