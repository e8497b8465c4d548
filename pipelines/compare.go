package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/schemas"
)

// newChecks makes the rules of a plan. Those that compare with something
// published read it now, before anything is asked of the API. Those that count
// rows are left out where only the first records are wanted.
func (p *Plan) newChecks(ctx context.Context, limited bool) (checks, error) {
	all := make(checks, len(p.Tables))
	for i, table := range p.Tables {
		for _, c := range p.Checks[i] {
			if limited && (c.Kind == "min_rows" || c.Kind == "max_shrink") {
				continue
			}
			r, err := p.newRule(ctx, table, c)
			if err != nil {
				return nil, fmt.Errorf("check %s of %s: %w", c.Kind, table.Name, err)
			}
			all[i] = append(all[i], r)
		}
	}
	return all, nil
}

// caseChecks are those that can be made of the rows of a case alone.
func (p *Plan) caseChecks(ctx context.Context) (checks, error) {
	all := make(checks, len(p.Tables))
	for i, table := range p.Tables {
		for _, c := range p.Checks[i] {
			if c.Kind == "min_rows" || c.Kind == "max_shrink" || c.Kind == "references" {
				continue
			}
			r, err := p.newRule(ctx, table, c)
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], r)
		}
	}
	return all, nil
}

func (p *Plan) newRule(ctx context.Context, table *schemas.Table, c Check) (rule, error) {
	switch c.Kind {
	case "unique":
		return newUnique(table, c.Columns), nil
	case "not_null":
		return newNotNull(table, c.Columns), nil
	case "values":
		return newValues(table, c.Columns[0], c.Values), nil
	case "min_rows":
		return &countRule{least: c.MinRows, what: table.Name + ": min_rows"}, nil
	case "max_shrink":
		return newShrink(p.Target, table, c.MaxShrink)
	case "references":
		return newReferences(ctx, table, c)
	}
	return nil, errors.New("there is no such check")
}

// newShrink compares with the output that would be replaced; without one there
// is nothing to lose.
func newShrink(target string, table *schemas.Table, most float64) (rule, error) {
	former, err := load.ReadManifest(target)
	if errors.Is(err, fs.ErrNotExist) {
		return &countRule{}, nil
	}
	if err != nil {
		return nil, err
	}
	rows := former.Tables[table.Name].Rows
	return &countRule{
		least: int64(math.Ceil(float64(rows) * (1 - most))),
		what:  fmt.Sprintf("%s: max_shrink %g%% of the former %d rows", table.Name, most*100, rows),
	}, nil
}

// referencesRule holds a hash of every key of the other table.
type referencesRule struct {
	name   string
	column int
	keys   map[xxh3.Uint128]struct{}
	lost   int
	shown  []string
}

func newReferences(ctx context.Context, table *schemas.Table, c Check) (rule, error) {
	r := &referencesRule{
		name:   fmt.Sprintf("%s: references %s to %s of %s", table.Name, c.Columns[0], c.Key, c.To),
		column: table.Index(c.Columns[0]), keys: map[xxh3.Uint128]struct{}{},
	}
	// The table in a folder of one pipeline is called as the folder is.
	err := load.ReadValues(ctx, c.To, filepath.Base(c.To), c.Key, func(text string) {
		r.keys[xxh3.HashString128(text)] = struct{}{}
	})
	return r, err
}

func (r *referencesRule) observe(batch arrow.RecordBatch) {
	load.Texts(batch.Column(r.column), func(text string) {
		if _, ok := r.keys[xxh3.HashString128(text)]; !ok {
			r.lost++
			r.shown = example(r.shown, plain(strings.Clone(text)))
		}
	})
}

func (r *referencesRule) verdict() error {
	if r.lost == 0 {
		return nil
	}
	return fmt.Errorf("%s: %d values are no key there, such as %s", r.name, r.lost, strings.Join(r.shown, ", "))
}
