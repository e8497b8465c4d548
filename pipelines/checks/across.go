package checks

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// References is what pipelines of one run know of each other for their references:
// those that go before have published, and those that refer to each other in a circle are
// staged together, so that each can look into what the others will publish.
type References struct {
	all        []*plan.Plan
	collectors map[*plan.Plan][]*keyCollector
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

// NewReferences finds what the plans of a group refer to among themselves. all are the plans of
// the run.
func NewReferences(all, group []*plan.Plan) *References {
	m := &References{all: all, collectors: map[*plan.Plan][]*keyCollector{}, places: map[string]string{}}
	for _, p := range group {
		p.EachReference(func(c plan.Check) {
			to := m.planOf(p, c)
			if slices.Contains(group, to) && (to != p || c.Sibling >= 0) {
				m.collect(to, to.TableOf(c), c.Keys)
			}
		})
	}
	return m
}

// collect makes sure that the keys are collected. A table that a plan does not have is not:
// checkReferences has said so.
func (m *References) collect(p *plan.Plan, table int, columns []string) *keySet {
	for _, c := range m.collectors[p] {
		if c.table == table && slices.Equal(c.columns, columns) {
			return c.keys
		}
	}
	if table < 0 {
		return newKeySet()
	}
	c := &keyCollector{table: table, columns: columns, at: Indexes(p.Tables[table], columns), keys: newKeySet()}
	m.collectors[p] = append(m.collectors[p], c)
	return c.keys
}

// keysOf finds the keys of a reference of a plan.
func (m *References) keysOf(p *plan.Plan, c plan.Check) keySource {
	to := m.planOf(p, c)
	if to == nil {
		return keySource{folder: p.FolderOf(c)}
	}
	table := to.TableOf(c)
	for _, w := range m.collectors[to] {
		if w.table == table && slices.Equal(w.columns, c.Keys) {
			return keySource{keys: w.keys, ofRun: to != p}
		}
	}
	return keySource{folder: to.Target, ofRun: true}
}

// planOf is the plan of the run whose output a reference of p leads to, p itself for
// another of its tables, nil if it is none of the run's.
func (m *References) planOf(p *plan.Plan, c plan.Check) *plan.Plan {
	if c.Sibling >= 0 {
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

// TargetOf is the plan of the run that a check refers to, nil if it refers to none.
func (m *References) TargetOf(p *plan.Plan, c plan.Check) *plan.Plan {
	if c.Kind != "references" {
		return nil
	}
	return m.planOf(p, c)
}

func (m *References) place(folder string) string {
	if m.places[folder] == "" {
		m.places[folder] = plan.RealPath(folder)
	}
	return m.places[folder]
}

// CheckReferences says which references between plans of one run name a table or a
// column that is not there. Its error is Faults.
func CheckReferences(plans []*plan.Plan) error {
	var faults document.Faults
	m := NewReferences(plans, nil)
	for _, p := range plans {
		p.EachReference(func(c plan.Check) {
			to := m.planOf(p, c)
			if to == nil || to == p {
				return
			}
			at := to.TableOf(c)
			if at < 0 {
				faults = append(faults, document.Fault{File: p.Spec.File, Pos: c.Pos,
					What: "references: " + to.Spec.File + " writes " + c.To + ", and has no such table",
					Hint: "name one: " + c.To + "#" + to.Tables[0].Name})
				return
			}
			names := plan.ColumnNamesOf(to.Tables[at])
			for _, name := range c.Keys {
				if !slices.Contains(names, name) {
					faults = append(faults, document.Fault{File: p.Spec.File, Pos: c.Pos,
						What: "references: table " + to.Tables[at].Name + " of " + to.Spec.File + " has no column " + wording.Quote(name),
						Hint: wording.DidYouMean(name, names)})
				}
			}
		})
	}
	if len(faults) == 0 {
		return nil
	}
	return faults
}
