package load

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"
)

// router keeps writers open for the first partitions, as many as allowed, and writes the rows of the others to a few
// spills. Routers of the next depth then read the spills, one at a time. So each partition is one file, memory and open
// files are bounded, and up to hundreds of partitions no row is written more than twice.
type router struct {
	table  *table
	depth  int
	open   map[*partition][]*fileWriter
	order  []*partition
	spills [fanout]*spill
}

// fanout is the number of spills of one router.
const fanout = 16

func newRouter(t *table, depth int) *router {
	return &router{table: t, depth: depth, open: map[*partition][]*fileWriter{}}
}

func (r *router) write(ctx context.Context, batch arrow.RecordBatch) error {
	partitions, err := r.table.split(batch)
	if err != nil {
		return err
	}
	var rest [fanout][]int32
	g, parallel := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range partitions {
		if writers := r.writers(p); writers != nil {
			g.Go(func() error { return r.writeRows(parallel, writers, batch, p.rows) })
		} else {
			bucket := r.bucket(p)
			rest[bucket] = append(rest[bucket], p.rows...)
		}
	}
	err = g.Wait()
	for _, p := range partitions {
		p.rows = p.rows[:0]
	}
	if err != nil {
		return err
	}
	for bucket, rows := range rest {
		if err := r.spillRows(bucket, batch, rows); err != nil {
			return fmt.Errorf("write temporary file: %w", err)
		}
	}
	return nil
}

// writers returns the writers of a partition; nil if too many are open.
func (r *router) writers(p *partition) []*fileWriter {
	if writers := r.open[p]; writers != nil {
		return writers
	}
	options := r.table.out.options
	if len(r.order) >= max(1, options.MaxOpen/len(options.Formats)) {
		return nil
	}
	r.open[p] = r.table.newWriters(*p, r.table.layouts)
	r.order = append(r.order, p)
	return r.open[p]
}

func (r *router) writeRows(ctx context.Context, writers []*fileWriter, batch arrow.RecordBatch, rows []int32) error {
	part, err := take(batch, r.table.fileSchema, r.table.inFiles, rows)
	if err != nil {
		return err
	}
	defer part.Release()
	return writeAll(ctx, writers, part)
}

// bucket spreads partitions over the spills, differently at each depth.
func (r *router) bucket(p *partition) int {
	return int(xxh3.HashString(strconv.Itoa(r.depth)+"/"+p.path) % fanout)
}

func (r *router) spillRows(bucket int, batch arrow.RecordBatch, rows []int32) error {
	if len(rows) == 0 {
		return nil
	}
	if r.spills[bucket] == nil {
		stage := r.table.out.stage
		var err error
		if r.spills[bucket], err = newSpill(stage.FS, stage.Scratch(), r.table.schema); err != nil {
			return err
		}
	}
	slices.Sort(rows) // the rows of a partition keep their order
	part, err := take(batch, r.table.schema, r.table.all, rows)
	if err != nil {
		return err
	}
	defer part.Release()
	return r.spills[bucket].write(part)
}

// close finishes the open files, then writes the partitions in the spills.
func (r *router) close(ctx context.Context) error {
	g, parallel := errgroup.WithContext(ctx)
	g.SetLimit(2 * runtime.GOMAXPROCS(0)) // half of them wait for the disk
	for _, p := range r.order {
		for _, w := range r.open[p] {
			g.Go(func() error { return w.close(parallel) })
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	clear(r.open)
	spills := slices.DeleteFunc(r.spills[:], func(s *spill) bool { return s == nil })
	for _, s := range spills {
		if err := s.close(); err != nil {
			return fmt.Errorf("write temporary file: %w", err)
		}
	}
	for _, s := range spills {
		if err := r.writeSpill(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// writeSpill writes the partitions of one spill, and removes it.
func (r *router) writeSpill(ctx context.Context, s *spill) error {
	next := newRouter(r.table, r.depth+1)
	err := s.read(func(batch arrow.RecordBatch) error { return next.write(ctx, batch) })
	if err == nil {
		err = s.fs.RemoveAll(s.name)
	}
	if err == nil {
		err = next.close(ctx)
	}
	if err != nil {
		next.abandon()
	}
	return err
}

func (r *router) abandon() {
	for _, writers := range r.open {
		for _, w := range writers {
			w.abandon()
		}
	}
	for _, s := range r.spills {
		if s != nil {
			s.abandon()
		}
	}
}
