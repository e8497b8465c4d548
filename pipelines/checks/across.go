package checks

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// References resolves the references between the plans of one run. Referenced pipelines have published before; those of
// a cycle are staged together, and collect their keys for each other.
type References struct {
	all        []*plan.Plan
	collectors map[*plan.Plan][]*keyCollector
	places     map[string]string // real names of folders, as far as looked up
}

// keyCollector collects the keys of a table that a reference of the cycle needs.
type keyCollector struct {
	table   int
	columns []string
	at      []int
	keys    *keySet
}

func (c *keyCollector) observe(batch arrow.RecordBatch) { collectKeys(c.keys, batch, c.at) }

// keySource holds the keys of a reference: a set that fills during the run, or a published folder.
type keySource struct {
	keys   *keySet
	folder string
	ofRun  bool // another pipeline of this run publishes the folder
}

// NewReferences resolves the references of plans. all are the plans of the run; the plans of a cycle collect keys for
// each other.
func NewReferences(all, cycle []*plan.Plan) *References {
	m := &References{all: all, collectors: map[*plan.Plan][]*keyCollector{}, places: map[string]string{}}
	for _, p := range cycle {
		p.EachReference(func(c plan.Check) {
			to := m.TargetOf(p, c)
			if slices.Contains(cycle, to) && (to != p || c.Sibling >= 0) {
				m.collect(to, to.TableOf(c), c.Keys)
			}
		})
	}
	return m
}

// collect adds a collector, unless there is one. CheckReferences has reported a missing table.
func (m *References) collect(p *plan.Plan, table int, columns []string) {
	if table < 0 || m.collected(p, table, columns) != nil {
		return
	}
	c := &keyCollector{table: table, columns: columns, at: Indexes(p.Tables[table], columns), keys: newKeySet()}
	m.collectors[p] = append(m.collectors[p], c)
}

// collected returns the keys that a plan collects from columns of a table, nil if it does not.
func (m *References) collected(p *plan.Plan, table int, columns []string) *keySet {
	for _, c := range m.collectors[p] {
		if c.table == table && slices.Equal(c.columns, columns) {
			return c.keys
		}
	}
	return nil
}

func (m *References) keysOf(p *plan.Plan, c plan.Check) keySource {
	to := m.TargetOf(p, c)
	if to == nil {
		return keySource{folder: p.FolderOf(c)}
	}
	if keys := m.collected(to, to.TableOf(c), c.Keys); keys != nil {
		return keySource{keys: keys, ofRun: to != p}
	}
	return keySource{folder: to.Target, ofRun: true}
}

// TargetOf is the plan of the run that a check of p refers to: p itself for another of its tables, nil if it refers to
// no plan of the run.
func (m *References) TargetOf(p *plan.Plan, c plan.Check) *plan.Plan {
	switch {
	case c.Kind != "references":
		return nil
	case c.Sibling >= 0:
		return p
	}
	folder := m.place(p.FolderOf(c))
	for _, other := range m.all {
		if other != p && (m.place(other.Spec.Load.To) == m.place(c.To) || m.place(other.Target) == folder) {
			return other
		}
	}
	return nil
}

func (m *References) place(folder string) string {
	if m.places[folder] == "" {
		m.places[folder] = plan.RealPath(folder)
	}
	return m.places[folder]
}

// CheckReferences reports references between plans of one run to a table or column that does not exist. Its error is
// Faults.
func CheckReferences(plans []*plan.Plan) error {
	var faults document.Faults
	m := NewReferences(plans, nil)
	for _, p := range plans {
		add := func(c plan.Check, what, hint string) {
			what = "references: " + what
			faults = append(faults, document.Fault{File: p.Spec.File, Pos: c.Pos, What: what, Hint: hint})
		}
		p.EachReference(func(c plan.Check) {
			to := m.TargetOf(p, c)
			if to == nil || to == p {
				return
			}
			at := to.TableOf(c)
			if at < 0 {
				add(c, to.Spec.File+" writes "+c.To+", and has no such table", "name one: "+c.To+"#"+to.Tables[0].Name)
				return
			}
			table := to.Tables[at]
			names := plan.ColumnNamesOf(table)
			for _, name := range c.Keys {
				if !slices.Contains(names, name) {
					add(c, "table "+table.Name+" of "+to.Spec.File+" has no column "+wording.Quote(name),
						wording.DidYouMean(name, names))
				}
			}
		})
	}
	if len(faults) == 0 {
		return nil
	}
	return faults
}
