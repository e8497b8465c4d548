package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"syscall"

	"github.com/civic-etl/civic-etl/pipelines"
)

// The exit statuses, as help and the documents list them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitDiffers     = 4
	exitInterrupted = 130
	exitTerminated  = 143
)

// status is the one place where an error becomes an exit status.
func status(err error) int {
	var stopped interrupt
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &stopped) && stopped.signal == syscall.SIGTERM:
		return exitTerminated
	case errors.As(err, &stopped):
		return exitInterrupted
	case errors.As(err, new(usage)), errors.As(err, new(pipelines.Faults)):
		return exitUsage
	case errors.As(err, new(*pipelines.RunsError)):
		return runsStatus(err)
	case errors.As(err, new(*pipelines.CheckError)):
		return exitIncomplete
	case errors.As(err, new(difference)):
		return exitDiffers
	}
	return exitFailed
}

// runsStatus is that of the worst pipeline: a failure before a failed check.
func runsStatus(err error) int {
	var runs *pipelines.RunsError
	errors.As(err, &runs)
	worst := exitIncomplete
	for _, e := range runs.Errors {
		if !errors.As(e, new(*pipelines.CheckError)) {
			worst = exitFailed
		}
	}
	return worst
}

// report says an error once, as the last thing the program says: as lines of
// the log where the run has one in JSON, so that stderr holds nothing else.
func report(w io.Writer, log *slog.Logger, err error) {
	prefix, messages := complaints(err)
	for _, m := range messages {
		if log != nil {
			log.Error(m)
		} else {
			fmt.Fprintln(w, prefix+spoken(m))
		}
	}
}

// complaints are the messages of an error, and what stands before each in text.
func complaints(err error) (prefix string, messages []string) {
	var (
		faults  pipelines.Faults
		runs    *pipelines.RunsError
		stopped interrupt
		failed  failures
	)
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &faults):
		for _, f := range faults {
			messages = append(messages, f.String())
		}
		return "", messages
	case errors.As(err, &stopped):
		return "", []string{stopped.Error() + ": what was not yet published is left as it was; run the same command again"}
	case errors.As(err, &runs):
		for _, e := range runs.Errors {
			messages = append(messages, e.Error())
		}
		return "error: ", messages
	case errors.As(err, &failed):
		for _, e := range failed {
			messages = append(messages, shown(e.Error()))
		}
		return "error: ", messages
	}
	return "error: ", []string{err.Error()}
}
