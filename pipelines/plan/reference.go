package plan

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
)

// reference makes the check of a reference. `to` is a table of the spec if one has that name, else a folder.
func (c *compiler) reference(t *table, r *spec.Reference) Check {
	check := Check{
		Kind: "references", Columns: texts(r.Columns), Keys: texts(r.Keys), To: r.To, Sibling: -1,
		Optional: !r.Required, Why: wording.OneLine(r.Why),
	}
	name := t.prefix + "checks.references"
	for _, w := range r.Columns {
		typ, known := t.typeOf(w.Text)
		switch {
		case known && typ.Kind == schemas.JSON:
			c.Fault(w.Node.Pos, "name a column of plain values", "%s cannot use %s, which is JSON", name, wording.Quote(w.Text))
		case known && typ.List && len(r.Columns) > 1:
			c.Fault(w.Node.Pos, "use one column, or make a table with rows of the list",
				"%s has several columns, and %s is %s", name, wording.Quote(w.Text), typ)
		}
	}
	if len(r.Columns) > 0 && len(r.Keys) > 0 && len(r.Columns) != len(r.Keys) {
		c.Fault(r.At("key"), "name one key column for each column",
			"%s has %d columns and %d keys", name, len(r.Columns), len(r.Keys))
	}
	c.resolveTarget(&check, name, r)
	return check
}

// resolveTarget finds the table or folder of a reference.
func (c *compiler) resolveTarget(check *Check, name string, r *spec.Reference) {
	var tables []string
	for i := range c.spec.Tables {
		tables = append(tables, c.spec.Tables[i].Name)
	}
	folder, table, named := strings.Cut(r.To, "#")
	own := folder != "" && filepath.Clean(folder) == filepath.Clean(c.spec.Load.To)
	check.Sibling = slices.Index(tables, r.To)
	if named && own && check.Sibling < 0 {
		check.Sibling = slices.Index(tables, table)
	}
	switch {
	case check.Sibling >= 0:
		c.checkKeyNames(&c.spec.Tables[check.Sibling], name, r)
	case own && named:
		c.Fault(r.At("to"), wording.DidYouMean(table, tables), "%s.to: the spec has no table %s", name, wording.Quote(table))
	case own:
		hint := "name the table itself: " + wording.List(tables, wording.MostNames)
		c.Fault(r.At("to"), hint, "%s.to is the folder that this spec writes", name)
	case strings.Contains(folder, "://"), named && (folder == "" || !spec.TableName.MatchString(table)):
		c.Fault(r.At("to"), "write a folder, or folder#table", "%s.to cannot be %s", name, wording.Quote(r.To))
	default:
		check.To, check.Table = folder, table
	}
}

// checkKeyNames reports key columns that another table of the spec does not have.
func (c *compiler) checkKeyNames(t *spec.Table, name string, r *spec.Reference) {
	names := t.WrittenNames()
	for _, w := range r.Keys {
		if !slices.Contains(names, w.Text) {
			hint := wording.DidYouMean(w.Text, names)
			c.Fault(w.Node.Pos, hint, "%s: %s has no column %s", name, t.Name, wording.Quote(w.Text))
		}
	}
}

// EachReference calls visit for every reference of the plan.
func (p *Plan) EachReference(visit func(Check)) {
	for _, table := range p.Checks {
		for _, c := range table {
			if c.Kind == "references" {
				visit(c)
			}
		}
	}
}

// TableOf returns the index of the table of p that a reference names, or that a folder has by default; -1 if
// there is none.
func (p *Plan) TableOf(c Check) int {
	if c.Sibling >= 0 {
		return c.Sibling
	}
	var names []string
	for _, t := range p.Tables {
		names = append(names, t.Name)
	}
	return slices.Index(names, cmp.Or(c.Table, manifest.DefaultTable(filepath.Base(p.Spec.Load.To), names)))
}

// FolderOf returns the folder of a reference's target. If --out moves the plan's own output, a published
// folder beside the new place takes precedence.
func (p *Plan) FolderOf(c Check) string {
	if p.Target == p.Spec.Load.To {
		return c.To
	}
	beside, err := filepath.Rel(p.Spec.Load.To, c.To)
	if err != nil {
		return c.To
	}
	moved := filepath.Join(p.Target, beside)
	if _, err := manifest.Read(moved); err != nil {
		return c.To
	}
	return moved
}
