package main

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/extract/demoapi"
)

// TestSignalTwiceAtOnce: timeout(1) sends its signal to its child and then to the whole group. That
// is no second Ctrl-C, which would end the process on the spot: it still cleans up and says so.
func TestSignalTwiceAtOnce(t *testing.T) {
	c := newCounted(t, demoapi.Options{Requests: -1, Latency: 200 * time.Millisecond})
	p := newWorkplace(t, c)
	cmd, said := p.command()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for c.total() < 3 {
		time.Sleep(time.Millisecond)
	}
	begin := time.Now()
	for time.Since(begin) < 50*time.Millisecond && cmd.Process.Signal(syscall.SIGTERM) == nil {
		time.Sleep(time.Millisecond / 10)
	}
	_ = cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 143 || !strings.Contains(said.String(), "terminated: ") {
		t.Errorf("%v: %s", cmd.ProcessState, said)
	}
}
