package run

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/state"
)

// mortal is the demo API until it has answered so many requests; then it refuses
// all. It remembers what it answered.
type mortal struct {
	http.Handler
	url string

	mu       sync.Mutex
	left     int
	answered map[string]int // by request body
	versions int
}

func newMortal(t *testing.T, o demoapi.Options) *mortal {
	t.Helper()
	o.Requests = -1
	handler, err := demoapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	m := &mortal{Handler: handler}
	m.live(1 << 30)
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

func (m *mortal) live(requests int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left, m.answered, m.versions = requests, map[string]int{}, 0
}

func (m *mortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	m.mu.Lock()
	alive := m.left > 0
	if m.left--; alive {
		m.answered[string(body)]++
	}
	if strings.Contains(string(body), "Version") {
		m.versions++
	}
	m.mu.Unlock()
	if !alive {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	m.Handler.ServeHTTP(w, r)
}

// machine runs specs as the processes of one machine do, with one state folder.
type machine struct {
	t      *testing.T
	folder string
	url    string
}

func newMachine(t *testing.T, url string) *machine {
	return &machine{t: t, folder: filepath.Join(t.TempDir(), "state"), url: url}
}

// run runs plans in one go, and gives what was said.
func (m *machine) run(plans []*plan.Plan, set ...func(*Runner)) ([]Summary, string, error) {
	m.t.Helper()
	folder, err := state.Open(m.folder)
	if err != nil {
		m.t.Fatal(err)
	}
	r := testRunner(m.url)
	r.State = folder
	var mu sync.Mutex
	var said []string
	r.Notice = func(n Notice) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, n.Text)
	}
	for _, f := range set {
		f(r)
	}
	summaries, err := r.Run(m.t.Context(), plans)
	return summaries, strings.Join(said, "\n"), err
}

// sums are the published tables, by name.
func sums(t *testing.T, plan *plan.Plan) string {
	t.Helper()
	m, err := manifest.Read(plan.Target)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, table := range slices.Sorted(maps.Keys(m.Tables)) {
		for _, f := range m.Tables[table].Files {
			fmt.Fprintln(&b, f.Path, f.SHA256)
		}
	}
	return b.String()
}

// left is how many journals there are.
func (m *machine) left() int {
	entries, _ := os.ReadDir(filepath.Join(m.folder, "runs"))
	return len(entries)
}

const groupsSpec = `
version: 1
name: groups
source: {retries: 0, patience: 0s}
extract: {from: variantGroups, page_size: 4}
columns: {id: id, name: name, variants: variants.name}
load: {to: out, formats: [parquet, ndjson]}
`

const typesSpec = `
version: 1
name: types
source: {retries: 0, patience: 0s}
extract: {from: variantTypes, page_size: 20, paging: ids}
columns: {id: id, name: name}
load: {to: out, formats: [ndjson]}
`

// TestResumeAfterEachAnswer: a run that died after any number of answers goes on:
// it asks for none that it had, and writes the same bytes as one that did not.
func TestResumeAfterEachAnswer(t *testing.T) {
	for name, spec := range map[string]string{
		"nested": groupsSpec, "ids": typesSpec, "several": featuresSpec, "repair": strings.Replace(typesSpec, "paging: ids", "paging: offset", 1),
	} {
		t.Run(name, func(t *testing.T) {
			server := newMortal(t, demoapi.Options{Faults: demoapi.Faults{
				{Kind: "drop", Match: `"after":"NDA","first":20`, Request: 1, Times: -1}, // a row of the third page never comes
			}})
			straight := compiled(t, spec)
			if _, _, err := newMachine(t, server.url).run([]*plan.Plan{straight}); err != nil {
				t.Fatal(err)
			}
			if m, err := manifest.Read(straight.Target); err != nil || (m.Extract.Repaired > 0) != (name == "repair") {
				t.Fatalf("%v, %+v", err, m.Extract)
			}
			want, all := sums(t, straight), len(server.answered)
			resumed := 0
			for answers := range all {
				m, p := newMachine(t, server.url), compiled(t, spec)
				server.live(answers)
				if _, _, err := m.run([]*plan.Plan{p}, one); err == nil {
					t.Fatalf("a run that got %d answers did not die", answers)
				}
				had := server.answered
				server.live(1 << 30)
				summaries, said, err := m.run([]*plan.Plan{p})
				if err != nil {
					t.Fatalf("after %d answers: %v", answers, err)
				}
				if got := sums(t, p); got != want {
					t.Errorf("after %d answers: %s, want %s", answers, got, want)
				}
				resumed += checkGoneOn(t, answers, summaries[0], said, had, server.answered)
				if m.left() != 0 {
					t.Errorf("after %d answers: %d journals of a run that is done", answers, m.left())
				}
			}
			if resumed < all {
				t.Errorf("%d answers were resumed in all: this test tests nothing", resumed)
			}
		})
	}
}

