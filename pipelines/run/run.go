// Package run runs plans: for each connection it collects the pages, reconciles the records with the server's, decodes
// them, and writes and checks the tables; then it publishes them in one step. It takes plans and settings, and gives
// summaries and published folders. It never publishes incomplete output unless the user allows it, and never prints.
// The check command is here too (Preflight).
package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/internal/spool"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/state"
)

// Runner runs plans, one after another, within one rate limit. Its fields must not change during Run.
type Runner struct {
	Version   string                      // of the program, for the manifest
	UserAgent string                      // sent with every request
	Env       func(string) (string, bool) // looks up the API key; nil: there is none
	Now       func() time.Time            // nil: time.Now
	Transport http.RoundTripper           // nil: the network
	Endpoint  string                      // "" : the plan's

	Concurrency     int           // 0: the spec's
	Limit           int           // first N records; 0: all
	FailFast        bool          // stop at the first pipeline that fails
	AllowIncomplete bool          // publish although records are missing
	Record, Replay  string        // folders of recordings; "": none
	State           *state.Folder // answers of earlier runs, and the shared rate limit; nil: none
	NoResume        bool          // ignore the answers of earlier runs
	PublishDir      string        // staging folder for outputs on its file system, unseen by readers' patterns

	Stdout      io.Writer // receives the rows of one table; nil: publish
	StdoutTable string    // which, if the spec has several

	// Progress is called about once a page, Notice now and then. Calls come from the goroutines of the run, one at a
	// time for each pipeline, and must return soon.
	Progress func(Progress)
	Notice   func(Notice)

	unproven bool        // skip reconciliation: tests of the proof must notice it
	disk     disk.FS     // of the outputs; nil: the real one
	spooling spool.Place // nil: the folder for state, or TMPDIR
}

// Progress is the progress of a pipeline.
type Progress struct {
	Pipeline       string
	Records, Total int64     // Total is 0 until the first page
	Started, At    time.Time // of the pipeline; of this report
	ThrottledUntil time.Time // in the future while the rate limit makes the run wait
	Done           bool
}

// Notice is a message for the user.
type Notice struct {
	Pipeline string
	Level    slog.Level
	Text     string
}

// Summary is the result of one pipeline. Err is nil if it published.
type Summary struct {
	Pipeline, Target      string
	Rows, Rejected, Bytes int64
	Files                 int
	Requests, Retries     int64
	Resumed               int64 // answers of an earlier run
	Throttled, Elapsed    time.Duration
	Complete              bool // false: not proven
	References, Open      int  // checked references to other pipelines of the run; of these, the ones without a match
	Err                   error
}

// Status is one word for the summary.
func (s *Summary) Status() string {
	switch {
	case s.Err == nil && s.Target == "":
		return "written"
	case s.Err == nil && !s.Complete:
		return "incomplete"
	case s.Err == nil:
		return "published"
	case errors.As(s.Err, new(*checks.Error)):
		return "refused"
	case errors.Is(s.Err, context.Canceled):
		return "interrupted"
	}
	return "failed"
}

// RunsError holds the errors of the failed pipelines.
type RunsError struct{ Errors []error }

func (e *RunsError) Error() string { return errors.Join(e.Errors...).Error() }

// Unwrap returns one error for each failed pipeline.
func (e *RunsError) Unwrap() []error { return e.Errors }

// Run runs the plans in order, referenced plans first. A failed pipeline leaves its former output unchanged and does
// not stop the others, unless FailFast is set or ctx ends. The error is nil or a *RunsError.
func (r *Runner) Run(ctx context.Context, plans []*plan.Plan) ([]Summary, error) {
	sessions := newSessions(r, plans)
	defer sessions.close()
	var summaries []Summary
	var failed RunsError
	for _, cycle := range checks.Cycles(plans) {
		done := r.runCycle(ctx, sessions, plans, cycle)
		summaries = append(summaries, done...)
		before := len(failed.Errors)
		for _, summary := range done {
			if summary.Err != nil {
				failed.Errors = append(failed.Errors, summary.Err)
			}
		}
		if len(failed.Errors) > before && (r.FailFast || ctx.Err() != nil) {
			break
		}
	}
	if len(failed.Errors) > 0 {
		return summaries, &failed
	}
	return summaries, nil
}

// Probe asks for the number of records of a plan, with one request for each connection.
func (r *Runner) Probe(ctx context.Context, p *plan.Plan) (int64, error) {
	s := newSessions(r, []*plan.Plan{p})
	defer s.close()
	client, err := s.open(ctx, p, func(graphql.Notice) {})
	if err != nil {
		return 0, err
	}
	defer client.Close()
	var total int64
	for _, part := range p.All() {
		n, err := probe(ctx, client, part)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

func probe(ctx context.Context, client *graphql.Client, plan *plan.Plan) (int64, error) {
	query := *plan.Query
	query.PageSize, query.Limit = 1, 1
	if query.Paging == extract.IDs { // which would count one id
		query.Paging = extract.Offset
	}
	page, err := extract.Open(client, &query).Fetch(ctx, query.Walk().Next()[0])
	if err != nil {
		return 0, fmt.Errorf("probe: %w", err)
	}
	return int64(page.TotalCount), nil
}

func (r *Runner) notice(pipeline string, level slog.Level, format string, args ...any) {
	if r.Notice != nil {
		r.Notice(Notice{Pipeline: pipeline, Level: level, Text: fmt.Sprintf(format, args...)})
	}
}

func (r *Runner) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}
