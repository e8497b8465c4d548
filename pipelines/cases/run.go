package cases

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
)

type outcome struct {
	tables  [][][]any // rows of values, by table
	rejects []transform.Reject
	checks  []error // those that failed
}

// run passes the answer of a case through the stages of a run: page reader, decoder, filter, data checks, and the
// NDJSON writer, whose text is read back.
func (c *testCase) run(ctx context.Context) (*outcome, error) {
	page, err := c.plan.Query.ReadPage(extract.Window{}, c.answer)
	if err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	options := c.plan.Decode
	if options.Lookup, err = c.lookupValues(); err != nil {
		return nil, err
	}
	decoder, err := transform.Compile(options)
	if err != nil {
		return nil, fmt.Errorf("transform: %w", err)
	}
	defer decoder.Close()
	checks, err := checks.ForCases(ctx, c.plan)
	if err != nil {
		return nil, err
	}
	texts := make([]bytes.Buffer, len(c.plan.Tables))
	streams := make([]*load.Stream, len(c.plan.Tables))
	for i, table := range c.plan.Tables {
		if streams[i], err = load.NewStream(&texts[i], format.Format{Name: "ndjson"}, table); err != nil {
			return nil, err
		}
	}
	emit := func(table int, batch arrow.RecordBatch) error {
		defer batch.Release()
		checks.Observe(table, batch)
		return streams[table].Write(ctx, batch)
	}
	result, err := decoder.Decode(page.Body, emit)
	if err == nil {
		err = decoder.Flush(emit)
	}
	if err != nil {
		return nil, fmt.Errorf("transform: %w", err)
	}
	o := &outcome{rejects: result.Rejects, checks: checks.Verdicts(ctx)}
	for _, r := range page.Rejects {
		o.rejects = append(o.rejects,
			transform.Reject{Table: c.plan.Tables[0].Name, Reason: r.Reason, Path: r.Path, Record: r.Record})
	}
	for i, table := range c.plan.Tables {
		if err := streams[i].Close(ctx); err != nil {
			return nil, err
		}
		rows, err := readBack(texts[i].Bytes(), table)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", table.Name, err)
		}
		o.tables = append(o.tables, rows)
	}
	return o, nil
}

func readBack(text []byte, table *schemas.Table) ([][]any, error) {
	rows := [][]any{}
	for line := range bytes.Lines(text) {
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		var values map[string]any
		if err := d.Decode(&values); err != nil {
			return nil, err
		}
		row := make([]any, len(table.Columns))
		for i, column := range table.Columns {
			var err error
			if row[i], err = gotValue(values[column.Name], column.Type.Kind); err != nil {
				return nil, fmt.Errorf("column %s: %w", column.Name, err)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// differences describes each difference of an outcome from the case, in a few lines.
func (c *testCase) differences(o *outcome) []string {
	var all []string
	for i, table := range c.plan.Tables {
		if c.tables[i] != nil {
			all = append(all, (&rowDiff{table: table, wants: c.tables[i], rows: o.tables[i]}).lines()...)
		}
	}
	all = append(all, c.rejectDifferences(o.rejects)...)
	return append(all, c.checkDifferences(o.checks)...)
}

func (c *testCase) rejectDifferences(rejects []transform.Reject) []string {
	var all []string
	for i, r := range rejects {
		if i >= len(c.rejects) {
			all = append(all, "a record was rejected that should not be: "+c.rejectText(r))
			continue
		}
		if wanted := &c.rejects[i]; !c.fits(wanted, r) {
			all = append(all, fmt.Sprintf("%sanother reject\n    want %s\n    got  %s",
				placeOf(wanted.At("")), wanted.text(), c.rejectText(r)))
		}
	}
	for _, w := range c.rejects[min(len(rejects), len(c.rejects)):] {
		all = append(all, fmt.Sprintf("%sno record was rejected for this\n    want %s", placeOf(w.At("")), w.text()))
	}
	return all
}

func (c *testCase) fits(w *wantReject, r transform.Reject) bool {
	return (w.id == nil || w.id.Text == c.plan.RejectedID(&r)) && (w.table == "" || w.table == r.Table) &&
		(w.path == "" || w.path == r.Path) && strings.Contains(r.Reason, w.reason)
}

func (c *testCase) rejectText(r transform.Reject) string {
	return fmt.Sprintf("id %s, table %s, path %s, reason %q",
		wording.Quote(c.plan.RejectedID(&r)), r.Table, wording.Printable(r.Path), r.Reason)
}

func (w *wantReject) text() string {
	var parts []string
	if w.id != nil {
		parts = append(parts, "id "+w.id.Text)
	}
	for _, p := range []struct{ name, value string }{{"table", w.table}, {"path", w.path}} {
		if p.value != "" {
			parts = append(parts, p.name+" "+p.value)
		}
	}
	if w.reason != "" {
		parts = append(parts, fmt.Sprintf("reason with %q", w.reason))
	}
	return strings.Join(parts, ", ")
}

// checkDifferences compares the failed checks with those that should fail. Each text stands for one.
func (c *testCase) checkDifferences(failed []error) []string {
	var all []string
	failed = slices.Clone(failed)
	for _, wanted := range c.checks {
		at := slices.IndexFunc(failed, func(f error) bool { return strings.Contains(f.Error(), wanted.Text) })
		if at < 0 {
			all = append(all, fmt.Sprintf("%sno data check failed with %q", placeOf(wanted.Node.Pos), wanted.Text))
			continue
		}
		failed = slices.Delete(failed, at, at+1)
	}
	for _, f := range failed {
		all = append(all, "a data check fails: "+f.Error())
	}
	return all
}
