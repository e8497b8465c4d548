package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/transform"
)

// writer passes rows to the data checks and to the sink, and counts rejects. It is used
// by one goroutine at a time.
type writer struct {
	sink     sink
	checks   *checks.Checks
	plan     *plan.Plan
	rejected int64
	examples wording.Examples // of rejects
}

func newWriter(r *Runner, plan *plan.Plan, c *checks.Checks, report *reporter) (*writer, error) {
	to, err := newSink(r, plan, report)
	if err != nil {
		return nil, err
	}
	return &writer{sink: to, checks: c, plan: plan}, nil
}

func (w *writer) write(ctx context.Context, r row) error {
	if r.reject != nil {
		w.rejected++
		w.examples.Add(func() string { return w.rejectText(r.reject) })
		return w.sink.Reject(*r.reject)
	}
	w.checks.Observe(r.table, r.batch)
	return w.sink.Write(ctx, r.table, r.batch)
}

// tooManyRejects says which records were left out, and where the spec allows how many.
func (w *writer) tooManyRejects() error {
	spec := w.plan.Spec
	if w.rejected <= spec.MaxRejects {
		return nil
	}
	what := fmt.Sprintf("max_rejects allows %d, and %s rejected: %s",
		spec.MaxRejects, wording.Verb(w.rejected, "record", "was", "were"), w.examples.Text(w.rejected))
	if !spec.Has("max_rejects") {
		return errors.New(what)
	}
	return &checks.Fault{Fault: document.Fault{File: spec.File, Pos: spec.At("max_rejects"), What: what}}
}

// rejectText is a reject as a message shows it: id 7: evidenceRating: 3.5 does not fit.
func (w *writer) rejectText(r *transform.Reject) string {
	text := r.Reason
	if r.Path != "" {
		text = wording.Quote(r.Path) + ": " + text
	}
	if id := w.plan.RejectedID(r); id != "" {
		text = "id " + wording.Quote(id) + ": " + text
	}
	return text
}

// sink is where rows go: a folder that is published at the end, or standard output.
type sink interface {
	Write(ctx context.Context, table int, batch arrow.RecordBatch) error
	Reject(transform.Reject) error
	Close(context.Context) ([]manifest.Table, error)
	Publish(*manifest.Manifest) error
	Abort() error
}

func newSink(r *Runner, plan *plan.Plan, report *reporter) (sink, error) {
	if r.Stdout != nil {
		return newStream(r, plan)
	}
	out, err := load.Create(load.Options{
		Target: plan.Target, Staging: r.PublishDir, Tables: plan.Tables, Formats: plan.Formats, RowsPerFile: plan.RowsPerFile,
		Metadata: map[string]string{
			"civic-etl.spec": plan.Spec.Text, "civic-etl.query": plan.Queries(), "civic-etl.version": r.Version,
		},
		FS:     r.disk,
		Notice: func(text string) { report.warn("%s", text) },
	})
	if err != nil {
		return nil, err
	}
	return folder{out}, nil
}

// folder is an output of package load.
type folder struct{ *load.Output }

func (f folder) Reject(r transform.Reject) error {
	return f.Output.Reject(manifest.Reject{Table: r.Table, Reason: r.Reason, Path: r.Path, Record: r.Record})
}

// stream writes one table to standard output. What was written cannot be taken
// back, so a failed check shows in the exit status only.
type stream struct {
	*load.Stream
	table int
	rows  int64
}

func newStream(r *Runner, plan *plan.Plan) (*stream, error) {
	table, err := plan.StreamTable(r.StdoutTable)
	if err != nil {
		return nil, err
	}
	s, err := load.NewStream(r.Stdout, plan.Formats[0], plan.Tables[table])
	return &stream{Stream: s, table: table}, err
}

func (s *stream) Write(ctx context.Context, table int, batch arrow.RecordBatch) error {
	if table != s.table {
		return nil
	}
	s.rows += batch.NumRows()
	return s.Stream.Write(ctx, batch)
}

// Reject leaves the record out; the summary counts it.
func (s *stream) Reject(transform.Reject) error { return nil }

func (s *stream) Close(ctx context.Context) ([]manifest.Table, error) {
	return []manifest.Table{{Rows: s.rows}}, s.Stream.Close(ctx)
}

func (s *stream) Publish(*manifest.Manifest) error { return nil }
func (s *stream) Abort() error                     { return nil }
