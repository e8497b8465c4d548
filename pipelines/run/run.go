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

// Runner runs plans, one after another, in one rate budget. Its fields are set
// before Run and not changed during it.
type Runner struct {
	Version   string                      // of the program, for the manifest
	UserAgent string                      // sent with every request
	Env       func(string) (string, bool) // where the API key is looked up
	Now       func() time.Time            // nil: time.Now
	Transport http.RoundTripper           // nil: the network
	Endpoint  string                      // "" : the plan's

	Concurrency     int           // 0: the spec's
	Limit           int           // first N records; 0: all
	FailFast        bool          // stop at the first pipeline that fails
	AllowIncomplete bool          // publish although records are missing
	Record, Replay  string        // folders of raw answers; "": none
	State           *state.Folder // what earlier runs left, for those that go on and for the rate limit; nil: nothing
	NoResume        bool          // not going on where an earlier run stopped
	PublishDir      string        // where outputs wait to be published if it is on their file system, out of the reach of readers' patterns

	Stdout      io.Writer // rows of one table go here and nothing to disk; nil: publish
	StdoutTable string    // which, where the spec has several

	// Progress is called about once a page and Notice now and then, from the
	// goroutines of the run, one call at a time for each pipeline. They must
	// return soon.
	Progress func(Progress)
	Notice   func(Notice)

	unproven bool                       // without a census: what the tests of the proof must notice
	disk     disk.FS                    // of the outputs; nil: the real one
	spooling func() (spool.File, error) // nil: a file in the folder for state, or in TMPDIR
}

// Progress is how far a pipeline is.
type Progress struct {
	Pipeline       string
	Records, Total int64     // Total is 0 until the API has said it
	Started, At    time.Time // of the pipeline; of this report
	ThrottledUntil time.Time // in the future while the rate limit holds the run up
	Done           bool
}

// Notice is something the user should know now.
type Notice struct {
	Pipeline string
	Level    slog.Level
	Text     string
}

// Summary is what one pipeline did. Err is nil if it published.
type Summary struct {
	Pipeline, Target      string
	Rows, Rejected, Bytes int64
	Files                 int
	Requests, Retries     int64
	Resumed               int64 // answers of an earlier run that were not asked for again
	Throttled, Elapsed    time.Duration
	Complete              bool // false: fewer or more than the API counts
	References, Open      int  // to other pipelines of the run that were looked at; those that do not all lead to a row
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

// RunsError gathers the errors of the pipelines that failed.
type RunsError struct{ Errors []error }

func (e *RunsError) Error() string { return errors.Join(e.Errors...).Error() }

// Unwrap gives the errors, one for each failed pipeline.
func (e *RunsError) Unwrap() []error { return e.Errors }

// Run runs the plans in order, but those that others refer to before these. A pipeline that fails leaves its former output as
// it was and does not stop the others, unless FailFast is set or ctx ends. The
// error is nil or a *RunsError.
func (r *Runner) Run(ctx context.Context, plans []*plan.Plan) ([]Summary, error) {
	sessions := newSessions(r, plans)
	defer sessions.close()
	var summaries []Summary
	var failed RunsError
	for _, group := range checks.Groups(plans) {
		done := r.runGroup(ctx, sessions, plans, group)
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

// Probe asks how many records a run of the plan would find now. It is one request for each connection.
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
	if query.Paging == extract.IDs { // the count of one id is not that of all
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
