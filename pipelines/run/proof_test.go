package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// world is a demo API that is asked without a network. It notes which ids the
// server lists after each request that counts, and how many requests there were.
type world struct {
	api        *demoapi.Server
	connection string

	mu     sync.Mutex
	truths [][]int64 // after each census
	asked  int
	rows   string // published in the end, where that is looked at
}

// RoundTrip implements http.RoundTripper.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	answer := w.post(r, body)
	if strings.Contains(string(body), `Count"}`) {
		w.truths = append(w.truths, w.truth())
	}
	return answer.Result(), nil
}

func (w *world) post(r *http.Request, body []byte) *httptest.ResponseRecorder {
	ask := httptest.NewRequestWithContext(r.Context(), http.MethodPost, "/api/graphql", bytes.NewReader(body))
	ask.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, ask)
	return rec
}

// truth asks in a way that no fault holds for: without an operation's name.
func (w *world) truth() []int64 {
	var ids []int64
	for after := ""; ; {
		body, _ := json.Marshal(map[string]string{"query": fmt.Sprintf(
			"{ %s(first: 100, after: %q) { pageInfo { hasNextPage endCursor } nodes { id } } }", w.connection, after)})
		var got struct {
			Data map[string]struct {
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
				Nodes []struct{ ID int64 }
			}
		}
		text := w.post(httptest.NewRequest(http.MethodPost, "/", nil), body).Body.Bytes()
		if err := json.Unmarshal(text, &got); err != nil {
			panic(fmt.Sprintf("%v: %s", err, text))
		}
		page := got.Data[w.connection]
		for _, n := range page.Nodes {
			ids = append(ids, n.ID)
		}
		if after = page.PageInfo.EndCursor; !page.PageInfo.HasNextPage {
			slices.Sort(ids)
			return ids
		}
	}
}

// trial is one server and one spec for it.
type trial struct {
	connection, fields string
	node               func(id int64) string
	records, page      int
	workers            int
	faults             []string
	poisoned           []int64
	seed               uint64 // of the server
}

func (c trial) String() string {
	return fmt.Sprintf("%d %s in pages of %d, %d at once, %s", c.records, c.connection, c.page, c.workers, strings.Join(c.faults, " "))
}

// trialOf draws a trial.
func trialOf(x *rand.Rand) (trial, []int64) {
	kinds := trialKinds()
	c := kinds[x.IntN(len(kinds))]
	c.page, c.workers = 3+x.IntN(20), 1+x.IntN(4)
	c.records = x.IntN(6 * c.page)
	var ids []int64
	for id := int64(1); len(ids) < c.records; id++ {
		if x.IntN(4) > 0 {
			ids = append(ids, id)
		}
	}
	c.faults = c.draw(x, ids)
	return c, ids
}

// trialKinds are connections with ties in the server's own order.
func trialKinds() []trial {
	return []trial{
		{connection: "variants", fields: "name: name", node: func(id int64) string {
			return fmt.Sprintf(`{"id":%d,"__typename":"GeneVariant","name":"N%d"}`, id, id%3)
		}},
		{connection: "evidenceItems", fields: "level: evidenceLevel", node: func(id int64) string {
			return fmt.Sprintf(`{"id":%d,"evidenceLevel":"%c","evidenceRating":%d,"status":"ACCEPTED"}`, id, 'A'+id%5, id%3)
		}},
		{connection: "genes", fields: "name: name", node: func(id int64) string { return fmt.Sprintf(`{"id":%d,"name":"N%d"}`, id, id%4) }},
		{connection: "assertions", fields: "name: name", node: func(id int64) string {
			return fmt.Sprintf(`{"id":%d,"name":"N%d","evidenceItemsCount":%d,"status":"ACCEPTED"}`, id, id, id%3)
		}},
		{connection: "variantGroups", fields: "members: variants.id", node: func(id int64) string {
			var members []string
			for m := range id * 37 % 260 {
				members = append(members, fmt.Sprintf(`{"id":%d,"__typename":"GeneVariant"}`, id*1000+m))
			}
			return fmt.Sprintf(`{"id":%d,"name":"N%d","variants":{"nodes":[%s]}}`, id, id%3, strings.Join(members, ","))
		}},
	}
}

