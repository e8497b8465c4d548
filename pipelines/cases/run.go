package cases

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
)

// outcome is what became of the nodes of a case.
type outcome struct {
	tables  [][][]any // rows of values, by table
	rejects []transform.Reject
	checks  []error // those that failed
}

// run passes the nodes of a case through the way a run's pages take: decoder,
// filter, data checks and the NDJSON writer, whose text is read back.
func (c *testCase) run(ctx context.Context) (*outcome, error) {
	decoder, err := transform.Compile(c.plan.Decode)
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
	result, err := decoder.Decode(c.answer, emit)
	if err == nil {
		err = decoder.Flush(emit)
	}
	if err != nil {
		return nil, fmt.Errorf("transform: %w", err)
	}
	o := &outcome{rejects: result.Rejects, checks: checks.Verdicts(ctx)}
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

// readBack reads the rows of NDJSON text.
func readBack(text []byte, table *schemas.Table) ([][]any, error) {
	rows := [][]any{}
	for line := range bytes.Lines(text) {
		d := jsontext.NewDecoder(bytes.NewBuffer(line))
		if _, err := d.ReadToken(); err != nil {
			return nil, err
		}
		row := make([]any, len(table.Columns))
		for i, column := range table.Columns {
			if _, err := d.ReadToken(); err != nil {
				return nil, err
			}
			text, err := d.ReadValue()
			if err != nil {
				return nil, err
			}
			if row[i], err = gotValue(text, column.Type); err != nil {
				return nil, fmt.Errorf("column %s: %w", column.Name, err)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// differences says what of an outcome is not as the case wants it, a few lines each.
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
			all = append(all, fmt.Sprintf("%sanother reject\n    want %s\n    got  %s", placeOf(wanted.At("")), wanted.text(), c.rejectText(r)))
		}
	}
	for i := len(rejects); i < len(c.rejects); i++ {
		all = append(all, fmt.Sprintf("%sno record was rejected for this\n    want %s", placeOf(c.rejects[i].At("")), c.rejects[i].text()))
	}
	return all
}

func (c *testCase) fits(w *wantReject, r transform.Reject) bool {
	return (w.id == nil || w.id.Text == c.plan.RejectedID(&r)) && (w.table == "" || w.table == r.Table) &&
		(w.path == "" || w.path == r.Path) && strings.Contains(r.Reason, w.reason)
}

func (c *testCase) rejectText(r transform.Reject) string {
	return fmt.Sprintf("id %s, table %s, path %s, reason %q", wording.Quote(c.plan.RejectedID(&r)), r.Table, wording.Printable(r.Path), r.Reason)
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

// checkDifferences holds the checks that failed against those that should. Each
// text stands for one.
func (c *testCase) checkDifferences(failed []error) []string {
	var all []string
	used := make([]bool, len(failed))
next:
	for _, wanted := range c.checks {
		for i, f := range failed {
			if !used[i] && strings.Contains(f.Error(), wanted.Text) {
				used[i] = true
				continue next
			}
		}
		all = append(all, fmt.Sprintf("%sno data check failed with %q", placeOf(wanted.Node.Pos), wanted.Text))
	}
	for i, f := range failed {
		if !used[i] {
			all = append(all, "a data check fails: "+f.Error())
		}
	}
	return all
}
