package run

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// compiled gives the plan of a spec that writes into a new folder.
func compiled(t *testing.T, s string) *plan.Plan {
	t.Helper()
	plans, err := pipelines.CompileAll([]pipelines.File{{Name: "test.yaml", Data: []byte(s)}}, spec.Settings{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	return plans[0]
}

func testRunner(endpoint string) *Runner {
	return &Runner{Version: "test", UserAgent: "test", Env: func(string) (string, bool) { return "", false }, Endpoint: endpoint}
}

const evidenceSpec = `
version: 1
name: evidence
source: {retries: 2, patience: 0s}
extract: {from: evidenceItems, args: {status: ACCEPTED}}
columns: {id: id, level: evidenceLevel, statement: description, therapies: therapies.name}
key: [id]
checks: [unique: [id]]
load: {to: out, formats: [parquet, ndjson]}
`

const variantsSpec = `
version: 1
name: variants
extract: {from: variants}
columns: {id: id, name: name}
load: {to: out, formats: [ndjson]}
`

const byOffset = "\nextract: {from: variants, paging: offset}\n"

func TestRunPublishes(t *testing.T) {
	p := compiled(t, evidenceSpec)
	summaries, err := testRunner(testkit.ServeDemo(t, demoapi.Options{})).Run(t.Context(), []*plan.Plan{p})
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Read(p.Target)
	if err != nil {
		t.Fatal(err)
	}
	if !m.Extract.Complete || m.Extract.Unique != m.Extract.TotalCount || m.Tables["evidence"].Rows != m.Extract.TotalCount {
		t.Errorf("manifest says %+v, %d rows", m.Extract, m.Tables["evidence"].Rows)
	}
	if s := summaries[0]; s.Status() != "published" || s.Rows != m.Extract.TotalCount*1 && s.Files != 2 {
		t.Errorf("summary says %+v", s)
	}
}

// TestOneWorkerOrMany: the order in which answers come must not show.
func TestOneWorkerOrMany(t *testing.T) {
	var sums [][]string
	for _, workers := range []int{1, 2, 8} {
		p := compiled(t, evidenceSpec)
		r := testRunner(testkit.ServeDemo(t, demoapi.Options{FaultAt: unevenLatency}))
		r.Concurrency = workers
		if _, err := r.Run(t.Context(), []*plan.Plan{p}); err != nil {
			t.Fatal(err)
		}
		m, err := manifest.Read(p.Target)
		if err != nil {
			t.Fatal(err)
		}
		var sum []string
		for _, f := range m.Tables["evidence"].Files {
			sum = append(sum, f.Path+" "+f.SHA256)
		}
		sums = append(sums, sum)
	}
	for _, sum := range sums[1:] {
		if !slices.Equal(sum, sums[0]) {
			t.Errorf("files differ: %v and %v", sum, sums[0])
		}
	}
}

func unevenLatency(request int) demoapi.Fault {
	return demoapi.Fault{Kind: "wait", Delay: time.Duration(request%5) * 3 * time.Millisecond}
}

// TestRecordsThatFellBetweenPages: ties in another order at each request repeat
// and drop records; asked for by id, none is missing.
func TestRecordsThatFellBetweenPages(t *testing.T) {
	p := compiled(t, strings.Replace(variantsSpec, "\nextract: {from: variants}\n", byOffset, 1))
	r := testRunner(testkit.ServeDemo(t, demoapi.Options{Shuffle: true}))
	var said []string
	r.Notice = func(n Notice) { said = append(said, n.Text) }
	if _, err := r.Run(t.Context(), []*plan.Plan{p}); err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Read(p.Target)
	if err != nil {
		t.Fatal(err)
	}
	e := m.Extract
	if !e.Complete || e.Repaired == 0 || e.Duplicates == 0 || m.Tables["variants"].Rows != e.TotalCount {
		t.Errorf("manifest says %+v", e)
	}
	if !strings.Contains(strings.Join(said, "\n"), "fell between pages") {
		t.Errorf("the user was told %q", said)
	}
}

// TestTiesGiveTheSameFiles: where the server's order has ties, pages are asked
// for by ids, so that the same data gives the same bytes.
func TestTiesGiveTheSameFiles(t *testing.T) {
	var sums []string
	for range 2 {
		p := compiled(t, variantsSpec)
		if _, err := testRunner(testkit.ServeDemo(t, demoapi.Options{Shuffle: true})).Run(t.Context(), []*plan.Plan{p}); err != nil {
			t.Fatal(err)
		}
		m, err := manifest.Read(p.Target)
		if err != nil {
			t.Fatal(err)
		}
		if m.Source.Paging != "ids" || m.Extract.Duplicates != 0 {
			t.Errorf("manifest says paging %s, %+v", m.Source.Paging, m.Extract)
		}
		sums = append(sums, m.Tables["variants"].Files[0].SHA256)
	}
	if sums[0] != sums[1] {
		t.Error("the same data gave other bytes")
	}
}

// TestFaultsNeverPublishHalf: whatever goes wrong, and wherever, there is a
// complete publication or the former output.
func TestFaultsNeverPublishHalf(t *testing.T) {
	for _, fault := range []string{
		"503@2x*", "404@3", "html@5x*", "cut@4x*", "null@48x*", "partial@1x*", "poison=120",
		"drop@3x*", "503@2x2", "cut@7", "reset@9x2", "duplicate@4", "clamp=37", "remove=7", "insert=9", "move=5",
	} {
		t.Run(fault, func(t *testing.T) {
			p := compiled(t, evidenceSpec)
			if _, err := testRunner(testkit.ServeDemo(t, demoapi.Options{})).Run(t.Context(), []*plan.Plan{p}); err != nil {
				t.Fatal(err)
			}
			before := snapshot(t, p.Target)
			f, err := demoapi.ParseFault(fault)
			if err != nil {
				t.Fatal(err)
			}
			_, err = testRunner(testkit.ServeDemo(t, demoapi.Options{Faults: demoapi.Faults{f}})).Run(t.Context(), []*plan.Plan{p})
			after := snapshot(t, p.Target)
			if err != nil {
				if after != before {
					t.Errorf("after %v the former output changed", err)
				}
			} else if m, err := manifest.Read(p.Target); err != nil || !m.Extract.Complete {
				t.Errorf("published %+v, %v", m, err)
			}
			alone(t, p.Target)
		})
	}
}

// snapshot is the text of the manifest, which names every file's hash.
func snapshot(t *testing.T, target string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(target, manifest.Name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// alone wants nothing beside the target.
func alone(t *testing.T, target string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(target))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(target) {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

// TestCheckFailures are all said at once, and are no other kind of error.
func TestCheckFailures(t *testing.T) {
	p := compiled(t, strings.Replace(evidenceSpec, "unique: [id]",
		"unique: [level], min_rows: 99999, values: {level: [A, B]}, not_null: [id]", 1))
	_, err := testRunner(testkit.ServeDemo(t, demoapi.Options{})).Run(t.Context(), []*plan.Plan{p})
	var check *checks.Error
	if !errors.As(err, &check) {
		t.Fatalf("%v is no CheckError", err)
	}
	for _, want := range []string{"unique [level]", "min_rows", "values of level", "level=A", "C"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "not_null") {
		t.Errorf("%q names a check that holds", err)
	}
	if _, err := os.Stat(p.Target); err == nil {
		t.Error("something was published")
	}
}

// TestCancel stops a run at many moments: it ends soon, leaves nothing behind,
// and no goroutine.
func TestCancel(t *testing.T) {
	handler, err := demoapi.New(demoapi.Options{Requests: -1, Latency: 2 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for delay := time.Duration(0); delay < 120*time.Millisecond; delay += 5 * time.Millisecond {
		p := compiled(t, evidenceSpec)
		r := testRunner(server.URL)
		transport := http.DefaultTransport.(*http.Transport).Clone()
		r.Transport = transport
		ctx, cancel := context.WithTimeout(t.Context(), delay)
		start := time.Now()
		_, err := r.Run(ctx, []*plan.Plan{p})
		cancel()
		transport.CloseIdleConnections()
		if late := time.Since(start) - delay; late > 5*time.Second { // a second is promised; a busy machine under the race detector is given more
			t.Errorf("cancelled after %s, it took %s to end", delay, late)
		}
		if _, statErr := os.Stat(p.Target); (err == nil) != (statErr == nil) {
			t.Errorf("cancelled after %s: %v, and the target: %v", delay, err, statErr)
		}
		alone(t, p.Target)
	}
	server.Close()
}
