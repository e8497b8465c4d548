// Command civic-etl extracts CIViC's data, flattens them and publishes them as files.
//
// It takes a command line, and gives output, messages and an exit status. The work is
// done by package pipelines: this package never reads the API, a spec or a published
// folder itself.
package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/args"
)

func main() {
	if os.Getenv("GOGC") == "" {
		// It takes a fifth less memory and no measurable time: the live heap of a run is
		// small, and so is its garbage.
		debug.SetGCPercent(50)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(200 << 20) // a soft limit: collect more often before a Parquet run grows
	}
	os.Exit(execute(os.Args, os.Stdout, os.Stderr))
}

// execute runs the program and returns its exit status.
func execute(words []string, stdout, stderr io.Writer) int {
	ctx, stop := interruptible(context.Background())
	defer stop()
	app := newApp(stdout, stderr)
	ordered, unknown := args.Reorder(app, words)
	var err error
	if unknown != nil {
		err = unknownFlag(unknown)
	} else {
		err = app.RunContext(ctx, ordered)
	}
	if cause := context.Cause(ctx); err != nil && errors.As(cause, new(interrupt)) {
		err = errors.Join(cause, err)
	}
	log, _ := app.Metadata[jsonLog].(*slog.Logger)
	report(stderr, log, err)
	return status(err)
}

// interrupt is the signal that ended the run.
type interrupt struct{ signal os.Signal }

func (i interrupt) Error() string {
	if i.signal == syscall.SIGTERM {
		return "terminated"
	}
	return "interrupted"
}

// oneSignal is the time in which a second signal counts as the first: timeout(1) sends
// it to its child and then to the whole group.
const oneSignal = 300 * time.Millisecond

// interruptible gives a context that the first SIGINT or SIGTERM cancels, with the
// signal as its cause. A second one ends the process at once.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			cancel(interrupt{s})
			time.AfterFunc(oneSignal, func() { signal.Stop(signals) })
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}
