package load

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Comparison is two published folders held open, so that what is read of each
// belongs to one generation. It must be closed.
type Comparison struct {
	old, new *publication
}

// Compared names one of the two folders.
type Compared struct {
	Path       string    `json:"path"`
	RunID      string    `json:"run_id"`
	Status     string    `json:"status"`
	FinishedAt time.Time `json:"finished_at"`
}

// TableDiff counts how a table's records differ, and says how its columns do.
// A record of the one folder is that of the other if their keys are equal; a
// table without key is compared as a bag of rows, which come and go but never
// change.
type TableDiff struct {
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

	old, new *side
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
func (d *TableDiff) Equal() bool {
	return d.Added+d.Removed+d.Changed == 0 && len(d.Columns) == 0 && d.OldFormat != "" && d.NewFormat != ""
}

// Compare opens two published folders.
func Compare(old, new string) (*Comparison, error) {
	c := &Comparison{}
	var err error
	if c.old, err = holdPublication(old); err != nil {
		return nil, fmt.Errorf("diff: %w", err)
	}
	if c.new, err = holdPublication(new); err != nil {
		c.old.close()
		return nil, fmt.Errorf("diff: %w", err)
	}
	return c, nil
}

// Close lets go of the folders.
func (c *Comparison) Close() {
	c.old.close()
	c.new.close()
}

// Folders says what is compared.
func (c *Comparison) Folders() (old, new Compared) { return c.old.compared(), c.new.compared() }

func (p *publication) compared() Compared {
	return Compared{Path: p.path, RunID: p.manifest.RunID, Status: p.manifest.Status, FinishedAt: p.manifest.FinishedAt}
}

// Tables names the tables of either folder, sorted.
func (c *Comparison) Tables() []string {
	all := maps.Clone(c.old.manifest.Tables)
	if all == nil {
		return slices.Sorted(maps.Keys(c.new.manifest.Tables))
	}
	maps.Copy(all, c.new.manifest.Tables)
	return slices.Sorted(maps.Keys(all))
}

// Table compares one table. It keeps forty bytes for each row of the larger
// folder and as many for each of the other, while it runs; sixteen for each
// record that differs after that.
func (c *Comparison) Table(ctx context.Context, name string) (*TableDiff, error) {
	old, inOld := c.old.manifest.Tables[name]
	new, inNew := c.new.manifest.Tables[name]
	d := &TableDiff{Name: name, OldRows: old.Rows, NewRows: new.Rows}
	var err error
	if d.old, err = newSide(c.old, old); err != nil {
		return nil, fmt.Errorf("diff: table %s of %s: %w", name, c.old.path, err)
	}
	if d.new, err = newSide(c.new, new); err != nil {
		return nil, fmt.Errorf("diff: table %s of %s: %w", name, c.new.path, err)
	}
	d.OldFormat, d.NewFormat = d.old.format, d.new.format
	if inOld && inNew {
		d.Columns = columnDiffs(old, new)
	}
	d.Key = commonKey(old, new, inOld, inNew)
	d.old.columns, d.new.columns = d.views()
	return d, d.count(ctx)
}

// commonKey is the newer key, if both tables have its columns.
func commonKey(old, new TableResult, inOld, inNew bool) []string {
	key := new.Key
	if !inNew {
		key = old.Key
	}
	has := func(t TableResult, name string) bool {
		return slices.ContainsFunc(t.Columns, func(c ColumnResult) bool { return c.Name == name })
	}
	for _, k := range key {
		if inOld && !has(old, k) || inNew && !has(new, k) {
			return nil
		}
	}
	return key
}

func columnDiffs(old, new TableResult) []ColumnDiff {
	former, list := map[string]ColumnResult{}, []ColumnDiff(nil)
	for _, c := range old.Columns {
		former[c.Name] = c
	}
	for _, c := range new.Columns {
		o, both := former[c.Name]
		delete(former, c.Name)
		switch {
		case !both:
			list = append(list, ColumnDiff{Name: c.Name, Change: "added", New: c.typeText()})
		case o.typeText() != c.typeText():
			list = append(list, ColumnDiff{Name: c.Name, Change: "type", Old: o.typeText(), New: c.typeText()})
		}
	}
	for _, c := range old.Columns {
		if _, gone := former[c.Name]; gone {
			list = append(list, ColumnDiff{Name: c.Name, Change: "removed", Old: c.typeText()})
		}
	}
	slices.SortStableFunc(list, func(a, b ColumnDiff) int { return cmp.Compare(a.Change, b.Change) })
	return list
}

func (c ColumnResult) typeText() string {
	if c.Nullable {
		return c.Type
	}
	return c.Type + " not null"
}
