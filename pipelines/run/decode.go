package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/pipelines/internal/recording"
	"github.com/civic-etl/civic-etl/transform"
)

// decoderStage makes rows of the pages of one connection.
type decoderStage struct {
	*transform.Decoder
	seen  *roaring64.Bitmap // ids of the records that were decoded
	table string            // that rejects of the API are put to
}

func newDecoderStage(c *collector) (*decoderStage, error) {
	d := &decoderStage{seen: roaring64.New(), table: c.plan.Tables[0].Name}
	options := c.plan.Decode
	options.Known = func(id int64) bool { return d.seen.Contains(uint64(id)) }
	options.BatchRows = batchRows(c.plan.Formats)
	var err error
	if d.Decoder, err = transform.Compile(options); err != nil {
		return nil, fmt.Errorf("transform: %w", err)
	}
	return d, nil
}

// batchRows gives a Parquet writer enough at once for several pages of its
// largest column: they are compressed side by side, but all within one call.
// Text is written in the decoder's own batches, which are smaller.
func batchRows(formats []format.Format) int {
	if slices.ContainsFunc(formats, func(f format.Format) bool { return f.Name == "parquet" }) {
		return 4096
	}
	return 0
}

// page sends a page's rows and rejects on.
func (d *decoderStage) page(page *extract.Page, send func(row) error) (transform.Result, error) {
	result, err := d.Decode(page.Body, func(table int, batch arrow.RecordBatch) error {
		return send(row{table: table, batch: batch})
	})
	if err != nil {
		return result, err
	}
	for _, id := range result.IDs {
		d.seen.Add(uint64(id))
	}
	for _, r := range page.Rejects {
		result.Rejects = append(result.Rejects, transform.Reject{Table: d.table, Reason: r.Reason, Path: r.Path, Record: r.Record})
	}
	for i := range result.Rejects {
		if err := send(row{reject: &result.Rejects[i]}); err != nil {
			return result, err
		}
	}
	return result, nil
}

// decode sends a collected page's rows and rejects on.
func (c *collector) decode(page *extract.Page, send func(row) error) error {
	if _, err := c.decoder.page(page, send); err != nil {
		return err
	}
	c.report()
	return nil
}

// decodeReplayed does the same with a page of a recording, which is counted only now.
func (c *collector) decodeReplayed(page *extract.Page, send func(row) error) error {
	result, err := c.decoder.page(page, send)
	if err != nil {
		return err
	}
	c.tally.addReplayed(result, page)
	c.report()
	return nil
}

// unspool passes the pages that were collected through the other stages.
func (c *collector) unspool(ctx context.Context, w *writer) error {
	f := &flow{walk: c.spool, fetch: c.spool.Fetch, decode: c.decode, write: w.write, workers: c.workers()}
	if c.recorder != nil {
		f.fetch = c.recorder.Keep(c.spool.Fetch)
	}
	if err := c.pass(ctx, f); err != nil {
		return err
	}
	if c.recorder != nil {
		return c.recorder.Finish(c.tally.total)
	}
	return nil
}

// replay passes the pages of a recording through the stages.
func (c *collector) replay(ctx context.Context, w *writer) error {
	r, err := recording.Open(c.runner.Replay, c.plan, c.limit)
	if err != nil {
		return err
	}
	f := &flow{walk: r, fetch: r.Fetch, decode: recording.Recycle(r, c.decodeReplayed), write: w.write, workers: c.workers()}
	if err := c.pass(ctx, f); err != nil {
		return err
	}
	if c.tally.unique() == r.Meta.TotalCount {
		c.tally.proof = "recording"
	}
	return nil
}

// pass runs a flow, and writes what the decoder still holds at its end.
func (c *collector) pass(ctx context.Context, f *flow) error {
	if err := f.run(ctx); err != nil {
		return err
	}
	return c.decoder.Flush(func(table int, batch arrow.RecordBatch) error {
		defer batch.Release()
		return f.write(ctx, row{table: table, batch: batch})
	})
}
