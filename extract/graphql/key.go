package graphql

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// shortestSecret is the length from which a key is looked for in answers. A shorter text is no secret, and would be
// found by chance.
const shortestSecret = 8

var errKeyEchoed = errors.New("the server's answer contains the API key, so the answer was discarded; " +
	"check that the endpoint is the real API, then replace the key, because others may have seen it")

// keyEchoed fails this and all later requests: the server cannot be trusted with the key. It quotes neither the answer
// nor the key.
func (c *Client) keyEchoed() *attemptError {
	c.echoed.Store(true)
	return &attemptError{err: errKeyEchoed}
}

// keyWatch finds the API key in texts. The zero value has no key.
type keyWatch struct {
	key, quoted []byte
}

func watchKey(key string) keyWatch {
	if len(key) < shortestSecret {
		return keyWatch{}
	}
	quoted := strconv.QuoteToASCII(key)
	return keyWatch{[]byte(key), []byte(quoted[1 : len(quoted)-1])}
}

// inText reports whether a text contains the key: as it is, or in any spelling that JSON's escapes give it.
func (k keyWatch) inText(text []byte) bool {
	switch {
	case len(k.key) == 0:
		return false
	case bytes.Contains(text, k.key):
		return true
	}
	return bytes.IndexByte(text, '\\') >= 0 && k.inEscaped(text)
}

// inEscaped searches the text with its JSON escapes decoded, without a copy of it. It decodes only around escapes.
func (k keyWatch) inEscaped(text []byte) bool {
	next, matched, i := fallbacks(k.key), 0, 0
	for i < len(text) {
		if matched == 0 { // the next spelling that differs from the key has an escape
			escape := bytes.IndexByte(text[i:], '\\')
			if escape < 0 {
				return false
			}
			i = max(i, i+escape-len(k.key))
		}
		for from := i; i < len(text) && (matched > 0 || i-from <= len(k.key)); {
			c, size := unescape(text[i:])
			i += size
			for matched > 0 && k.key[matched] != c {
				matched = next[matched]
			}
			if k.key[matched] == c {
				matched++
			}
			if matched == len(k.key) {
				return true
			}
		}
	}
	return false
}

// unescape gives the first character of a JSON string's inside, 0 for one that no key has, and its size in the text.
func unescape(text []byte) (c byte, size int) {
	switch {
	case text[0] != '\\' || len(text) < 2:
		return text[0], 1
	case text[1] != 'u' || len(text) < 6:
		return text[1], 2
	}
	var two [2]byte
	if _, err := hex.Decode(two[:], text[2:6]); err != nil {
		return text[1], 2
	}
	if two[0] != 0 {
		return 0, 6
	}
	return two[1], 6
}

// fallbacks gives, for each number of matched bytes, how many of them can still be the beginning of the key (Knuth,
// Morris and Pratt).
func fallbacks(key []byte) []int {
	next := make([]int, len(key))
	for i, n := 1, 0; i < len(key)-1; i++ {
		for n > 0 && key[i] != key[n] {
			n = next[n]
		}
		if key[i] == key[n] {
			n++
		}
		next[i+1] = n
	}
	return next
}

func (k keyWatch) inHeader(header http.Header) bool {
	for _, values := range header {
		if slices.ContainsFunc(values, func(v string) bool { return k.inText([]byte(v)) }) {
			return true
		}
	}
	return false
}

// clean removes the key from a text. Call it before cut, which may leave half a key.
func (k keyWatch) clean(text string) string {
	if len(k.key) == 0 {
		return text
	}
	return strings.NewReplacer(string(k.key), "[key]", string(k.quoted), "[key]").Replace(text)
}

// Redact removes the key from an error's text: the transport quotes malformed answers.
func (c *Client) Redact(err error) error {
	if err == nil || !c.key.inText([]byte(err.Error())) {
		return err
	}
	if text := c.key.clean(err.Error()); !c.key.inText([]byte(text)) {
		return errors.New(text)
	}
	return errKeyEchoed
}
