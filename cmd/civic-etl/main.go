// Command civic-etl extracts CIViC's knowledge, flattens it and publishes it as
// files. It is a shell over package pipelines: it reads the command line, shows
// progress and turns errors into one message and an exit status. It holds no
// logic of the pipeline itself.
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
		// A fifth less memory, at a time that cannot be told apart: what a run holds
		// at once is small, and it makes little garbage.
		debug.SetGCPercent(50)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(200 << 20) // a soft one: collect harder before a Parquet run needs more
	}
	os.Exit(execute(os.Args, os.Stdout, os.Stderr))
}

// execute runs the program and gives its exit status.
func execute(words []string, stdout, stderr io.Writer) int {
	ctx, stop := interruptible(context.Background())
	defer stop()
	app := newApp(stdout, stderr)
	err := unknownFlag(app, words)
	if err == nil {
		err = app.RunContext(ctx, args.Reorder(app.Commands, words))
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

// oneSignal is how long what follows a first signal is the same one: timeout(1)
// sends it to its child and then to the whole group.
const oneSignal = 300 * time.Millisecond

// interruptible gives a context that the first SIGINT or SIGTERM cancels, with
// the signal as its cause. A second one ends the process the usual way.
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
