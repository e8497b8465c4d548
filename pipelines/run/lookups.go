package run

import (
	"context"
	"slices"

	"github.com/civic-etl/civic-etl/pipelines/internal/lookup"
)

// lookupTable holds the values of a further connection by key, in the order of its records.
type lookupTable struct {
	name      string
	collector *collector
	values    lookup.Values
}

func newLookup(c *collector, name string) *lookupTable {
	c.limit = 0
	return &lookupTable{name: name, collector: c, values: lookup.Values{}}
}

// all returns the collectors of the pipeline and of its lookups.
func (p *pipeline) all() []*collector {
	all := slices.Clone(p.collectors)
	for _, l := range p.lookups {
		all = append(all, l.collector)
	}
	return all
}

// look returns the values of a key in a lookup.
func (p *pipeline) look(name string, key int64) []any {
	for _, l := range p.lookups {
		if l.name == name {
			return l.values[key]
		}
	}
	return nil
}

// collectLookups collects the records of the lookups, and keeps their values in memory.
func (p *pipeline) collectLookups(ctx context.Context) error {
	for _, l := range p.lookups {
		c := l.collector
		if err := c.explain(ctx, c.resumption.collect(ctx, c)); err != nil {
			return err
		}
		if err := c.incomplete(); err != nil && p.runner.Stdout != nil {
			return p.refused(err)
		}
		if err := c.decodeSpool(ctx, l.write(p.writer)); err != nil {
			return err
		}
	}
	return nil
}

// write keeps the values of a batch. Rejects are those of the pipeline.
func (l *lookupTable) write(w *writer) func(context.Context, row) error {
	return func(ctx context.Context, r row) error {
		if r.reject != nil {
			return w.write(ctx, r)
		}
		l.values.Add(r.batch)
		return nil
	}
}
