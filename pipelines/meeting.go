package pipelines

import (
	"path/filepath"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load"
)

// meeting is what pipelines of one run know of each other for their references:
// those that go before have published, and those that refer to each other in a circle are
// staged together, so that each can look into what the others will publish.
type meeting struct {
	all    []*Plan
	wanted map[*Plan][]*collected
	places map[string]string // folders by their real names, as far as they were looked up
}

// collected are the keys of a table that others of the run refer to.
type collected struct {
	table   int
	columns []string
	at      []int
	keys    *keySet
}

func (c *collected) observe(batch arrow.RecordBatch) { collectKeys(c.keys, batch, c.at) }

// reach is where the keys of a reference are: in a set that fills while the run goes
// on, or in a published folder.
type reach struct {
	keys   *keySet
	folder string
	ofRun  bool // another pipeline of this run publishes the folder
}

// meet finds what the plans of a group refer to among themselves. all are the plans of
// the run.
func meet(all, group []*Plan) *meeting {
	m := &meeting{all: all, wanted: map[*Plan][]*collected{}, places: map[string]string{}}
	for _, p := range group {
		p.eachReference(func(c Check) {
			to := m.planOf(p, c)
			if slices.Contains(group, to) && (to != p || c.Sibling >= 0) {
				m.want(to, to.tableOf(c), c.Keys)
			}
		})
	}
	return m
}

func (p *Plan) eachReference(visit func(Check)) {
	for _, table := range p.Checks {
		for _, c := range table {
			if c.Kind == "references" {
				visit(c)
			}
		}
	}
}

// want makes sure that the keys are collected. A table that a plan does not have is not:
// checkReferences has said so.
func (m *meeting) want(p *Plan, table int, columns []string) *keySet {
	for _, c := range m.wanted[p] {
		if c.table == table && slices.Equal(c.columns, columns) {
			return c.keys
		}
	}
	if table < 0 {
		return newKeySet()
	}
	c := &collected{table: table, columns: columns, at: indexes(p.Tables[table], columns), keys: newKeySet()}
	m.wanted[p] = append(m.wanted[p], c)
	return c.keys
}

// reach finds the keys of a reference of a plan.
func (m *meeting) reach(p *Plan, c Check) reach {
	to := m.planOf(p, c)
	if to == nil {
		return reach{folder: p.folderOf(c)}
	}
	table := to.tableOf(c)
	for _, w := range m.wanted[to] {
		if w.table == table && slices.Equal(w.columns, c.Keys) {
			return reach{keys: w.keys, ofRun: to != p}
		}
	}
	return reach{folder: to.Target, ofRun: true}
}

// planOf is the plan of the run whose output a reference of p leads to, p itself for
// another of its tables, nil if it is none of the run's.
func (m *meeting) planOf(p *Plan, c Check) *Plan {
	if c.Sibling >= 0 {
		return p
	}
	folder := m.place(p.folderOf(c))
	for _, other := range m.all {
		if other != p && (m.place(other.Spec.Load.To) == m.place(c.To) || m.place(other.Target) == folder) {
			return other
		}
	}
	return nil
}

// leadsTo is the plan of the run that a check refers to, nil if it refers to none.
func (c Check) leadsTo(m *meeting, p *Plan) *Plan {
	if c.Kind != "references" {
		return nil
	}
	return m.planOf(p, c)
}

func (m *meeting) place(folder string) string {
	if m.places[folder] == "" {
		m.places[folder] = place(folder)
	}
	return m.places[folder]
}

// tableOf is the table of p that a reference leads to: the named one, or that of a
// folder by default; -1 if there is none.
func (p *Plan) tableOf(c Check) int {
	if c.Sibling >= 0 {
		return c.Sibling
	}
	name := c.Table
	if name == "" {
		name = load.DefaultTable(filepath.Base(p.Spec.Load.To), p.tableNames())
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

// folderOf is the folder that a reference leads to. Where --out moves the plan's own
// output, a folder beside that one goes with it, if it is there.
func (p *Plan) folderOf(c Check) string {
	if p.Target == p.Spec.Load.To {
		return c.To
	}
	beside, err := filepath.Rel(p.Spec.Load.To, c.To)
	if err != nil {
		return c.To
	}
	moved := filepath.Join(p.Target, beside)
	if _, err := load.ReadManifest(moved); err != nil {
		return c.To
	}
	return moved
}
