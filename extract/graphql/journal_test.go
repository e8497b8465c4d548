package graphql

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// memory keeps answers as a run's journal does, and gives those of the run
// before.
type memory struct {
	mu            sync.Mutex
	earlier, kept map[string][]string
}

func (m *memory) Next(request []byte) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.earlier[string(request)]
	if len(list) == 0 {
		return nil
	}
	m.earlier[string(request)] = list[1:]
	return []byte(list[0])
}

func (m *memory) Keep(request, answer []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string][]string{}
	}
	m.kept[string(request)] = append(m.kept[string(request)], string(answer))
}

// counter answers with the number of the request.
type counter struct {
	n    int
	gzip bool
}

func (c *counter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	c.n++
	if !c.gzip {
		fmt.Fprintf(w, `{"data":{"n":%d}}`, c.n)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	fmt.Fprintf(z, `{"data":{"n":%d}}`, c.n)
	_ = z.Close()
}

// TestKeptAnswers: a run that goes on gets, for each time it asks, the answer of
// that time, and asks the server only beyond them.
func TestKeptAnswers(t *testing.T) {
	server := &counter{}
	ask := func(m *memory, q string, times int) string {
		c := serve(t, server)
		c.KeepAnswers(m)
		var got []string
		for range times {
			a, err := c.Ask(t.Context(), &Request{Query: q})
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(a.Data))
		}
		if s := c.Stats(); s.Requests+s.Resumed != times {
			t.Errorf("%d asked, %d resumed of %d", s.Requests, s.Resumed, times)
		}
		return strings.Join(got, " ")
	}
	first := &memory{}
	if got := ask(first, "{ x }", 2); got != `{"n":1} {"n":2}` {
		t.Errorf("the first run got %s", got)
	}
	second := &memory{earlier: first.kept}
	if got := ask(second, "{ x }", 3); got != `{"n":1} {"n":2} {"n":3}` {
		t.Errorf("the run that went on got %s", got)
	}
	if got := ask(second, "{ y }", 1); got != `{"n":4}` {
		t.Errorf("another request got %s", got)
	}
	if len(second.kept) != 2 || server.n != 4 {
		t.Errorf("kept %v after %d requests", second.kept, server.n)
	}
}

// TestFreshAnswers are never taken from an earlier run, nor kept for a later one.
func TestFreshAnswers(t *testing.T) {
	m := &memory{earlier: map[string][]string{`{"query":"{ x }"}`: {`{"data":{"n":99}}`}}}
	c := serve(t, &counter{})
	c.KeepAnswers(m)
	for _, ask := range []func() (*Answer, error){
		func() (*Answer, error) { return c.Do(t.Context(), "{ x }", nil) },
		func() (*Answer, error) { return c.Ask(t.Context(), &Request{Query: "{ x }", Fresh: true}) },
	} {
		if a, err := ask(); err != nil || strings.Contains(string(a.Data), "99") {
			t.Errorf("%s, %v", a.Data, err)
		}
	}
	if len(m.kept) != 0 || c.Stats().Resumed != 0 {
		t.Errorf("kept %v", m.kept)
	}
}

// TestKeptAnswersAreChecked as the server's are.
func TestKeptAnswersAreChecked(t *testing.T) {
	const request = `{"query":"{ x }"}`
	for _, bad := range []string{"", "{", `{"data":null}`, `{"data":{},"errors":[{"message":"no"}]}`, `{"data":{"n":"refused"}}`} {
		m := &memory{earlier: map[string][]string{request: {bad, `{"data":{"n":"good"}}`}}}
		c := serve(t, &counter{})
		c.KeepAnswers(m)
		a, err := c.Ask(t.Context(), &Request{Query: "{ x }", Accept: func(a *Answer) error {
			if strings.Contains(string(a.Data), "refused") {
				return errors.New("refused")
			}
			return nil
		}})
		if err != nil || string(a.Data) != `{"n":"good"}` || c.Stats().Requests != 0 {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestKeptUncompressed: a journal gets an answer as plain text, however it was received, and no
// answer that contains the key.
func TestKeptUncompressed(t *testing.T) {
	for _, packed := range []bool{false, true} {
		m := &memory{}
		c := serve(t, &counter{gzip: packed})
		c.KeepAnswers(m)
		if _, err := c.Ask(t.Context(), &Request{Query: "{ x }"}); err != nil ||
			fmt.Sprint(m.kept) != `map[{"query":"{ x }"}:[{"data":{"n":1}}]]` {
			t.Errorf("gzip %t: %v, kept %v", packed, err, m.kept)
		}
	}
	m := &memory{}
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"data":{"you":%q}}`, r.Header.Get("Authorization"))
	}), withKey)
	c.KeepAnswers(m)
	if _, err := c.Ask(t.Context(), &Request{Query: "{ x }"}); err == nil || len(m.kept) != 0 {
		t.Errorf("%v, kept %v", err, m.kept)
	}
}
