package pipelines

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/state"
	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/transform"
)

// pipeline is one plan on its way from the API to its target.
type pipeline struct {
	runner    *Runner
	plan      *Plan
	client    *extract.Client // nil in a replay
	journal   *state.Journal  // nil where no answers are kept
	version   string          // of the API's data, where it was asked before the first page
	recording *recorder       // nil unless the answers are kept
	decoder   *transform.Decoder
	ledger    *ledger
	checks    *checks
	sink      sink
	meeting   *meeting // with those of the run that its references lead to
	err       error    // why it will not be published

	started  time.Time
	endpoint string
	rejected int64
	shown    []string // rejects, to show
	repaired int64
	results  []load.TableResult

	mu                sync.Mutex // guards what follows: progress comes from several goroutines
	arrived, expected int64
	until             time.Time // the rate limit holds the run up till then
}

// open makes everything ready that can fail before the first page.
func (p *pipeline) open(ctx context.Context, s *sessions) (err error) {
	if p.checks, err = p.plan.newChecks(ctx, p.meeting, p.runner.Limit > 0); err != nil {
		return err
	}
	p.endpoint = s.endpoint(p.plan)
	if err := p.openJournal(); err != nil {
		return err
	}
	options := p.plan.Decode
	options.Known, options.BatchRows = p.ledger.known, batchRows(p.plan.Formats)
	p.ledger.withoutID = len(options.ID) == 0
	if p.decoder, err = transform.Compile(options); err != nil {
		return fmt.Errorf("transform: %w", err)
	}
	if p.sink, err = p.openSink(); err != nil {
		return err
	}
	if err := p.openSource(ctx, s); err != nil {
		return errors.Join(err, p.sink.Abort())
	}
	return nil
}

// batchRows gives a Parquet writer enough at once for several pages of its
// largest column: they are compressed side by side, but all within one call.
// Text is written in the decoder's own batches, which are smaller.
func batchRows(formats []load.Format) int {
	if slices.ContainsFunc(formats, func(f load.Format) bool { return f.Name == "parquet" }) {
		return 4096
	}
	return 0
}

func (p *pipeline) openSource(ctx context.Context, s *sessions) (err error) {
	if p.runner.Replay != "" {
		p.endpoint = "replay"
		return nil
	}
	if p.client, err = s.open(ctx, p.plan, p.told); err != nil {
		return err
	}
	if err := p.goOn(ctx); err != nil {
		return err
	}
	if p.runner.Record != "" {
		p.recording, err = newRecorder(p.runner.Record, p.plan)
	}
	return err
}

func (p *pipeline) failure(err error) error {
	return fmt.Errorf("%s: %w", p.plan.Spec.Name, err)
}

// extract passes all records through the stages; what fell between pages is
// asked for once more the other way: by ids, or by offset.
func (p *pipeline) extract(ctx context.Context) error {
	query := *p.plan.Query
	query.Limit = p.runner.Limit
	if err := p.pass(ctx, &query); err != nil {
		return err
	}
	if p.mayRepair() {
		other := extract.IDs
		if query.Resolved() == extract.IDs {
			other = extract.Offset
		}
		p.runner.notice(p.plan.Spec.Name, slog.LevelWarn, "%d of %d records fell between pages; asking for them by %s", p.ledger.missing(), p.ledger.total, other)
		before := p.ledger.unique()
		query.Paging, query.OrderByID = other, other == extract.Offset && p.plan.Connection.SortByID
		if err := p.pass(ctx, &query); err != nil {
			return err
		}
		p.repaired = p.ledger.unique() - before
	}
	if p.recording != nil {
		if err := p.recording.finish(p.ledger.total); err != nil {
			return err
		}
	}
	return p.decoder.Flush(func(table int, batch arrow.RecordBatch) error {
		defer batch.Release()
		return p.write(ctx, row{table: table, batch: batch})
	})
}

func (p *pipeline) mayRepair() bool {
	return p.runner.Limit == 0 && p.runner.Replay == "" && !p.ledger.withoutID && p.ledger.missing() > 0 &&
		p.plan.Connection.IDs && p.plan.Spec.Extract.Args["ids"] == nil
}

// pass runs all pages of a query through the stages.
func (p *pipeline) pass(ctx context.Context, query *extract.Query) error {
	f := &flow{decode: p.decode, write: p.write, workers: p.workers(), walk: query.Walk()}
	if p.client != nil {
		f.fetch = p.fetcher(query)
		return f.run(ctx)
	}
	r, err := openReplay(p.runner.Replay, p.plan)
	if err != nil {
		return err
	}
	f.fetch, f.decode = r.Fetch, r.recycle(p.decode)
	if p.runner.Limit == 0 {
		f.walk = r
	}
	return f.run(ctx)
}

// fetcher gives the pages of a query from the API; they are kept where the run records.
func (p *pipeline) fetcher(query *extract.Query) fetch {
	fetch := p.client.Open(query).Fetch
	if p.recording == nil {
		return fetch
	}
	return p.recording.keep(fetch)
}

func (p *pipeline) workers() int {
	if p.runner.Concurrency > 0 {
		return p.runner.Concurrency
	}
	return p.plan.Spec.Source.Concurrency
}

// decode books a page in the ledger and sends its rows and rejects on.
func (p *pipeline) decode(page *extract.Page, send func(row) error) error {
	result, err := p.decoder.Decode(page.Body, func(table int, batch arrow.RecordBatch) error {
		return send(row{table: table, batch: batch})
	})
	if err != nil {
		return err
	}
	p.ledger.page(result, page)
	for i := range result.Rejects {
		if err := send(row{reject: &result.Rejects[i]}); err != nil {
			return err
		}
	}
	p.progress(false)
	return nil
}

// write is called from one goroutine at a time.
func (p *pipeline) write(ctx context.Context, r row) error {
	if r.reject != nil {
		p.rejected++
		p.shown = example(p.shown, func() string { return p.rejectText(r.reject) })
		return p.sink.Reject(*r.reject)
	}
	p.checks.see(r.table, r.batch)
	return p.sink.Write(ctx, r.table, r.batch)
}
