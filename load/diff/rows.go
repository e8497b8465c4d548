package diff

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/zeebo/xxh3"
)

// entry is a row as hashes.
type entry struct {
	key, row xxh3.Uint128
	position int64 // in the table
}

// pair is a record that differs: its position in each folder, -1 if it is absent.
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

// count pairs the rows of the two sides by the hashes of their keys. The seed changes each time, so that no data can
// be made to collide.
func (d *Table) count(ctx context.Context) error {
	seed := rand.Uint64()
	old, err := d.entries(ctx, d.old, seed)
	if err != nil {
		return err
	}
	new, err := d.entries(ctx, d.new, seed)
	if err != nil {
		return err
	}
	for len(old) > 0 || len(new) > 0 {
		o, n := group(old, new), group(new, old)
		old, new = old[len(o):], new[len(n):]
		d.match(o, n)
	}
	kinds := map[string]int{"added": 0, "removed": 1, "changed": 2}
	slices.SortFunc(d.pairs, func(a, b pair) int {
		return cmp.Or(kinds[a.kind()]-kinds[b.kind()], cmp.Compare(a.new, b.new), cmp.Compare(a.old, b.old))
	})
	return nil
}

// entries hashes every row, and sorts by key.
func (d *Table) entries(ctx context.Context, s side, seed uint64) ([]entry, error) {
	all := make([]entry, 0, min(s.Manifest.Rows, 1<<20))
	isKey := make([]bool, len(s.columns))
	for i, c := range s.columns {
		isKey[i] = slices.Contains(d.Key, c.Name)
	}
	var key, row []byte
	for b, err := range s.Batches(ctx, s.columns) {
		if err != nil {
			return nil, err
		}
		for i := range b.Rows {
			key, row = key[:0], row[:0]
			for c, cell := range b.Cells {
				if c >= s.common && !isKey[c] {
					continue
				}
				from := len(row)
				if row, err = cell(row, i); err != nil {
					return nil, err
				}
				row = append(row, ',')
				if isKey[c] {
					key = append(key, row[from:]...)
				}
			}
			e := entry{row: xxh3.Hash128Seed(row, seed), position: b.First + int64(i)}
			if e.key = e.row; len(d.Key) > 0 {
				e.key = xxh3.Hash128Seed(key, seed)
			}
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(compareHash(a.key, b.key), cmp.Compare(a.position, b.position))
	})
	return all, nil
}

func compareHash(a, b xxh3.Uint128) int {
	return cmp.Or(cmp.Compare(a.Hi, b.Hi), cmp.Compare(a.Lo, b.Lo))
}

// group returns the leading entries of a list that have the smallest key of both lists.
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

// match compares the rows of one key. If a key has several rows, equal rows match first.
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
			d.pairs = append(d.pairs, pair{old[0].position, new[0].position})
		}
		old, new = old[1:], new[1:]
	}
	for _, o := range old {
		d.Removed++
		d.pairs = append(d.pairs, pair{o.position, -1})
	}
	for _, n := range new {
		d.Added++
		d.pairs = append(d.pairs, pair{-1, n.position})
	}
}

// unequal removes the rows that are in both lists, as often as they are in both.
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
