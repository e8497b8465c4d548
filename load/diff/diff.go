package diff

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/schemas"
)

// Comparison is two published folders held open, so that what is read of each
// belongs to one generation. It must be closed.
type Comparison struct {
	old, new *published.Folder
}

// Compared names one of the two folders.
type Compared struct {
	Path       string    `json:"path"`
	RunID      string    `json:"run_id"`
	Status     string    `json:"status"`
	FinishedAt time.Time `json:"finished_at"`
}

// Table counts how a table's records differ, and says how its columns do.
// A record of the one folder is that of the other if their keys are equal; a
// table without key is compared as a bag of rows, which come and go but never
// change.
type Table struct {
	Name      string       `json:"-"`
	Key       []string     `json:"key"`
	OldRows   int64        `json:"old_rows"`
	NewRows   int64        `json:"new_rows"`
	Added     int64        `json:"added"`
	Removed   int64        `json:"removed"`
	Changed   int64        `json:"changed"`
	Same      int64        `json:"same"`
	OldFormat string       `json:"old_format"` // the one that was read; empty if the folder has no such table
	NewFormat string       `json:"new_format"`
	Columns   []ColumnDiff `json:"columns"` // those that differ; records are compared on the others, and on those that changed their type

	old, new *published.TableReader
	pairs    []pair
}

// ColumnDiff is a column that is in one folder only, or has another type.
type ColumnDiff struct {
	Name   string `json:"name"`
	Change string `json:"change"` // added, removed, type
	Old    string `json:"old,omitempty"`
	New    string `json:"new,omitempty"`
}

// Equal says whether the table is the same in both folders, but for the order
// of its rows.
func (d *Table) Equal() bool {
	return d.Added+d.Removed+d.Changed == 0 && len(d.Columns) == 0 && d.OldFormat != "" && d.NewFormat != ""
}

// Open opens two published folders.
func Open(old, new string) (*Comparison, error) {
	c := &Comparison{}
	var err error
	if c.old, err = published.Hold(old); err != nil {
		return nil, fmt.Errorf("diff: %w", err)
	}
	if c.new, err = published.Hold(new); err != nil {
		c.old.Close()
		return nil, fmt.Errorf("diff: %w", err)
	}
	return c, nil
}

// Close lets go of the folders.
func (c *Comparison) Close() {
	c.old.Close()
	c.new.Close()
}

// Folders says what is compared.
func (c *Comparison) Folders() (old, new Compared) { return readCompared(c.old), readCompared(c.new) }

func readCompared(p *published.Folder) Compared {
	return Compared{Path: p.Path, RunID: p.Manifest.RunID, Status: p.Manifest.Status, FinishedAt: p.Manifest.FinishedAt}
}

// Tables names the tables of either folder, sorted.
func (c *Comparison) Tables() []string {
	all := maps.Clone(c.old.Manifest.Tables)
	if all == nil {
		return slices.Sorted(maps.Keys(c.new.Manifest.Tables))
	}
	maps.Copy(all, c.new.Manifest.Tables)
	return slices.Sorted(maps.Keys(all))
}

// Table compares one table. It keeps forty bytes for each row of the larger
// folder and as many for each of the other, while it runs; sixteen for each
// record that differs after that.
func (c *Comparison) Table(ctx context.Context, name string) (*Table, error) {
	old, inOld := c.old.Manifest.Tables[name]
	new, inNew := c.new.Manifest.Tables[name]
	d := &Table{Name: name, OldRows: old.Rows, NewRows: new.Rows}
	var err error
	if d.old, err = published.NewTableReader(c.old, old); err != nil {
		return nil, fmt.Errorf("diff: table %s of %s: %w", name, c.old.Path, err)
	}
	if d.new, err = published.NewTableReader(c.new, new); err != nil {
		return nil, fmt.Errorf("diff: table %s of %s: %w", name, c.new.Path, err)
	}
	d.OldFormat, d.NewFormat = d.old.Format, d.new.Format
	if inOld && inNew {
		d.Columns = columnDiffs(old, new)
	}
	d.Key = commonKey(old, new, inOld, inNew)
	d.old.Columns, d.new.Columns = d.views()
	return d, d.count(ctx)
}

// commonKey is the newer key, if both tables have its columns.
func commonKey(old, new manifest.Table, inOld, inNew bool) []string {
	key := new.Key
	if !inNew {
		key = old.Key
	}
	has := func(t manifest.Table, name string) bool {
		return slices.ContainsFunc(t.Columns, func(c manifest.Column) bool { return c.Name == name })
	}
	for _, k := range key {
		if inOld && !has(old, k) || inNew && !has(new, k) {
			return nil
		}
	}
	return key
}

func columnDiffs(old, new manifest.Table) []ColumnDiff {
	former, list := map[string]manifest.Column{}, []ColumnDiff(nil)
	for _, c := range old.Columns {
		former[c.Name] = c
	}
	for _, c := range new.Columns {
		o, both := former[c.Name]
		delete(former, c.Name)
		switch {
		case !both:
			list = append(list, ColumnDiff{Name: c.Name, Change: "added", New: c.TypeText()})
		case o.TypeText() != c.TypeText():
			list = append(list, ColumnDiff{Name: c.Name, Change: "type", Old: o.TypeText(), New: c.TypeText()})
		}
	}
	for _, c := range old.Columns {
		if _, gone := former[c.Name]; gone {
			list = append(list, ColumnDiff{Name: c.Name, Change: "removed", Old: c.TypeText()})
		}
	}
	slices.SortStableFunc(list, func(a, b ColumnDiff) int { return cmp.Compare(a.Change, b.Change) })
	return list
}

// views are the columns of both sides: first those they share, in the newer
// order, then their own.
func (d *Table) views() (old, new []published.ColumnRef) {
	for _, c := range d.new.Table.Columns {
		o := slices.IndexFunc(d.old.Table.Columns, func(o manifest.Column) bool { return o.Name == c.Name })
		if o < 0 {
			continue
		}
		v := published.ColumnRef{Name: c.Name, Common: true, Key: slices.Contains(d.Key, c.Name)}
		v.AsText = d.textOnly(d.old.Table.Columns[o], c)
		old, new = append(old, v), append(new, v)
	}
	shared := slices.Clone(old)
	own := func(all []published.ColumnRef, s *published.TableReader) []published.ColumnRef {
		for _, c := range s.Table.Columns {
			if !slices.ContainsFunc(shared, func(v published.ColumnRef) bool { return v.Name == c.Name }) {
				all = append(all, published.ColumnRef{Name: c.Name, Key: slices.Contains(d.Key, c.Name)})
			}
		}
		return all
	}
	return own(old, d.old), own(new, d.new)
}

// textOnly says whether values of the two columns can only be compared as text:
// they are of different kinds, or a list that TSV has as joined text.
func (d *Table) textOnly(old, new manifest.Column) bool {
	o, _ := old.Typed()
	n, _ := new.Typed()
	if o.Type.List || n.Type.List {
		if d.old.Format == "tsv" || d.new.Format == "tsv" {
			return true
		}
	}
	number := func(k schemas.Kind) bool { return k == schemas.Int32 || k == schemas.Int64 || k == schemas.Float64 }
	return o.Type.List != n.Type.List || o.Type.Kind != n.Type.Kind && !(number(o.Type.Kind) && number(n.Type.Kind))
}
