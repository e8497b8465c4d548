package graphql

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

// spelled gives a text as the inside of a JSON string, with random escapes.
func spelled(r *rand.Rand, text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		switch n := r.IntN(4); {
		case n == 0:
			fmt.Fprintf(&b, `\u%04x`, c)
		case n == 1:
			fmt.Fprintf(&b, `\u%04X`, c)
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(c))
		case n == 2 && c == '/':
			b.WriteString(`\/`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// TestKeyIsFoundInAnySpelling holds the search against encoding/json, over texts that nearly contain the key.
func TestKeyIsFoundInAnySpelling(t *testing.T) {
	keys := []string{"sEcReT-kEy", `aab"aa\aabaa/`, "aaaaaaaab", "abcabcabcabd"}
	found := 0
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 3))
		key := keys[r.IntN(len(keys))]
		pieces := []string{key, key[:len(key)-1], key[1:], key[:len(key)/2], "é", "\n", "x", `\`, strings.Repeat("y", 30)}
		var text string
		for range 1 + r.IntN(6) {
			text += pieces[r.IntN(len(pieces))]
		}
		body := []byte(`{"a":"` + strings.ReplaceAll(spelled(r, text), "\n", `\n`) + `"}`)
		var got struct{ A string }
		if err := json.Unmarshal(body, &got); err != nil {
			continue // a byte of é was escaped alone, or the text has another value
		}
		want := strings.Contains(got.A, key)
		if want {
			found++
		}
		if watchKey(key).inText(body) != want {
			t.Fatalf("seed %d: %s contains %q: %t", seed, body, key, want)
		}
	}
	if found < 500 {
		t.Errorf("only %d texts contain the key", found)
	}
}

// TestShortKeysAreNoSecrets: a short key is found in any answer by chance.
func TestShortKeysAreNoSecrets(t *testing.T) {
	for _, short := range []string{"", "id", "nodes", "1234567"} {
		if watchKey(short).inText([]byte(`{"id":"` + short + `","nodes":1234567}`)) {
			t.Errorf("%q is looked for", short)
		}
	}
}

// kept is a journal that only counts.
type kept struct{ n int }

func (*kept) Next([]byte) []byte { return nil }
func (k *kept) Keep(_, _ []byte) { k.n++ }

// TestAnswersWithTheKeyFail: whatever part of an answer holds the key, the request fails at once, and nothing of the
// answer is passed on.
func TestAnswersWithTheKeyFail(t *testing.T) {
	body := func(text string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { _, _ = io.WriteString(w, text) }
	}
	header := func(name, value string, status int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set(name, value)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, good)
		}
	}
	escaped := `\u0073\u0045cReT-\u006bEy`
	tests := map[string]func(http.ResponseWriter){
		"value":         body(`{"data":{"a":"x` + key + `"}}`),
		"name":          body(`{"data":{"` + key + `":1}}`),
		"escaped":       body(`{"data":{"a":"` + escaped + `"}}`),
		"escaped error": body(`{"errors":[{"message":"no ` + escaped + `"}]}`),
		"extension":     body(`{"data":{"a":1},"extensions":{"token":"` + key + `"}}`),
		"beside HTML":   body("<html>" + key),
		"packed": func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(zipped(`{"data":{"a":"` + key + `"}}`))
		},
		"header":   header("X-Echo", "Bearer "+key, 200),
		"of a 429": header("X-Echo", key, 429),
		"of a 503": header("X-Echo", key, 503),
		"in a 503": func(w http.ResponseWriter) {
			w.WriteHeader(503)
			_, _ = io.WriteString(w, key)
		},
		"in a 404": func(w http.ResponseWriter) {
			w.WriteHeader(404)
			_, _ = io.WriteString(w, key)
		},
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			var notices []Notice
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }), withKey,
				func(o *Options) { o.Notify = func(n Notice) { notices = append(notices, n) } })
			journal := &kept{}
			c.KeepAnswers(journal)
			got, err := c.Ask(t.Context(), &Request{Query: "{ x }"})
			if err == nil || got != nil || !strings.HasPrefix(err.Error(), errKeyEchoed.Error()) {
				t.Errorf("got %v, %v", got, err)
			}
			if err != nil && strings.Contains(strings.ToLower(err.Error()), strings.ToLower(key[:6])) {
				t.Errorf("%v shows the key", err)
			}
			if _, again := c.Ask(t.Context(), &Request{Query: "{ y }"}); again == nil {
				t.Error("the client asked again")
			}
			if c.Stats().Requests != 1 || journal.n != 0 || len(notices) != 0 || IsOutage(err) {
				t.Errorf("%+v, %d answers kept, notices %v", c.Stats(), journal.n, notices)
			}
		})
	}
}
