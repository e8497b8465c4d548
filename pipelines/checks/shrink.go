package checks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/schemas"
)

// shrinkRule compares with the output that would be replaced. The former rows are
// read again only to name those that went.
type shrinkRule struct {
	target string
	table  *schemas.Table
	check  plan.Check
	former int64 // rows
	rows   int64
	keys   []int
	now    *keySet // of the rows; nil if the former ones cannot be named
	cannot string  // why
}

// newShrinkRule reads the manifest of the former output; without one there is nothing
// to lose, and so is there without a former table of this name.
func newShrinkRule(target string, table *schemas.Table, c plan.Check) (rule, error) {
	r := &shrinkRule{target: target, table: table, check: c, keys: Indexes(table, table.Key)}
	manifest, err := manifest.Read(target)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the former output cannot be compared with: %w; move %s away to publish without the comparison", err, target)
	}
	former := manifest.Tables[table.Name]
	r.former = former.Rows
	switch missing := lacks(former, table.Key); {
	case len(table.Key) == 0:
		r.cannot = "give the table a key to have the rows named that went"
	case missing != "":
		r.cannot = "the former output has no column " + wording.Quote(missing) + " to name the rows that went by"
	case r.former > 0:
		r.now = newKeySet()
	}
	return r, nil
}

// lacks is the first of the columns that a table does not have.
func lacks(t manifest.Table, columns []string) string {
	has := map[string]bool{}
	for _, c := range t.Columns {
		has[c.Name] = true
	}
	for _, name := range columns {
		if !has[name] {
			return name
		}
	}
	return ""
}

func (r *shrinkRule) observe(batch arrow.RecordBatch) {
	r.rows += batch.NumRows()
	if r.now == nil {
		return
	}
	keys := newKeyColumns(batch, r.keys)
	for row := range int(batch.NumRows()) {
		if k, whole := keys.row(row); whole {
			r.now.add(k)
		}
	}
}

func (r *shrinkRule) verdict(ctx context.Context) (string, error) {
	lost := r.former - r.rows
	if lost <= r.check.Allowed(r.former) {
		return "", nil
	}
	wrong := fmt.Sprintf("%s instead of the former %d, %d fewer; at most %s may go", wording.Counted(r.rows, "row"), r.former, lost, r.check.Most())
	if r.now == nil {
		return wrong + "; " + r.cannot, nil
	}
	gone, shown, err := r.gone(ctx)
	if err != nil {
		return wrong, fmt.Errorf("the rows that went cannot be named: %w", err)
	}
	if gone == 0 {
		return wrong + "; no key went: rows of one key have become fewer", nil
	}
	return fmt.Sprintf("%s; %s: %s", wrong, wording.Verb(gone, "key", "is gone", "are gone"), shown.Text(gone)), nil
}

// gone reads the former keys, and counts those that no row has now.
func (r *shrinkRule) gone(ctx context.Context) (gone int64, shown wording.Examples, err error) {
	err = published.ReadColumns(ctx, r.target, r.table.Name, r.table.Key, func(batch arrow.RecordBatch) error {
		keys := newKeyColumns(batch, allColumns(batch))
		for row := range int(batch.NumRows()) {
			if k, whole := keys.row(row); whole && !r.now.Has(k) {
				gone++
				shown.Add(func() string { return keys.named(row) })
			}
		}
		return nil
	})
	return gone, shown, err
}

func allColumns(batch arrow.RecordBatch) []int {
	columns := make([]int, batch.NumCols())
	for i := range columns {
		columns[i] = i
	}
	return columns
}
