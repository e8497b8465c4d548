package pipelines

import (
	"context"
	"log/slog"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/transform"
)

// sink is where rows go: a folder that is published at the end, or standard output.
type sink interface {
	Write(ctx context.Context, table int, batch arrow.RecordBatch) error
	Reject(transform.Reject) error
	Close(context.Context) ([]load.TableResult, error)
	Publish(*load.Manifest) error
	Abort() error
}

func (p *pipeline) openSink() (sink, error) {
	if p.runner.Stdout != nil {
		return newStream(p.runner, p.plan)
	}
	out, err := load.Create(load.Options{
		Target: p.plan.Target, Aside: p.runner.Aside, Tables: p.plan.Tables, Formats: p.plan.Formats, RowsPerFile: p.plan.RowsPerFile,
		Metadata: map[string]string{
			"civic-etl.spec": p.plan.Spec.Text, "civic-etl.query": p.plan.queries(), "civic-etl.version": p.runner.Version,
		},
		FS:     p.runner.disk,
		Notice: func(text string) { p.runner.notice(p.plan.Spec.Name, slog.LevelWarn, "%s", text) },
	})
	if err != nil {
		return nil, err
	}
	return folder{out}, nil
}

// folder is an output of package load.
type folder struct{ *load.Output }

func (f folder) Reject(r transform.Reject) error {
	return f.Output.Reject(load.Reject{Table: r.Table, Reason: r.Reason, Path: r.Path, Record: r.Record})
}

// stream writes one table to standard output. What was written cannot be taken
// back, so a failed check shows in the exit status only.
type stream struct {
	*load.Stream
	table int
	rows  int64
}

func newStream(r *Runner, plan *Plan) (*stream, error) {
	table, err := plan.StreamTable(r.StdoutTable)
	if err != nil {
		return nil, err
	}
	return &stream{Stream: load.NewStream(r.Stdout, plan.Formats[0], plan.Tables[table]), table: table}, nil
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

func (s *stream) Close(ctx context.Context) ([]load.TableResult, error) {
	return []load.TableResult{{Rows: s.rows}}, s.Stream.Close(ctx)
}

func (s *stream) Publish(*load.Manifest) error { return nil }
func (s *stream) Abort() error                 { return nil }
