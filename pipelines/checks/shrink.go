package checks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/schemas"
)

// shrinkRule compares with the output that would be replaced. It reads the former rows only to name lost ones.
type shrinkRule struct {
	target string
	table  *schemas.Table
	check  plan.Check
	former int64 // rows
	rows   int64
	keys   []int
	now    *keySet // of the rows; nil if lost rows cannot be named
	cannot string  // why
}

// newShrinkRule reads the manifest of the former output. Without one, or without this table, the former rows are none.
func newShrinkRule(target string, table *schemas.Table, c plan.Check) (rule, error) {
	r := &shrinkRule{target: target, table: table, check: c, keys: Indexes(table, table.Key)}
	manifest, err := manifest.Read(target)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the former output: %w; move %s away to publish without this check", err, target)
	}
	former := manifest.Tables[table.Name]
	r.former = former.Rows
	switch missing := missingColumn(former, table.Key); {
	case len(table.Key) == 0:
		r.cannot = "give the table a key to see the lost rows"
	case missing != "":
		r.cannot = "the former output has no key column " + wording.Quote(missing) + " to name the lost rows"
	case r.former > 0:
		r.now = newKeySet()
	}
	return r, nil
}

func missingColumn(t manifest.Table, columns []string) string {
	for _, name := range columns {
		if !slices.ContainsFunc(t.Columns, func(c manifest.Column) bool { return c.Name == name }) {
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
	wrong := fmt.Sprintf("%s instead of the former %d, %d fewer; the limit is %s",
		wording.Counted(r.rows, "row"), r.former, lost, r.check.Most())
	if r.now == nil {
		return wrong + "; " + r.cannot, nil
	}
	gone, shown, err := r.gone(ctx)
	if err != nil {
		return wrong, fmt.Errorf("cannot name the lost rows: %w", err)
	}
	if gone == 0 {
		return wrong + "; no key is lost: a key has fewer rows", nil
	}
	return fmt.Sprintf("%s; %s: %s", wrong, wording.Verb(gone, "key", "is lost", "are lost"), shown.Text(gone)), nil
}

func (r *shrinkRule) gone(ctx context.Context) (gone int64, shown wording.Examples, err error) {
	err = published.ReadColumns(ctx, r.target, r.table.Name, r.table.Key, func(batch arrow.RecordBatch) error {
		keys := newKeyColumns(batch, allColumns(batch))
		for row := range int(batch.NumRows()) {
			if k, whole := keys.row(row); whole && !r.now.has(k) {
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
