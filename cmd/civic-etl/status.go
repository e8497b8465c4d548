package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"syscall"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/run"
)

// The exit statuses, which help and the documentation list.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitDiffers     = 4
	exitInterrupted = 130
	exitTerminated  = 143
)

// status turns an error into an exit status. No other place does.
func status(err error) int {
	var (
		stopped interrupt
		runs    *run.RunsError
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &stopped) && stopped.signal == syscall.SIGTERM:
		return exitTerminated
	case errors.As(err, &stopped):
		return exitInterrupted
	case errors.As(err, new(usage)), errors.As(err, new(document.Faults)):
		return exitUsage
	case errors.As(err, &runs) && slices.ContainsFunc(runs.Errors, failedRun):
		return exitFailed // it outranks failed checks
	case errors.As(err, &runs):
		return exitIncomplete
	case errors.As(err, new(*checks.Error)):
		return exitIncomplete
	case errors.As(err, new(difference)):
		return exitDiffers
	}
	return exitFailed
}

// failedRun tells a run that failed from one whose result failed a check.
func failedRun(err error) bool { return !errors.As(err, new(*checks.Error)) }

// report writes an error, as the last output of the program. If the run has a log in
// JSON, it logs the error, so that standard error contains JSON only.
func report(w io.Writer, log *slog.Logger, err error) {
	prefix, messages := errorMessages(err)
	for _, m := range messages {
		if log != nil {
			log.Error(m)
		} else {
			fmt.Fprintln(w, prefix+terminal.EscapeLines(m))
		}
	}
}

// errorMessages are the messages of an error, and the prefix of each in text.
func errorMessages(err error) (prefix string, messages []string) {
	var (
		faults  document.Faults
		runs    *run.RunsError
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
		return "", []string{stopped.Error() + ": unpublished outputs are unchanged; run the same command to resume"}
	case errors.As(err, &runs):
		for _, e := range runs.Errors {
			messages = append(messages, e.Error())
		}
		return "error: ", messages
	case errors.As(err, &failed):
		for _, e := range failed {
			messages = append(messages, terminal.Escape(e.Error()))
		}
		return "error: ", messages
	}
	return "error: ", []string{err.Error()}
}

// usage is an error of the command line.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

func usagef(format string, args ...any) error { return usage{fmt.Errorf(format, args...)} }

// difference is a result of verify or diff --exit-code: not a failure, but with an
// separate exit status.
type difference struct{ error }

func differencef(format string, args ...any) error { return difference{fmt.Errorf(format, args...)} }

// failures are the errors of a command over several folders, reported in a line each.
// A failure outranks a difference.
type failures []error

func (f failures) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

func (f failures) Error() string { return errors.Join(f...).Error() }

// As finds a difference only if all errors are differences.
func (f failures) As(target any) bool {
	for _, err := range f {
		if !errors.As(err, new(difference)) {
			return false
		}
	}
	return errors.As(f[0], target)
}
