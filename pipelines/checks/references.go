package checks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/schemas"
)

// referencesRule holds the values of a column, or of several side by side, against
// the keys of another table. Keys of a published folder are there from the start;
// those of a table that this run makes only at the end, so that until then the values are
// remembered.
type referencesRule struct {
	rowNames
	columns []int
	keys    *keySet
	ready   bool // all keys are there
	waiting []*waiting
	known   map[key]*waiting
	spent   int     // bytes of text that waiting holds
	more    *keySet // values beyond those, without text
}

// waiting is a value that has not been found among the keys.
type waiting struct {
	key       key
	text, row string
	times     int64
}

// waitingBytes bounds the text of values that wait; CIViC's ids of one table are a
// tenth of it.
const waitingBytes = 16 << 20

func newReferencesRule(ctx context.Context, m *References, p *plan.Plan, rows rowNames, table *schemas.Table, c plan.Check, limited bool) (rule, error) {
	r := &referencesRule{
		rowNames: rows, columns: Indexes(table, c.Columns),
		known: map[key]*waiting{}, more: newKeySet(),
	}
	reach := m.keysOf(p, c)
	switch {
	case reach.ofRun && limited:
		return nil, nil // the other pipeline has but its own first records
	case c.Optional && !reach.ofRun && c.Sibling < 0:
		return nil, nil // what is published may be older than what is on its way
	case reach.keys != nil:
		r.keys = reach.keys
		return r, nil
	}
	var err error
	r.keys, r.ready = newKeySet(), true
	if err = readKeys(ctx, reach.folder, c.Table, c.Keys, r.keys); err != nil {
		return nil, err
	}
	return r, nil
}

// readKeys reads the keys of a published table.
func readKeys(ctx context.Context, folder, table string, columns []string, keys *keySet) error {
	err := published.ReadColumns(ctx, folder, table, columns, func(batch arrow.RecordBatch) error {
		collectKeys(keys, batch, allColumns(batch))
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not published yet: run the pipeline that writes it first, or both in one run", folder)
	}
	return err
}

func collectKeys(keys *keySet, batch arrow.RecordBatch, columns []int) {
	values := newKeyColumns(batch, columns)
	for row := range int(batch.NumRows()) {
		values.each(row, func(k key, _ func() string) { keys.add(k) })
	}
}

func (r *referencesRule) observe(batch arrow.RecordBatch) {
	values := newKeyColumns(batch, r.columns)
	for row := range int(batch.NumRows()) {
		values.each(row, func(k key, show func() string) {
			if !r.ready || !r.keys.Has(k) {
				r.wait(k, show, func() string { return r.name(batch, row) })
			}
		})
	}
	r.next(batch)
}

func (r *referencesRule) wait(k key, show, name func() string) {
	if w := r.known[k]; w != nil {
		w.times++
		return
	}
	if r.spent > waitingBytes {
		r.more.add(k)
		return
	}
	w := &waiting{key: k, text: strings.Clone(show()), row: name(), times: 1}
	r.spent += len(w.text) + len(w.row) + 100
	r.waiting, r.known[k] = append(r.waiting, w), w
}

func (r *referencesRule) verdict(context.Context) (string, error) {
	lost := r.more.without(r.keys)
	times := lost // at least
	var shown wording.Examples
	for _, w := range r.waiting {
		if !r.keys.Has(w.key) {
			lost++
			times += w.times
			shown.Add(func() string { return fmt.Sprintf("%s (%s)", w.text, w.row) })
		}
	}
	if lost == 0 {
		return "", nil
	}
	return fmt.Sprintf("%s no key there, %s: %s", wording.Verb(lost, "value", "is", "are"), wording.Counted(times, "time"), shown.Text(lost)), nil
}
