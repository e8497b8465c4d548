package diff

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load/published"
)

// entry is a row as far as counting needs it.
type entry struct {
	key, row xxh3.Uint128
	at       int64 // in the table
}

// pair is a record that differs: its place in each folder, -1 where it is not.
type pair struct{ old, new int64 }

func (p pair) kind() string {
	switch {
	case p.old < 0:
		return "added"
	case p.new < 0:
		return "removed"
	}
	return "changed"
}

// count pairs the rows of the two sides by the hashes of their keys. The hashes
// are seeded anew each time: no data can be made to collide.
func (d *Table) count(ctx context.Context) error {
	seed := rand.Uint64()
	old, err := entries(ctx, d.old, seed, len(d.Key) > 0)
	if err != nil {
		return err
	}
	new, err := entries(ctx, d.new, seed, len(d.Key) > 0)
	if err != nil {
		return err
	}
	for len(old) > 0 || len(new) > 0 {
		o, n := group(old, new), group(new, old)
		old, new = old[len(o):], new[len(n):]
		d.match(o, n)
	}
	slices.SortFunc(d.pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.new, b.new), cmp.Compare(a.old, b.old))
	})
	return nil
}

// rank orders what is shown: what came, what went, what changed.
func (p pair) rank() int {
	return map[string]int{"added": 0, "removed": 1, "changed": 2}[p.kind()]
}

// entries hashes every row, and sorts by key.
func entries(ctx context.Context, s *published.TableReader, seed uint64, keyed bool) ([]entry, error) {
	all := make([]entry, 0, min(s.Table.Rows, 1<<20))
	var key, row []byte
	for b, err := range s.Batches(ctx) {
		if err != nil {
			return nil, err
		}
		for i := range b.Rows {
			key, row = key[:0], row[:0]
			for c, v := range s.Columns {
				from := len(row)
				if !v.Common && !v.Key {
					continue
				}
				if row, err = b.Cells[c](row, i); err != nil {
					return nil, err
				}
				row = append(row, ',')
				if v.Key {
					key = append(key, row[from:]...)
				}
			}
			e := entry{row: xxh3.Hash128Seed(row, seed), at: b.First + int64(i)}
			if e.key = e.row; keyed {
				e.key = xxh3.Hash128Seed(key, seed)
			}
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Or(compareHash(a.key, b.key), cmp.Compare(a.at, b.at)) })
	return all, nil
}

func compareHash(a, b xxh3.Uint128) int {
	return cmp.Or(cmp.Compare(a.Hi, b.Hi), cmp.Compare(a.Lo, b.Lo))
}

// group are the leading entries of the smallest key of both lists.
func group(of, other []entry) []entry {
	if len(of) == 0 || len(other) > 0 && compareHash(other[0].key, of[0].key) < 0 {
		return nil
	}
	n := 1
	for n < len(of) && of[n].key == of[0].key {
		n++
	}
	return of[:n]
}

// match notes how the rows of one key differ. A key should have one row in
// each folder; where it has several, equal ones are taken out first.
func (d *Table) match(old, new []entry) {
	if len(old) > 1 || len(new) > 1 {
		before := len(old)
		old, new = unequal(old, new)
		d.Same += int64(before - len(old))
	}
	for len(old) > 0 && len(new) > 0 {
		if old[0].row == new[0].row {
			d.Same++
		} else {
			d.Changed++
			d.pairs = append(d.pairs, pair{old[0].at, new[0].at})
		}
		old, new = old[1:], new[1:]
	}
	for _, o := range old {
		d.Removed++
		d.pairs = append(d.pairs, pair{o.at, -1})
	}
	for _, n := range new {
		d.Added++
		d.pairs = append(d.pairs, pair{-1, n.at})
	}
}

// unequal leaves out the rows that both lists have, as often as both have them.
func unequal(old, new []entry) (restOld, restNew []entry) {
	left := map[xxh3.Uint128]int{}
	for _, o := range old {
		left[o.row]++
	}
	for _, n := range new {
		if left[n.row] > 0 {
			left[n.row]--
		} else {
			restNew = append(restNew, n)
		}
	}
	for _, o := range slices.Backward(old) {
		if left[o.row] > 0 {
			left[o.row]--
			restOld = append(restOld, o)
		}
	}
	slices.Reverse(restOld)
	return restOld, restNew
}