// draw draws some faults that can come together.
func (c *trial) draw(x *rand.Rand, ids []int64) []string {
	all := []func() string{
		func() string { return "shuffle" },
		func() string { return "shuffle" },
		func() string { return fmt.Sprintf("remove=%d@%dx%d", 1+x.IntN(4), 1+x.IntN(3), 1+x.IntN(20)) },
		func() string { return fmt.Sprintf("insert=%d@%dx%d", 1+x.IntN(4), 1+x.IntN(3), 1+x.IntN(30)) },
		func() string { return fmt.Sprintf("behead=%d@%dx%d", 1+x.IntN(4), 1+x.IntN(3), 1+x.IntN(20)) },
		func() string { return fmt.Sprintf("prepend=%d@%dx%d", 1+x.IntN(4), 1+x.IntN(3), 1+x.IntN(30)) },
		func() string { return fmt.Sprintf("move=%d", 1+x.IntN(5)) },
		func() string { return fmt.Sprintf("remove=%d", 2+x.IntN(9)) },
		func() string { return fmt.Sprintf("behead=%d", 2+x.IntN(9)) },
		func() string { return fmt.Sprintf("clamp=%d", 1+x.IntN(c.page)) },
		func() string { return "noids" },
		func() string { return fmt.Sprintf("otherids=%d", 1+x.IntN(7)) },
		func() string { return fmt.Sprintf("someids=%d", 2+x.IntN(7)) },
		func() string { return fmt.Sprintf("total=%d", x.IntN(9)-4) },
		func() string { return []string{"nocursor", "samecursor", "more"}[x.IntN(3)] },
		func() string { return "duplicate@2x*" },
		func() string { return fmt.Sprintf("drop@%dx%d", 1+x.IntN(4), 1+x.IntN(4)) },
		func() string { return "503@2x2" },
		func() string {
			if len(ids) == 0 {
				return "shuffle"
			}
			c.poisoned = append(c.poisoned, ids[x.IntN(len(ids))])
			fault := fmt.Sprintf("poison=%d", c.poisoned[len(c.poisoned)-1])
			if x.IntN(2) == 0 { // only with the field that is ill
				_, field, _ := strings.Cut(c.fields, ": ")
				fault += "~" + strings.TrimSuffix(field, ".id")
			}
			return fault
		},
	}
	var list []string
	for range x.IntN(4) {
		fault := all[x.IntN(len(all))]()
		if fault != "total=0" {
			list = append(list, fault)
		}
	}
	// A count that hides what pages hide can be noticed by nobody.
	if slices.ContainsFunc(list, func(f string) bool { return strings.HasPrefix(f, "drop") || strings.HasPrefix(f, "duplicate") }) {
		list = slices.DeleteFunc(list, func(f string) bool { return strings.HasPrefix(f, "total=-") })
	}
	return list
}

// world serves the trial's records.
func (c *trial) world(t *testing.T, ids []int64) *world {
	t.Helper()
	var lines strings.Builder
	for _, id := range ids {
		lines.WriteString(c.node(id) + "\n")
	}
	file := filepath.Join(t.TempDir(), "nodes.ndjson")
	if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	o := demoapi.Options{Requests: -1, Seed: c.seed, Nodes: map[string]string{c.connection: file}}
	for _, text := range c.faults {
		if !strings.Contains(text, "~") {
			text += "~operationName" // which every request of a run has
		}
		f, err := demoapi.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Faults = append(o.Faults, f)
	}
	api, err := demoapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &world{api: api, connection: c.connection}
}

func (c *trial) plan(t *testing.T) *plan.Plan {
	t.Helper()
	return compiled(t, fmt.Sprintf(`
version: 1
name: trial
source: {retries: 3, patience: 0s, concurrency: %d}
extract: {from: %s, page_size: %d}
columns: {id: id, %s}
key: [id]
max_rejects: 100
load: {to: out, formats: [ndjson]}
`, c.workers, c.connection, c.page, c.fields))
}

// outcome of a trial: the ids that were written, and how many were rejected.
type written struct {
	ids      []int64
	rejected int
}

