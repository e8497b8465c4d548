package plan

import (
	"cmp"
	"path/filepath"
	"slices"

	"github.com/civic-etl/civic-etl/load/manifest"
)

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
