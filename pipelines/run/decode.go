package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/pipelines/internal/recording"
	"github.com/civic-etl/civic-etl/transform"
)

// parquetBatchRows is the size of batches for Parquet: with several pages of the largest column in one call, the writer
// compresses them in parallel. Text is written in the smaller batches of the decoder.
const parquetBatchRows = 4096

func (c *collector) newDecoder(lookup func(name string, key int64) []any) (err error) {
	options := c.plan.Decode
	options.Lookup = lookup
	options.Known = func(id int64) bool { return c.decoded.Contains(uint64(id)) }
	if slices.ContainsFunc(c.plan.Formats, func(f format.Format) bool { return f.Name == "parquet" }) {
		options.BatchRows = parquetBatchRows
	}
	if c.decoder, err = transform.Compile(options); err != nil {
		return fmt.Errorf("transform: %w", err)
	}
	return nil
}

func (c *collector) decodeSpool(ctx context.Context, write func(context.Context, row) error) error {
	decode := func(page *extract.Page, send func(row) error) error {
		body := page.Body
		page.Body = nil // so that a large one is not in memory while its rows are written
		return c.decode(page, body, send)
	}
	f := &flow{walk: c.spool, fetch: c.spool.Fetch, decode: decode, write: write, workers: c.workers()}
	if c.recorder != nil {
		f.fetch = c.recorder.Keep(c.spool.Fetch)
	}
	if err := c.decodeAll(ctx, f); err != nil {
		return err
	}
	if c.recorder != nil {
		return c.recorder.Finish(c.tally.total)
	}
	return nil
}

func (c *collector) decodeRecording(ctx context.Context, write func(context.Context, row) error) error {
	r, err := recording.Open(c.runner.Replay, c.plan, c.limit)
	if err != nil {
		return err
	}
	if r.Unchecked {
		c.reporter.warn("the recording has no checksums, so damage to its files may go unseen: record again with --record")
	}
	decode := func(page *extract.Page, send func(row) error) error {
		defer r.Recycle(page)
		c.tally.addPage(page)
		return c.decode(page, page.Body, send)
	}
	f := &flow{walk: r, fetch: r.Fetch, decode: decode, write: write, workers: c.workers()}
	if err := c.decodeAll(ctx, f); err != nil {
		return err
	}
	if c.tally.unique() == r.TotalCount {
		c.tally.proof = "recording"
	}
	return nil
}

// decodeAll runs a flow, and writes the rows that the decoder still holds at its end.
func (c *collector) decodeAll(ctx context.Context, f *flow) error {
	if err := f.run(ctx); err != nil {
		return err
	}
	return c.decoder.Flush(func(table int, batch arrow.RecordBatch) error {
		defer batch.Release()
		return f.write(ctx, row{table: table, batch: batch})
	})
}

func (c *collector) decode(page *extract.Page, body []byte, send func(row) error) error {
	result, err := c.decoder.Decode(body, func(table int, batch arrow.RecordBatch) error {
		return send(row{table: table, batch: batch})
	})
	if err != nil {
		return err
	}
	for _, id := range result.IDs {
		c.decoded.Add(uint64(id))
	}
	rejects := result.Rejects
	for _, r := range page.Rejects {
		rejects = append(rejects,
			transform.Reject{Table: c.plan.Tables[0].Name, Reason: r.Reason, Path: r.Path, Record: r.Record})
	}
	for i := range rejects {
		if err := send(row{reject: &rejects[i]}); err != nil {
			return err
		}
	}
	c.report()
	return nil
}
