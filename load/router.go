package load

import (
	"context"
	"runtime"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"
)

// router keeps writers open for the first partitions it meets, as many as
// allowed, and sets the rows of all others aside in a few spills, which routers
// of the next depth then take, one spill at a time. So each partition is one
// file, memory and descriptors stay bounded, and the rows are written twice at
// most until there are hundreds of partitions.
type router struct {
	table  *table
	depth  int
	open   map[*destination][]*series
	order  []*destination
	spills [fanout]*spill
}

// fanout is the number of spills of one router.
const fanout = 16

func newRouter(t *table, depth int) *router {
	return &router{table: t, depth: depth, open: map[*destination][]*series{}}
}

func (r *router) write(ctx context.Context, batch arrow.RecordBatch) error {
	touched, err := r.table.split(batch)
	if err != nil {
		return err
	}
	var rest [fanout][]int32
	g, parallel := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, d := range touched {
		if all := r.writers(d); all != nil {
			g.Go(func() error { return r.hand(parallel, all, batch, d.rows) })
		} else {
			bucket := r.bucket(d)
			rest[bucket] = append(rest[bucket], d.rows...)
		}
	}
	err = g.Wait()
	for _, d := range touched {
		d.rows = d.rows[:0]
	}
	if err != nil {
		return err
	}
	for bucket, rows := range rest {
		if err := r.setAside(bucket, batch, rows); err != nil {
			return err
		}
	}
	return nil
}

// writers are those open for the partition; nil if there is no room for it.
func (r *router) writers(d *destination) []*series {
	if all := r.open[d]; all != nil {
		return all
	}
	options := r.table.out.options
	if len(r.order) >= max(1, options.MaxOpen/len(options.Formats)) {
		return nil
	}
	r.open[d] = r.table.serieses(*d, r.table.layouts)
	r.order = append(r.order, d)
	return r.open[d]
}

func (r *router) hand(ctx context.Context, all []*series, batch arrow.RecordBatch, rows []int32) error {
	part, err := take(batch, r.table.inFiles, r.table.keep, rows)
	if err != nil {
		return err
	}
	defer part.Release()
	return writeAll(ctx, all, part)
}

// bucket spreads partitions over the spills, differently at each depth.
func (r *router) bucket(d *destination) int {
	return int(xxh3.HashString(strconv.Itoa(r.depth)+"/"+d.path) % fanout)
}

func (r *router) setAside(bucket int, batch arrow.RecordBatch, rows []int32) error {
	if len(rows) == 0 {
		return nil
	}
	if r.spills[bucket] == nil {
		var err error
		if r.spills[bucket], err = newSpill(r.table.out.stage.FS, r.table.out.stage.Scratch(), r.table.schema); err != nil {
			return err
		}
	}
	slices.Sort(rows) // rows of one partition stay in order, whatever others do
	part, err := take(batch, r.table.schema, r.table.all, rows)
	if err != nil {
		return err
	}
	defer part.Release()
	return r.spills[bucket].write(part)
}

// close ends the open files, then the partitions set aside.
func (r *router) close(ctx context.Context) error {
	g, parallel := errgroup.WithContext(ctx)
	g.SetLimit(2 * runtime.GOMAXPROCS(0)) // half of them wait for the disk
	for _, d := range r.order {
		for _, s := range r.open[d] {
			g.Go(func() error { return s.close(parallel) })
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	clear(r.open)
	aside := slices.DeleteFunc(r.spills[:], func(s *spill) bool { return s == nil })
	for _, s := range aside {
		if err := s.seal(); err != nil {
			return err
		}
	}
	for _, s := range aside {
		if err := r.deeper(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// deeper writes the partitions of one spill.
func (r *router) deeper(ctx context.Context, s *spill) error {
	next := newRouter(r.table, r.depth+1)
	err := s.drain(func(batch arrow.RecordBatch) error { return next.write(ctx, batch) })
	if err == nil {
		err = next.close(ctx)
	}
	if err != nil {
		next.abandon()
	}
	return err
}

func (r *router) abandon() {
	for _, all := range r.open {
		for _, s := range all {
			s.abandon()
		}
	}
	for _, s := range r.spills {
		if s != nil {
			s.abandon()
		}
	}
}
