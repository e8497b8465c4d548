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
)

// referencesRule compares the values of columns with the keys of another table. The keys of a published folder are
// complete from the start. Those of a table of this run are complete only at the end, so the values wait until then.
type referencesRule struct {
	rowNames
	columns []int
	keys    *keySet
	ready   bool // the keys are complete
	waiting []*waiting
	known   map[key]*waiting
	spent   int     // bytes of text in waiting
	more    *keySet // further values, without text
}

// waiting is a value without a key so far.
type waiting struct {
	key       key
	text, row string
	times     int64
}

// waitingBytes limits the text of waiting values. All ids of a table of CIViC are a tenth of it.
const waitingBytes = 16 << 20

func newReferencesRule(
	ctx context.Context, m *References, p *plan.Plan, rows rowNames, columns []int, c plan.Check, limited bool,
) (rule, error) {
	r := &referencesRule{rowNames: rows, columns: columns, known: map[key]*waiting{}, more: newKeySet()}
	source := m.keysOf(p, c)
	switch {
	case source.ofRun && limited:
		return nil, nil // the other pipeline has only its first records
	case c.Optional && !source.ofRun && c.Sibling < 0:
		return nil, nil // the published table may be older than this run's
	case source.keys != nil:
		r.keys = source.keys
		return r, nil
	}
	r.keys, r.ready = newKeySet(), true
	return r, readKeys(ctx, source.folder, c.Table, c.Keys, r.keys)
}

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
			if !r.ready || !r.keys.has(k) {
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
		if !r.keys.has(w.key) {
			lost++
			times += w.times
			shown.Add(func() string { return fmt.Sprintf("%s (%s)", w.text, w.row) })
		}
	}
	if lost == 0 {
		return "", nil
	}
	occurrences := "(" + wording.Counted(times, "occurrence") + ")"
	return fmt.Sprintf("%s no match: %s",
		wording.Verb(lost, "distinct value", occurrences+" has", occurrences+" have"), shown.Text(lost)), nil
}
