package pipelines

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/schemas"
)

// reference makes a check of what a spec says of a reference. `to` is a table of the
// spec if one has that name, else a folder.
func (c *compiler) reference(t *draft, r *reference) Check {
	check := Check{Kind: "references", Columns: texts(r.columns), Keys: texts(r.keys), To: r.to, Sibling: -1, Optional: !r.required, Why: oneLine(r.why)}
	name := t.prefix + "checks.references"
	for _, w := range r.columns {
		typ, known := t.typeOf(w.Text)
		switch {
		case known && typ.Kind == schemas.JSON:
			c.fault(w.node.pos, "name a column of plain values", "%s cannot take %s, which is JSON", name, quote(w.Text))
		case known && typ.List && len(r.columns) > 1:
			c.fault(w.node.pos, "refer by one column, or make a table with rows of the list", "%s takes several columns, and %s is %s", name, quote(w.Text), typ)
		}
	}
	if len(r.columns) > 0 && len(r.keys) > 0 && len(r.columns) != len(r.keys) {
		c.fault(r.at("key"), "name a column there for each column here", "%s refers by %d columns to %d", name, len(r.columns), len(r.keys))
	}
	c.resolveTarget(&check, name, r)
	return check
}

// resolveTarget finds what a reference leads to.
func (c *compiler) resolveTarget(check *Check, name string, r *reference) {
	var tables []string
	for i := range c.spec.Tables {
		tables = append(tables, c.spec.Tables[i].Name)
	}
	folder, table, named := strings.Cut(r.to, "#")
	own := named && folder != "" && filepath.Clean(folder) == filepath.Clean(c.spec.Load.To)
	switch {
	case slices.Contains(tables, r.to):
		check.Sibling = slices.Index(tables, r.to)
	case own && slices.Contains(tables, table):
		check.Sibling = slices.Index(tables, table)
	case own:
		c.fault(r.at("to"), didYouMean(table, tables), "%s.to: the spec has no table %s", name, quote(table))
	case r.to != "" && filepath.Clean(r.to) == filepath.Clean(c.spec.Load.To):
		c.fault(r.at("to"), "name the table itself: "+list(tables, mostNames), "%s.to is the folder that this spec writes", name)
	case strings.Contains(folder, "://"), named && (folder == "" || !tableName.MatchString(table)):
		c.fault(r.at("to"), "write a folder, or folder#table", "%s.to cannot be %s", name, quote(r.to))
	default:
		check.To, check.Table = folder, table
		return
	}
	if check.Sibling >= 0 {
		c.knownKeys(&c.spec.Tables[check.Sibling], name, r)
	}
}

// knownKeys says which key columns another table of the spec does not have.
func (c *compiler) knownKeys(t *tableSpec, name string, r *reference) {
	var names []string
	for i := range t.Columns {
		if !t.Columns[i].Hidden {
			names = append(names, t.Columns[i].Name)
		}
	}
	for _, w := range r.keys {
		if !slices.Contains(names, w.Text) {
			c.fault(w.node.pos, didYouMean(w.Text, names), "%s: %s has no column %s", name, t.Name, quote(w.Text))
		}
	}
}
