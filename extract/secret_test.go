package extract

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/extract/graphql"
)

const key = "sEcReT-kEy"

func withKey(o *graphql.Options) { o.APIKey = key }

// TestKeyIsNeverShown has a server that sends the key back in every way.
func TestKeyIsNeverShown(t *testing.T) {
	answers := map[string]func(http.ResponseWriter){
		"html": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, key)
		},
		"type":    func(w http.ResponseWriter) { w.Header().Set("Content-Type", key) },
		"json":    func(w http.ResponseWriter) { _, _ = fmt.Fprintf(w, `{%q:1}`, key) },
		"twice":   func(w http.ResponseWriter) { _, _ = fmt.Fprintf(w, `{%q:1,%q:2}`, key, key) },
		"message": func(w http.ResponseWriter) { _, _ = fmt.Fprintf(w, `{"errors":[{"message":"bad key %s"}]}`, key) },
		"path": func(w http.ResponseWriter) {
			_, _ = fmt.Fprintf(w, `{"data":{},"errors":[{"message":"x","path":[%q]}]}`, key)
		},
		"404": func(w http.ResponseWriter) { w.WriteHeader(404); _, _ = io.WriteString(w, key) },
		"cut": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, strings.Repeat("x", 120-len(key)/2)+key)
		},
		"unknown error": func(w http.ResponseWriter) {
			_, _ = fmt.Fprintf(w, `{"errors":[{"m":%q}]}`, strings.Repeat("x", 120-7-len(key)/2)+key)
		},
		"packed": func(w http.ResponseWriter) { w.Header().Set("Content-Encoding", key) },
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			var notices []string
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }), withKey,
				func(o *graphql.Options) { o.Notify = func(n graphql.Notice) { notices = append(notices, n.String()) } })
			_, err := Open(c, thingsQuery()).Fetch(t.Context(), Window{Size: 1})
			if err == nil || strings.Contains(strings.ToLower(err.Error()+strings.Join(notices, "")), strings.ToLower(key[:4])) {
				t.Errorf("%v, %q", err, notices)
			}
			var failed *graphql.Error
			if errors.As(err, &failed) && strings.Contains(fmt.Sprint(failed), key) {
				t.Errorf("%v", failed)
			}
		})
	}
}
