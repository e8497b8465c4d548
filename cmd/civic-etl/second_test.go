package main

import (
	"strings"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/extract/demoapi"
)

// TestSecondRunStops at once, says why, and leaves the first alone.
func TestSecondRunStops(t *testing.T) {
	c := newCounted(t, demoapi.Options{Requests: -1, Latency: 20 * time.Millisecond})
	p := newWorkplace(t, c)
	first, saidFirst := p.command()
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	for c.total() < 3 {
		time.Sleep(time.Millisecond)
	}
	second, said := p.command()
	_ = second.Run()
	if status := second.ProcessState.ExitCode(); status != 1 || !strings.Contains(said.String(), "error: small: another run of civic-etl works on ") ||
		!strings.Contains(said.String(), "wait until it is done, or publish to another folder with --out") {
		t.Errorf("status %d: %s", status, said)
	}
	if err := first.Wait(); err != nil {
		t.Errorf("the first: %v: %s", err, saidFirst)
	}
	if elsewhere := p.run(t, "--out", "elsewhere"); strings.Contains(elsewhere, "another run") {
		t.Error(elsewhere)
	}
}
