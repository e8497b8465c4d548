package plan

import (
	"path/filepath"
	"slices"

	"github.com/civic-etl/civic-etl/load/manifest"
)

func (p *Plan) EachReference(visit func(Check)) {
	for _, table := range p.Checks {
		for _, c := range table {
			if c.Kind == "references" {
				visit(c)
			}
		}
	}
}

// TableOf is the table of p that a reference leads to: the named one, or that of a
// folder by default; -1 if there is none.
func (p *Plan) TableOf(c Check) int {
	if c.Sibling >= 0 {
		return c.Sibling
	}
	name := c.Table
	if name == "" {
		name = manifest.DefaultTable(filepath.Base(p.Spec.Load.To), p.tableNames())
	}
	return slices.Index(p.tableNames(), name)
}

func (p *Plan) tableNames() []string {
	names := make([]string, len(p.Tables))
	for i, t := range p.Tables {
		names[i] = t.Name
	}
	return names
}

// FolderOf is the folder that a reference leads to. Where --out moves the plan's own
// output, a folder beside that one goes with it, if it is there.
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