func (c *trial) run(t *testing.T, w *world, set ...func(*Runner)) (got written, err error) {
	t.Helper()
	var out bytes.Buffer
	r := testRunner("http://trial.localhost/api/graphql")
	r.Transport, r.Stdout = w, &out
	for _, f := range set {
		f(r)
	}
	summaries, err := r.Run(t.Context(), []*plan.Plan{c.plan(t)})
	for line := range bytes.Lines(out.Bytes()) {
		var row struct{ ID int64 }
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		got.ids = append(got.ids, row.ID)
	}
	if err != nil && len(got.ids) > 0 {
		t.Errorf("%s: %v, and yet something was written", c, err)
	}
	got.rejected = int(summaries[0].Rejected)
	return got, err
}

// verdict says what is wrong with an outcome, "" if nothing is: all that the
// server had at one census or at the end, each once, or nothing at all. Who is
// poisoned is rejected.
func (w *world) verdict(c *trial, got written, err error) string {
	if err != nil {
		return ""
	}
	slices.Sort(got.ids)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, truth := range append(w.truths, w.truth()) {
		rest := slices.DeleteFunc(slices.Clone(truth), func(id int64) bool { return slices.Contains(got.ids, id) })
		healthy := slices.ContainsFunc(rest, func(id int64) bool { return !slices.Contains(c.poisoned, id) })
		if len(truth) == len(got.ids)+got.rejected && len(rest) == got.rejected && !healthy {
			return ""
		}
	}
	return fmt.Sprintf("published %v and rejected %d, the server has %v", got.ids, got.rejected, w.truth())
}

// trials runs so many servers, each ill in its own ways, and gives what was wrong
// with what was published of them.
func trials(t *testing.T, seeds uint64, set ...func(*Runner)) (wrong []string) {
	outcomes := map[string]int{}
	for seed := range seeds {
		c, ids := trialOf(rand.New(rand.NewPCG(seed, 1)))
		w := c.world(t, ids)
		synctest.Test(t, func(t *testing.T) {
			got, err := c.run(t, w, set...)
			if what := w.verdict(&c, got, err); what != "" {
				wrong = append(wrong, fmt.Sprintf("seed %d, %s: %s", seed, c, what))
			}
			outcomes[exitOf(err)]++
			if err != nil {
				t.Logf("seed %d, %s: %d requests: %v", seed, c, w.asked, err)
			}
			if most := 200 + 2*c.records + 300*len(c.poisoned); w.asked > most && !strings.Contains(c.String(), "clamp") {
				wrong = append(wrong, fmt.Sprintf("seed %d, %s: %d requests", seed, c, w.asked))
			}
		})
	}
	t.Logf("%v", outcomes)
	return wrong
}

func exitOf(err error) string {
	switch {
	case err == nil:
		return "published"
	case errors.As(err, new(*checks.Error)):
		return "exit 3"
	}
	return "exit 1"
}

// TestNothingIsLost: over many servers, each ill in its own ways, what is
// published is what the server has, or nothing is.
func TestNothingIsLost(t *testing.T) {
	seeds := uint64(150)
	if raceOn {
		seeds = 25
	}
	for _, wrong := range trials(t, seeds) {
		t.Error(wrong)
	}
}

// TestNothingIsLostCanFail: without the census, records are lost and nobody
// notices.
func TestNothingIsLostCanFail(t *testing.T) {
	if wrong := trials(t, 40, func(r *Runner) { r.unproven = true }); len(wrong) < 3 {
		t.Errorf("without a census only this went wrong: %q", wrong)
	}
}

// TestRecordThatIsSeenIsNotGone: the server shuffles ties, and its total is always too small by one. A reading that
// shows one record twice and hides another then seems to be whole.
func TestRecordThatIsSeenIsNotGone(t *testing.T) {
	c := trial{connection: "genes", fields: "name: name", page: 5, workers: 1, records: 150, // in a reading of three requests
		node:   func(id int64) string { return fmt.Sprintf(`{"id":%d,"name":"N%03d"}`, id, id/2) },
		faults: []string{"shuffle", "total=-1", "clamp=5"}}
	var ids []int64
	for id := range int64(c.records) {
		ids = append(ids, id+1)
	}
	for try := range 20 {
		c.seed = uint64(try) // another order of ties
		w := c.world(t, ids)
		synctest.Test(t, func(t *testing.T) {
			if got, err := c.run(t, w); exitOf(err) != "exit 3" {
				t.Errorf("%s: %v, published %d records", c, err, len(got.ids))
			}
		})
	}
}
