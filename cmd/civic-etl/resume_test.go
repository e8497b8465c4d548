package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/extract/demoapi"
)

const resumeSpec = `
version: 1
name: small
source: {rate_limit: {requests: 60, per: 1s}}
extract: {from: evidenceItems, args: {status: ACCEPTED}}
columns: {id: id, level: evidenceLevel}
key: [id]
load: {to: out}
`

// counted is the demo API, with what was asked of it.
type counted struct {
	http.Handler
	url string

	mu       sync.Mutex
	requests map[string]int // by body
	refused  int            // with 429
}

func newCounted(t *testing.T, o demoapi.Options) *counted {
	t.Helper()
	handler, err := demoapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	c := &counted{Handler: handler, requests: map[string]int{}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.url = server.URL + "/api/graphql"
	return c
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (c *counted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	s := &statusWriter{w, 200}
	c.Handler.ServeHTTP(s, r)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests[string(body)]++
	if s.status == http.StatusTooManyRequests {
		c.refused++
	}
}

func (c *counted) total() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, times := range c.requests {
		n += times
	}
	return n
}

// workplace is a folder with the spec in it, where commands run.
type workplace struct {
	dir, state string
	c          *counted
}

func newWorkplace(t *testing.T, c *counted) *workplace {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "small.yaml"), []byte(resumeSpec), 0o666); err != nil {
		t.Fatal(err)
	}
	return &workplace{dir: dir, state: filepath.Join(dir, "state"), c: c}
}

func (p *workplace) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command("civic-etl", append([]string{"run", "small.yaml", "--endpoint", p.c.url, "--progress", "none"}, args...)...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "CIVIC_ETL_STATE="+p.state, "CIVIC_API_KEY=")
	var said bytes.Buffer
	cmd.Stderr = &said
	return cmd, &said
}

func (p *workplace) run(t *testing.T, args ...string) string {
	t.Helper()
	cmd, said := p.command(args...)
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	return said.String()
}

func (p *workplace) file(t *testing.T, out string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, out, "small.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestKilledRunsGoOn kills the program at random moments, and runs the same
// command again until it is through: it is byte for byte what a run that was
// never killed writes, and no page was asked for twice but those under way.
func TestKilledRunsGoOn(t *testing.T) {
	c := newCounted(t, demoapi.Options{Requests: -1, Latency: 8 * time.Millisecond})
	p := newWorkplace(t, c)
	fast := []string{"--set", "source.rate_limit.requests=100000"}
	p.run(t, append(fast, "--out", "straight")...)
	want, pages := p.file(t, "straight"), c.total()
	for round := range 3 {
		if left, err := os.ReadDir(filepath.Join(p.state, "runs")); err != nil || len(left) != 0 {
			p.run(t, fast...) // the last was killed between publishing and dropping its answers
		}
		if err := os.RemoveAll(filepath.Join(p.dir, "out")); err != nil {
			t.Fatal(err)
		}
		before := c.total()
		kills, went := p.killUntilDone(t, fast)
		if !bytes.Equal(p.file(t, "out"), want) {
			t.Errorf("round %d, %d kills: other bytes", round, kills)
		}
		// Each killed process had at most four under way, and asked the version; one
		// killed before it knew that starts over, with at most two answers.
		if asked, most := c.total()-before, pages+kills*(4+1+2)+1; asked > most {
			t.Errorf("round %d, %d kills: %d requests, want at most %d", round, kills, asked, most)
		}
		if kills > 5 && !went {
			t.Errorf("round %d, %d kills: no run went on", round, kills)
		}
	}
}

// killUntilDone runs a command until it has published, and kills it each time it
// takes long, later and later; it says how often, and whether a run went on.
func (p *workplace) killUntilDone(t *testing.T, args []string) (kills int, went bool) {
	t.Helper()
	for ; kills < 200; kills++ {
		cmd, said := p.command(args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(40+rand.IntN(120)+10*kills)*time.Millisecond, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		kill.Stop()
		went = went || strings.Contains(said.String(), "resuming the run")
		if _, published := os.Stat(filepath.Join(p.dir, "out")); err == nil || published == nil {
			return kills, went
		}
		if cmd.ProcessState.ExitCode() != -1 {
			t.Fatalf("%v: %s", err, said)
		}
	}
	t.Fatal("it never got through")
	return 0, false
}

// TestInterruptedRunsGoOn and say so, with the status of the signal.
func TestInterruptedRunsGoOn(t *testing.T) {
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		c := newCounted(t, demoapi.Options{Requests: -1, Latency: 10 * time.Millisecond})
		p := newWorkplace(t, c)
		cmd, said := p.command()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for c.total() < 12 {
			time.Sleep(time.Millisecond)
		}
		_ = cmd.Process.Signal(signal)
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != want || !strings.Contains(said.String(), "run the same command again to resume") {
			t.Errorf("%s: status %d, want %d: %s", signal, code, want, said)
		}
		if text := p.run(t); !strings.Contains(text, "resuming the run of") {
			t.Errorf("%s: it did not go on: %s", signal, text)
		}
	}
}

// TestRunsShareTheBudget: one after another or at once, the runs of a machine
// together stay inside what the server allows an address.
func TestRunsShareTheBudget(t *testing.T) {
	// The server's window is a second shorter than the spec's: a request may be that
	// long on its way, as on a machine with much else to do.
	strict := demoapi.Options{Requests: 60, Per: 3 * time.Second}
	wider := []string{"--set", "source.rate_limit.per=4s"}
	twice := func(c *counted, together bool) (refused int) {
		a, b := newWorkplace(t, c), newWorkplace(t, c)
		if together {
			b.state = a.state
		}
		first, saidA := a.command(wider...)
		second, saidB := b.command(wider...)
		if err := errors.Join(first.Start(), second.Start()); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(first.Wait(), second.Wait()); err != nil {
			t.Errorf("%v: %s%s", err, saidA, saidB)
		}
		return c.refused
	}
	t.Run("at once", func(t *testing.T) {
		if n := twice(newCounted(t, strict), true); n != 0 {
			t.Errorf("%d requests were refused", n)
		}
	})
	t.Run("without", func(t *testing.T) { // the control: this test can fail
		if n := twice(newCounted(t, strict), false); n == 0 {
			t.Error("nothing was refused to runs that know nothing of each other")
		}
	})
	t.Run("one after another", func(t *testing.T) {
		c := newCounted(t, strict)
		p := newWorkplace(t, c)
		for range 2 {
			p.run(t, wider...)
		}
		if c.refused != 0 {
			t.Errorf("%d requests were refused", c.refused)
		}
	})
}