// TestResumeWithMany: whatever was under way at once, a run that had an answer
// goes on, and writes the same bytes.
func TestResumeWithMany(t *testing.T) {
	server := newMortal(t, demoapi.Options{FaultAt: unevenLatency})
	straight := compiled(t, groupsSpec)
	if _, _, err := newMachine(t, server.url).run([]*plan.Plan{straight}); err != nil {
		t.Fatal(err)
	}
	many := func(r *Runner) { r.Concurrency = 4 }
	for answers := 2; answers < 9; answers++ {
		m, p := newMachine(t, server.url), compiled(t, groupsSpec)
		server.live(answers)
		if _, _, err := m.run([]*plan.Plan{p}, many); err == nil {
			t.Fatalf("a run that got %d answers did not die", answers)
		}
		server.live(1 << 30)
		s, said, err := m.run([]*plan.Plan{p}, many)
		if err != nil || s[0].Resumed == 0 || sums(t, p) != sums(t, straight) {
			t.Errorf("after %d answers: %v; it said %q", answers, err, said)
		}
	}
}

// TestVersionIsAskedAgain: which version the data are is asked as often as anything
// else; a run that has it can go on.
func TestVersionIsAskedAgain(t *testing.T) {
	server := newMortal(t, demoapi.Options{Faults: demoapi.Faults{{Kind: "503", Match: "Version", Request: 1, Times: 1}}})
	p := compiled(t, strings.Replace(groupsSpec, "retries: 0,", "retries: 1,", 1))
	m := newMachine(t, server.url)
	server.live(6)
	if _, _, err := m.run([]*plan.Plan{p}, one); err == nil || server.versions != 2 {
		t.Fatalf("%v; the version was asked for %d times", err, server.versions)
	}
	server.live(1 << 30)
	if s, said, err := m.run([]*plan.Plan{p}, one); err != nil || s[0].Resumed == 0 {
		t.Errorf("%v; it said %q", err, said)
	}
}

