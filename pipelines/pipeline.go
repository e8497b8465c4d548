package pipelines

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/extract/state"
	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/transform"
)

// pipeline is one plan on its way from the API to its target, or the part of one
// that a further connection is: then its owner has the checks, the sink, the counts
// and the progress of all.
type pipeline struct {
	owner     *pipeline // itself, if it is no part
	parts     []*pipeline
	runner    *Runner
	plan      *Plan
	client    *graphql.Client // nil in a replay
	journal   *state.Journal  // nil where no answers are kept
	version   string          // of the API's data, where it was asked before the first page
	recording *recorder       // nil unless the answers are kept
	decoder   *transform.Decoder
	ledger    *ledger
	checks    *checks
	spool     *spool            // what was gathered; nil in a replay
	written   *roaring64.Bitmap // ids of the records that were decoded
	way       extract.Paging    // how the pages were addressed in the end
	unfit     []string          // what the server turned out not to do
	sink      sink
	meeting   *meeting // with those of the run that its references lead to
	err       error    // why it will not be published

	limit    int // records that may come; 0: all
	started  time.Time
	endpoint string
	rejected int64
	shown    []string // rejects, to show
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
	for _, q := range p.all() {
		q.endpoint = s.endpoint(p.plan)
		if err := q.openJournal(); err != nil {
			return err
		}
		if err := q.openDecoder(); err != nil {
			return err
		}
	}
	if p.sink, err = p.openSink(); err != nil {
		return err
	}
	for _, q := range p.all() {
		if err := q.openSource(ctx, s); err != nil {
			return errors.Join(err, p.sink.Abort())
		}
	}
	return nil
}

func (p *pipeline) openDecoder() (err error) {
	options := p.plan.Decode
	options.Known, options.BatchRows = p.decoded, batchRows(p.plan.Formats)
	p.ledger.withoutID = len(options.ID) == 0
	if p.decoder, err = transform.Compile(options); err != nil {
		return fmt.Errorf("transform: %w", err)
	}
	return nil
}

// close ends what a run of the pipeline's connections holds open.
func (p *pipeline) close() {
	for _, q := range p.all() {
		if q.decoder != nil {
			q.decoder.Close()
		}
		if q.spool != nil {
			q.spool.close()
		}
		if q.client != nil {
			q.client.Close()
		}
	}
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
	if p.client, err = s.open(ctx, p.plan, p.owner.told); err != nil {
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

// unspool passes the pages that were gathered through the other stages.
func (p *pipeline) unspool(ctx context.Context) error {
	f := &flow{walk: p.spool, fetch: p.spool.fetch, decode: p.decode, write: p.write, workers: p.workers()}
	if p.recording != nil {
		f.fetch = p.recording.keep(p.spool.fetch)
	}
	if err := p.pass(ctx, f); err != nil {
		return err
	}
	if p.recording != nil {
		return p.recording.finish(p.ledger.total)
	}
	return nil
}

// replay passes the pages of a recording through the stages.
func (p *pipeline) replay(ctx context.Context) error {
	r, err := openReplay(p.runner.Replay, p.plan, p.limit)
	if err != nil {
		return err
	}
	f := &flow{walk: r, fetch: r.Fetch, decode: r.recycle(p.decode), write: p.write, workers: p.workers()}
	if err := p.pass(ctx, f); err != nil {
		return err
	}
	if p.ledger.unique() == r.meta.TotalCount {
		p.ledger.proof = "recording"
	}
	return nil
}

// pass runs a flow, and writes what the decoder still holds at its end.
func (p *pipeline) pass(ctx context.Context, f *flow) error {
	if err := f.run(ctx); err != nil {
		return err
	}
	return p.decoder.Flush(func(table int, batch arrow.RecordBatch) error {
		defer batch.Release()
		return p.write(ctx, row{table: table, batch: batch})
	})
}

func (p *pipeline) workers() int {
	if p.runner.Concurrency > 0 {
		return p.runner.Concurrency
	}
	return p.plan.Spec.Source.Concurrency
}

// decoded says whether a record was decoded from an earlier page.
func (p *pipeline) decoded(id int64) bool { return p.written.Contains(uint64(id)) }

// decode sends a page's rows and rejects on.
func (p *pipeline) decode(page *extract.Page, send func(row) error) error {
	result, err := p.decoder.Decode(page.Body, func(table int, batch arrow.RecordBatch) error {
		return send(row{table: table, batch: batch})
	})
	if err != nil {
		return err
	}
	for _, id := range result.IDs {
		p.written.Add(uint64(id))
	}
	if p.client == nil {
		p.ledger.replayed(result, page)
	}
	for _, r := range page.Rejects {
		result.Rejects = append(result.Rejects, transform.Reject{Table: p.plan.Tables[0].Name, Reason: r.Reason, Path: r.Path, Record: r.Record})
	}
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
	p = p.owner
	if r.reject != nil {
		p.rejected++
		p.shown = example(p.shown, func() string { return p.rejectText(r.reject) })
		return p.sink.Reject(*r.reject)
	}
	p.checks.see(r.table, r.batch)
	return p.sink.Write(ctx, r.table, r.batch)
}
