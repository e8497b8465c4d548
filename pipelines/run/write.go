package run

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/transform"
)

// writer passes rows to the data checks and to the sink, and counts rejects. It is not safe for concurrent use.
type writer struct {
	sink     sink
	checks   *checks.Checks
	plan     *plan.Plan
	rejected int64
	examples wording.Examples // of rejects
}

func newWriter(r *Runner, plan *plan.Plan, c *checks.Checks, report *reporter) (*writer, error) {
	sink, err := newSink(r, plan, report)
	if err != nil {
		return nil, err
	}
	return &writer{sink: sink, checks: c, plan: plan}, nil
}

func (w *writer) write(ctx context.Context, r row) error {
	if r.reject != nil {
		w.rejected++
		w.examples.Add(func() string { return w.rejectText(r.reject) })
		reject := r.reject
		return w.sink.Reject(manifest.Reject{
			Table: reject.Table, Reason: reject.Reason, Path: reject.Path, Record: reject.Record,
		})
	}
	w.checks.Observe(r.table, r.batch)
	return w.sink.Write(ctx, r.table, r.batch)
}

// rejectText is a reject in a message: id 7: evidenceRating: 3.5 does not fit.
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

// sink receives the rows: a *load.Output, which is published at the end, or a *stream.
type sink interface {
	Write(ctx context.Context, table int, batch arrow.RecordBatch) error
	Reject(manifest.Reject) error
	Close(context.Context) ([]manifest.Table, error)
	Abort() error
}

func newSink(r *Runner, plan *plan.Plan, report *reporter) (sink, error) {
	if r.Stdout != nil {
		return newStream(r, plan)
	}
	return load.Create(load.Options{
		Target: plan.Target, Staging: r.PublishDir,
		Tables: plan.Tables, Formats: plan.Formats, RowsPerFile: plan.RowsPerFile,
		Metadata: map[string]string{
			"civic-etl.spec": plan.Spec.Text, "civic-etl.query": plan.Queries(), "civic-etl.version": r.Version,
		},
		FS:     r.disk,
		Notice: func(text string) { report.warn("%s", text) },
	})
}

// stream writes one table to standard output. Rows cannot be taken back: a failed check shows in the exit status only.
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

func (s *stream) Close(ctx context.Context) ([]manifest.Table, error) {
	return []manifest.Table{{Rows: s.rows}}, s.Stream.Close(ctx)
}

func (s *stream) Reject(manifest.Reject) error { return nil } // the summary counts it
func (s *stream) Abort() error                 { return nil }
