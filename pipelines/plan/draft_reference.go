package plan

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
)

// reference makes a check of what a spec says of a reference. `to` is a table of the
// spec if one has that name, else a folder.
func (c *compiler) reference(t *draft, r *spec.Reference) Check {
	check := Check{Kind: "references", Columns: texts(r.Columns), Keys: texts(r.Keys), To: r.To, Sibling: -1, Optional: !r.Required, Why: wording.OneLine(r.Why)}
	name := t.prefix + "checks.references"
	for _, w := range r.Columns {
		typ, known := t.typeOf(w.Text)
		switch {
		case known && typ.Kind == schemas.JSON:
			c.Fault(w.Node.Pos, "name a column of plain values", "%s cannot take %s, which is JSON", name, wording.Quote(w.Text))
		case known && typ.List && len(r.Columns) > 1:
			c.Fault(w.Node.Pos, "refer by one column, or make a table with rows of the list", "%s takes several columns, and %s is %s", name, wording.Quote(w.Text), typ)
		}
	}
	if len(r.Columns) > 0 && len(r.Keys) > 0 && len(r.Columns) != len(r.Keys) {
		c.Fault(r.At("key"), "name a column there for each column here", "%s refers by %d columns to %d", name, len(r.Columns), len(r.Keys))
	}
	c.resolveTarget(&check, name, r)
	return check
}

// resolveTarget finds what a reference leads to.
func (c *compiler) resolveTarget(check *Check, name string, r *spec.Reference) {
	var tables []string
	for i := range c.spec.Tables {
		tables = append(tables, c.spec.Tables[i].Name)
	}
	folder, table, named := strings.Cut(r.To, "#")
	own := named && folder != "" && filepath.Clean(folder) == filepath.Clean(c.spec.Load.To)
	switch {
	case slices.Contains(tables, r.To):
		check.Sibling = slices.Index(tables, r.To)
	case own && slices.Contains(tables, table):
		check.Sibling = slices.Index(tables, table)
	case own:
		c.Fault(r.At("to"), wording.DidYouMean(table, tables), "%s.to: the spec has no table %s", name, wording.Quote(table))
	case r.To != "" && filepath.Clean(r.To) == filepath.Clean(c.spec.Load.To):
		c.Fault(r.At("to"), "name the table itself: "+wording.List(tables, wording.MostNames), "%s.to is the folder that this spec writes", name)
	case strings.Contains(folder, "://"), named && (folder == "" || !spec.TableName.MatchString(table)):
		c.Fault(r.At("to"), "write a folder, or folder#table", "%s.to cannot be %s", name, wording.Quote(r.To))
	default:
		check.To, check.Table = folder, table
		return
	}
	if check.Sibling >= 0 {
		c.knownKeys(&c.spec.Tables[check.Sibling], name, r)
	}
}

// knownKeys says which key columns another table of the spec does not have.
func (c *compiler) knownKeys(t *spec.Table, name string, r *spec.Reference) {
	var names []string
	for i := range t.Columns {
		if !t.Columns[i].Hidden {
			names = append(names, t.Columns[i].Name)
		}
	}
	for _, w := range r.Keys {
		if !slices.Contains(names, w.Text) {
			c.Fault(w.Node.Pos, wording.DidYouMean(w.Text, names), "%s: %s has no column %s", name, t.Name, wording.Quote(w.Text))
		}
	}
}
