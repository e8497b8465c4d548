package pipelines

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
)

// references is what pipelines of one run know of each other for their references:
// those that go before have published, and those that refer to each other in a circle are
// staged together, so that each can look into what the others will publish.
type references struct {
	all        []*Plan
	collectors map[*Plan][]*keyCollector
	places     map[string]string // folders by their real names, as far as they were looked up
}

// keyCollector are the keys of a table that others of the run refer to.
type keyCollector struct {
	table   int
	columns []string
	at      []int
	keys    *keySet
}

func (c *keyCollector) observe(batch arrow.RecordBatch) { collectKeys(c.keys, batch, c.at) }

// keySource is where the keys of a reference are: in a set that fills while the run goes
// on, or in a published folder.
type keySource struct {
	keys   *keySet
	folder string
	ofRun  bool // another pipeline of this run publishes the folder
}

// newReferences finds what the plans of a group refer to among themselves. all are the plans of
// the run.
func newReferences(all, group []*Plan) *references {
	m := &references{all: all, collectors: map[*Plan][]*keyCollector{}, places: map[string]string{}}
	for _, p := range group {
		p.eachReference(func(c Check) {
			to := m.planOf(p, c)
			if slices.Contains(group, to) && (to != p || c.Sibling >= 0) {
				m.collect(to, to.tableOf(c), c.Keys)
			}
		})
	}
	return m
}

// collect makes sure that the keys are collected. A table that a plan does not have is not:
// checkReferences has said so.
func (m *references) collect(p *Plan, table int, columns []string) *keySet {
	for _, c := range m.collectors[p] {
		if c.table == table && slices.Equal(c.columns, columns) {
			return c.keys
		}
	}
	if table < 0 {
		return newKeySet()
	}
	c := &keyCollector{table: table, columns: columns, at: indexes(p.Tables[table], columns), keys: newKeySet()}
	m.collectors[p] = append(m.collectors[p], c)
	return c.keys
}

// keysOf finds the keys of a reference of a plan.
func (m *references) keysOf(p *Plan, c Check) keySource {
	to := m.planOf(p, c)
	if to == nil {
		return keySource{folder: p.folderOf(c)}
	}
	table := to.tableOf(c)
	for _, w := range m.collectors[to] {
		if w.table == table && slices.Equal(w.columns, c.Keys) {
			return keySource{keys: w.keys, ofRun: to != p}
		}
	}
	return keySource{folder: to.Target, ofRun: true}
}

// planOf is the plan of the run whose output a reference of p leads to, p itself for
// another of its tables, nil if it is none of the run's.
func (m *references) planOf(p *Plan, c Check) *Plan {
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

// targetOf is the plan of the run that a check refers to, nil if it refers to none.
func (m *references) targetOf(p *Plan, c Check) *Plan {
	if c.Kind != "references" {
		return nil
	}
	return m.planOf(p, c)
}

func (m *references) place(folder string) string {
	if m.places[folder] == "" {
		m.places[folder] = place(folder)
	}
	return m.places[folder]
}

// checkReferences says which references between plans of one run name a table or a
// column that is not there. Its error is Faults.
func checkReferences(plans []*Plan) error {
	var faults Faults
	m := newReferences(plans, nil)
	for _, p := range plans {
		p.eachReference(func(c Check) {
			to := m.planOf(p, c)
			if to == nil || to == p {
				return
			}
			at := to.tableOf(c)
			if at < 0 {
				faults = append(faults, Fault{File: p.Spec.File, Pos: c.Pos,
					What: "references: " + to.Spec.File + " writes " + c.To + ", and has no such table",
					Hint: "name one: " + c.To + "#" + to.Tables[0].Name})
				return
			}
			names := columnNamesOf(to.Tables[at])
			for _, name := range c.Keys {
				if !slices.Contains(names, name) {
					faults = append(faults, Fault{File: p.Spec.File, Pos: c.Pos,
						What: "references: table " + to.Tables[at].Name + " of " + to.Spec.File + " has no column " + quote(name),
						Hint: didYouMean(name, names)})
				}
			}
		})
	}
	if len(faults) == 0 {
		return nil
	}
	return faults
}