// checkGoneOn holds what the second run asked against what the first had.
func checkGoneOn(t *testing.T, answers int, s Summary, said string, had, asked map[string]int) int {
	t.Helper()
	if !strings.Contains(said, "resuming the run of") {
		if answers > 1 { // the first is which version the data are
			t.Errorf("after %d answers it did not go on; it said %q", answers, said)
		}
		return 0
	}
	for body := range had {
		fresh := strings.Contains(body, "Version") || strings.Contains(body, "Count")
		if asked[body] > 0 && !fresh {
			t.Errorf("after %d answers: asked again %s", answers, body)
		}
	}
	if int(s.Requests) != sum(asked) || s.Resumed == 0 {
		t.Errorf("after %d answers: the summary says %d requests and %d resumed; there were %d requests", answers, s.Requests, s.Resumed, sum(asked))
	}
	return int(s.Resumed)
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// dead is a machine on which a run of the plan died half-way.
func dead(t *testing.T, server *mortal, p *plan.Plan) *machine {
	t.Helper()
	m := newMachine(t, server.url)
	server.live(6)
	if _, said, err := m.run([]*plan.Plan{p}, one); err == nil || !strings.Contains(said, "answers are kept in "+m.folder) {
		t.Fatalf("the run did not die as it should: %v, it said %q", err, said)
	}
	if m.left() != 1 {
		t.Fatalf("%d journals", m.left())
	}
	server.live(1 << 30)
	return m
}

func one(r *Runner) { r.Concurrency = 1 }

// TestStartsAnew if anything that the answers depend on has changed, and says so.
func TestStartsAnew(t *testing.T) {
	for name, test := range map[string]struct {
		spec func(string) string
		set  func(*Runner)
		want string
	}{
		"resume=false": {set: func(r *Runner) { r.NoResume = true }, want: "--resume=false"},
		"version":      {set: func(r *Runner) { r.Version = "2" }, want: "civic-etl changed"},
		"limit":        {set: func(r *Runner) { r.Limit = 5 }, want: "the limit changed"},
		"spec":         {spec: func(s string) string { return strings.Replace(s, "name: name", "title: name", 1) }, want: "the spec changed"},
		"comment":      {spec: func(s string) string { return s + "# more\n" }, want: "the spec changed"},
	} {
		t.Run(name, func(t *testing.T) {
			server := newMortal(t, demoapi.Options{})
			p := compiled(t, groupsSpec)
			m := dead(t, server, p)
			if test.spec != nil {
				changed := compiled(t, test.spec(groupsSpec))
				changed.Target = p.Target
				p = changed
			}
			set := []func(*Runner){one}
			if test.set != nil {
				set = append(set, test.set)
			}
			summaries, said, err := m.run([]*plan.Plan{p}, set...)
			if err != nil || summaries[0].Resumed != 0 || !strings.Contains(said, "starting over: "+test.want) {
				t.Errorf("%v, %d resumed; it said %q", err, summaries[0].Resumed, said)
			}
		})
	}
	t.Run("concurrency", func(t *testing.T) {
		server := newMortal(t, demoapi.Options{})
		p := compiled(t, groupsSpec)
		m := dead(t, server, p)
		if s, said, err := m.run([]*plan.Plan{p}, func(r *Runner) { r.Concurrency = 7 }); err != nil || s[0].Resumed == 0 {
			t.Errorf("%v; it said %q", err, said)
		}
	})
}

// TestDataChanged: a record that appeared since makes the kept answers worthless.
func TestDataChanged(t *testing.T) {
	var grown bool
	server := newMortal(t, demoapi.Options{FaultAt: func(int) demoapi.Fault {
		if grown {
			return demoapi.Fault{Kind: "insert", Value: 1, Times: -1}
		}
		return demoapi.Fault{}
	}})
	p := compiled(t, typesSpec)
	m := dead(t, server, p)
	grown = true
	summaries, said, err := m.run([]*plan.Plan{p}, one, func(r *Runner) { r.AllowIncomplete = true })
	if err != nil || summaries[0].Resumed != 0 || !strings.Contains(said, "starting over: the data changed (110 records") {
		t.Errorf("%v, %d resumed; it said %q", err, summaries[0].Resumed, said)
	}
}

// TestEditWithoutActivity: a record of a kept page changed, and neither an activity nor the number of records tells.
// The run reads the kept pages again, several in one request, and starts over.
func TestEditWithoutActivity(t *testing.T) {
	nodes := func(name string) string { return nodesIn(t, 40, `{"id":ID,"name":"`+name+`","variants":{"nodes":[]}}`) }
	before, after := nodes("old"), nodes("new")
	for edited, want := range map[bool]string{false: "resuming the run", true: "starting over: the data changed since the earlier run, without an activity"} {
		server := newMortal(t, demoapi.Options{Nodes: map[string]string{"variantGroups": before}})
		p := compiled(t, strings.Replace(groupsSpec, "parquet, ", "", 1))
		m := newMachine(t, server.url)
		server.live(7)
		if _, _, err := m.run([]*plan.Plan{p}, one); err == nil {
			t.Fatal("it did not die")
		}
		name := "old"
		if edited {
			name = "new"
			server.Handler = newMortal(t, demoapi.Options{Nodes: map[string]string{"variantGroups": after}}).Handler
		}
		server.live(1 << 30)
		summaries, said, err := m.run([]*plan.Plan{p}, one)
		if err != nil || summaries[0].Resumed == 0 || !strings.Contains(said, want) {
			t.Errorf("edited %t: %v, %d resumed; it said %q", edited, err, summaries[0].Resumed, said)
		}
		rows := contents(t, p.Target)[filepath.Join(p.Target, "groups.ndjson")]
		if got := strings.Count(rows, `"name":"`+name+`"`); got != 40 {
			t.Errorf("edited %t: %d rows have the name %s", edited, got, name)
		}
		again := 0
		for body := range server.answered {
			if strings.Contains(body, `VariantGroupsAgain`) {
				again++
			}
		}
		if again != 1 {
			t.Errorf("edited %t: %d requests for the kept pages", edited, again)
		}
	}
}

// TestServerWithoutActivities is asked for the number of records alone.
func TestServerWithoutActivities(t *testing.T) {
	server := newMortal(t, demoapi.Options{})
	under := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if bytes.Contains(body, []byte("activities")) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"errors":[{"message":"Field 'activities' doesn't exist on type 'Query'","extensions":{"code":"undefinedField"}}]}`)
			return
		}
		under.ServeHTTP(w, r)
	})
	p := compiled(t, groupsSpec)
	m := dead(t, server, p)
	if s, said, err := m.run([]*plan.Plan{p}, one); err != nil || s[0].Resumed == 0 {
		t.Errorf("%v; it said %q", err, said)
	}
}

// TestVersionThatNeverComes holds no run up for long, but its answers serve
// nobody.
func TestVersionThatNeverComes(t *testing.T) {
	defer func(d time.Duration) { versionTimeout = d }(versionTimeout)
	versionTimeout = 20 * time.Millisecond
	server := newMortal(t, demoapi.Options{Faults: demoapi.Faults{{Kind: "hang", Match: "Version", Request: 1, Times: -1}}})
	m, p := newMachine(t, server.url), compiled(t, groupsSpec)
	start := time.Now()
	if _, _, err := m.run([]*plan.Plan{p}); err != nil || time.Since(start) > 30*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
	server.live(6)
	if _, said, err := m.run([]*plan.Plan{p}); err == nil || m.left() != 0 || strings.Contains(said, "kept") {
		t.Errorf("%v, %d journals; it said %q", err, m.left(), said)
	}
}

// TestTwoRunsOfOneTarget: the second says so and stops, and leaves the first alone.
func TestTwoRunsOfOneTarget(t *testing.T) {
	server := newMortal(t, demoapi.Options{})
	m, p := newMachine(t, server.url), compiled(t, groupsSpec)
	under := server.Handler
	var once sync.Once
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { // while the first run waits for its first answer
			server.mu.Lock()
			before := sum(server.answered)
			server.mu.Unlock()
			_, _, err := m.run([]*plan.Plan{p})
			if !errors.As(err, new(*state.BusyError)) || !strings.Contains(err.Error(), "groups: another run of civic-etl works on") {
				t.Errorf("the second run: %v", err)
			}
			server.mu.Lock()
			defer server.mu.Unlock()
			if n := sum(server.answered) - before; n > 1 { // one may be the first run's own
				t.Errorf("the second run asked %d requests", n)
			}
		})
		under.ServeHTTP(w, r)
	})
	if _, _, err := m.run([]*plan.Plan{p}, one); err != nil {
		t.Errorf("the first run: %v", err)
	}
	alone(t, p.Target)
}

// TestSeveralSpecsGoOn: the answers of a pipeline that published are kept until
// the others have too.
func TestSeveralSpecsGoOn(t *testing.T) {
	server := newMortal(t, demoapi.Options{})
	first, second := compiled(t, typesSpec), compiled(t, groupsSpec)
	m := newMachine(t, server.url)
	if _, _, err := m.run([]*plan.Plan{first}, one); err != nil {
		t.Fatal(err)
	}
	server.live(sum(server.answered) + 6)
	if _, _, err := m.run([]*plan.Plan{first, second}, one); err == nil || m.left() != 2 {
		t.Fatalf("%v, %d journals", err, m.left())
	}
	server.live(1 << 30)
	summaries, said, err := m.run([]*plan.Plan{first, second}, one)
	if err != nil || summaries[0].Resumed == 0 || summaries[1].Resumed == 0 || m.left() != 0 {
		t.Errorf("%v, %+v, %d journals; it said %q", err, summaries, m.left(), said)
	}
}

// TestBadDataAreNotKept: the same answers would fail the same check.
func TestBadDataAreNotKept(t *testing.T) {
	server := newMortal(t, demoapi.Options{})
	m := newMachine(t, server.url)
	p := compiled(t, strings.Replace(groupsSpec, "load:", "checks: [min_rows: 1000]\nload:", 1))
	if _, _, err := m.run([]*plan.Plan{p}); !errors.As(err, new(*checks.Error)) || m.left() != 0 {
		t.Errorf("%v, %d journals", err, m.left())
	}
}

// TestNoStateOfItsOwn: what nobody can go on with leaves nothing.
func TestNoStateOfItsOwn(t *testing.T) {
	server := newMortal(t, demoapi.Options{})
	for name, set := range map[string]func(*Runner){
		"demo":   func(r *Runner) { r.Transport = http.DefaultTransport },
		"stdout": func(r *Runner) { r.Stdout = io.Discard },
	} {
		m, p := newMachine(t, server.url), compiled(t, strings.Replace(groupsSpec, "parquet, ", "", 1))
		server.live(6)
		if _, said, err := m.run([]*plan.Plan{p}, one, set); err == nil || m.left() != 0 || strings.Contains(said, "kept") {
			t.Errorf("%s: %v, %d journals; it said %q", name, err, m.left(), said)
		}
		if server.versions != 0 {
			t.Errorf("%s asked which version the data are", name)
		}
	}
}

// TestStateOutOfReach: a state folder that goes away stops no run.
func TestStateOutOfReach(t *testing.T) {
	server := newMortal(t, demoapi.Options{})
	m, p := newMachine(t, server.url), compiled(t, groupsSpec)
	_, said, err := m.run([]*plan.Plan{p}, func(r *Runner) {
		if err := os.RemoveAll(m.folder); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil || strings.Count(said, "answers cannot be kept") != 1 || strings.Count(said, "the rate limit is not shared with other runs") != 1 {
		t.Errorf("%v; it said %q", err, said)
	}
}

// TestRecordAfterGoingOn: a recording holds all pages, whoever asked for them.
func TestRecordAfterGoingOn(t *testing.T) {
	server := newMortal(t, demoapi.Options{})
	p := compiled(t, groupsSpec)
	m := dead(t, server, p)
	record := t.TempDir()
	if s, said, err := m.run([]*plan.Plan{p}, func(r *Runner) { r.Record = record }); err != nil || s[0].Resumed == 0 {
		t.Fatalf("%v; it said %q", err, said)
	}
	want := sums(t, p)
	if _, _, err := m.run([]*plan.Plan{p}, func(r *Runner) { r.Replay = record }); err != nil || sums(t, p) != want {
		t.Errorf("the recording gives other files: %v", err)
	}
}
