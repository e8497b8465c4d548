// Package diff compares two published folders. It takes their paths and gives, per table, counts and the records that
// were added, removed or changed, matched by key. It reads the files twice and keeps hashes of rows in memory, not the
// rows. It never writes.
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

// Comparison holds two published folders open, each of one generation. It must be closed.
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

// Table counts the differences of one table. Records with equal keys match. Without a key, whole rows match, and no
// record counts as changed.
type Table struct {
	Name      string       `json:"-"`
	Key       []string     `json:"key"`
	OldRows   int64        `json:"old_rows"`
	NewRows   int64        `json:"new_rows"`
	Added     int64        `json:"added"`
	Removed   int64        `json:"removed"`
	Changed   int64        `json:"changed"`
	Same      int64        `json:"same"`
	OldFormat string       `json:"old_format"` // of the files read; empty if the folder has no such table
	NewFormat string       `json:"new_format"`
	Columns   []ColumnDiff `json:"columns"` // added, removed and retyped ones; records are compared on common columns

	old, new side
	pairs    []pair
}

// ColumnDiff is a column that is in one folder only, or has another type.
type ColumnDiff struct {
	Name   string `json:"name"`
	Change string `json:"change"` // added, removed, type
	Old    string `json:"old,omitempty"`
	New    string `json:"new,omitempty"`
}

// side is a table in one of the folders. The common columns come first, in the order of the new folder.
type side struct {
	*published.Table
	columns []published.Column
	common  int // number of common columns
}

// Equal reports whether the tables of both folders are equal, except for the order of rows.
func (d *Table) Equal() bool {
	return d.Added+d.Removed+d.Changed == 0 && len(d.Columns) == 0 && d.OldFormat != "" && d.NewFormat != ""
}

// Open opens two published folders.
func Open(old, new string) (*Comparison, error) {
	c := &Comparison{}
	var err error
	if c.old, err = published.Open(old); err != nil {
		return nil, fmt.Errorf("diff: %w", err)
	}
	if c.new, err = published.Open(new); err != nil {
		c.old.Close()
		return nil, fmt.Errorf("diff: %w", err)
	}
	return c, nil
}

// Close closes the folders.
func (c *Comparison) Close() {
	c.old.Close()
	c.new.Close()
}

// Folders describes both folders.
func (c *Comparison) Folders() (old, new Compared) { return compared(c.old), compared(c.new) }

func compared(p *published.Folder) Compared {
	m := p.Manifest
	return Compared{Path: p.Path, RunID: m.RunID, Status: m.Status, FinishedAt: m.FinishedAt}
}

// Tables lists the names of the tables of either folder, sorted.
func (c *Comparison) Tables() []string {
	all := map[string]manifest.Table{}
	maps.Copy(all, c.old.Manifest.Tables)
	maps.Copy(all, c.new.Manifest.Tables)
	return slices.Sorted(maps.Keys(all))
}

// Table compares one table. Meanwhile it needs forty bytes per row of both folders, and then sixteen per record that
// differs.
func (c *Comparison) Table(ctx context.Context, name string) (*Table, error) {
	old, inOld := c.old.Manifest.Tables[name]
	new, inNew := c.new.Manifest.Tables[name]
	d := &Table{Name: name, OldRows: old.Rows, NewRows: new.Rows}
	var err error
	if d.old.Table, err = c.old.Table(old); err != nil {
		return nil, fmt.Errorf("diff: table %s of %s: %w", name, c.old.Path, err)
	}
	if d.new.Table, err = c.new.Table(new); err != nil {
		return nil, fmt.Errorf("diff: table %s of %s: %w", name, c.new.Path, err)
	}
	d.OldFormat, d.NewFormat = d.old.Format, d.new.Format
	if inOld && inNew {
		d.Columns = columnDiffs(old, new)
	}
	d.Key = new.Key
	if !inNew {
		d.Key = old.Key
	}
	if inOld && !hasAll(old, d.Key) || inNew && !hasAll(new, d.Key) {
		d.Key = nil
	}
	d.chooseColumns()
	if inOld && inNew && sameContent(old, new) {
		d.Same = new.Rows
		return d, nil
	}
	if err := d.count(ctx); err != nil {
		return nil, fmt.Errorf("diff: %w", err)
	}
	return d, nil
}

// sameContent reports whether the manifests say that two tables have equal rows: equal checksums of equal columns.
func sameContent(old, new manifest.Table) bool {
	return new.Content != "" && old.Content == new.Content && old.Rows == new.Rows &&
		slices.EqualFunc(old.Columns, new.Columns, func(a, b manifest.Column) bool {
			return a.Name == b.Name && a.Type == b.Type && a.Nullable == b.Nullable
		})
}

func hasAll(t manifest.Table, columns []string) bool {
	return !slices.ContainsFunc(columns, func(name string) bool {
		_, err := t.Column(name)
		return err != nil
	})
}

func columnDiffs(old, new manifest.Table) []ColumnDiff {
	removed, list := map[string]manifest.Column{}, []ColumnDiff(nil)
	for _, c := range old.Columns {
		removed[c.Name] = c
	}
	for _, c := range new.Columns {
		o, both := removed[c.Name]
		delete(removed, c.Name)
		switch {
		case !both:
			list = append(list, ColumnDiff{Name: c.Name, Change: "added", New: c.TypeText()})
		case o.TypeText() != c.TypeText():
			list = append(list, ColumnDiff{Name: c.Name, Change: "type", Old: o.TypeText(), New: c.TypeText()})
		}
	}
	for _, c := range old.Columns {
		if _, ok := removed[c.Name]; ok {
			list = append(list, ColumnDiff{Name: c.Name, Change: "removed", Old: c.TypeText()})
		}
	}
	slices.SortStableFunc(list, func(a, b ColumnDiff) int { return cmp.Compare(a.Change, b.Change) })
	return list
}

// chooseColumns lists the columns of both sides.
func (d *Table) chooseColumns() {
	for _, c := range d.new.Manifest.Columns {
		old, err := d.old.Manifest.Column(c.Name)
		if err != nil {
			continue
		}
		new, _ := c.Typed() // Folder.Table checked it
		common := published.Column{Name: c.Name, Form: d.form(old.Type, new.Type)}
		d.old.columns = append(d.old.columns, common)
		d.new.columns = append(d.new.columns, common)
	}
	d.old.addOthers()
	d.new.addOthers()
}

func (s *side) addOthers() {
	s.common = len(s.columns)
	for _, c := range s.Manifest.Columns {
		if s.index(c.Name) < 0 {
			s.columns = append(s.columns, published.Column{Name: c.Name})
		}
	}
}

func (s *side) index(column string) int {
	return slices.IndexFunc(s.columns, func(c published.Column) bool { return c.Name == column })
}

// form is how values of two types are compared: as text if their kinds differ, or if TSV joined a list.
func (d *Table) form(old, new schemas.Type) published.Form {
	number := func(k schemas.Kind) bool { return k == schemas.Int32 || k == schemas.Int64 || k == schemas.Float64 }
	switch {
	case (old.List || new.List) && (d.old.Format == "tsv" || d.new.Format == "tsv"):
		return published.AsText
	case old.List == new.List && old.Kind == new.Kind:
		return published.AsJSON
	case old.List == new.List && number(old.Kind) && number(new.Kind):
		return published.AsNumber
	}
	return published.AsText
}
