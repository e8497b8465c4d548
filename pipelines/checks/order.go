package checks

import (
	"slices"

	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// Groups puts plans in the order in which they run: those that others refer to go
// before them, and those that refer to each other in a circle are one group. Otherwise
// the order stays.
func Groups(plans []*plan.Plan) [][]*plan.Plan {
	g := &grouping{references: NewReferences(plans, nil), number: map[*plan.Plan]int{}, low: map[*plan.Plan]int{}, done: map[*plan.Plan]bool{}}
	for _, p := range plans {
		g.visit(p)
	}
	for _, group := range g.groups {
		slices.SortFunc(group, func(a, b *plan.Plan) int { return slices.Index(plans, a) - slices.Index(plans, b) })
	}
	return g.groups
}

// grouping is Tarjan's search for strongly connected components, which it finds in the
// very order that is wanted: what is referred to first.
type grouping struct {
	references *References
	number     map[*plan.Plan]int // in the order of visits, from 1
	low        map[*plan.Plan]int // the least number that can be reached
	done       map[*plan.Plan]bool
	open       []*plan.Plan
	groups     [][]*plan.Plan
}

func (g *grouping) visit(p *plan.Plan) {
	if g.number[p] > 0 {
		return
	}
	g.number[p] = len(g.number) + 1
	g.low[p] = g.number[p]
	g.open = append(g.open, p)
	p.EachReference(func(c plan.Check) {
		to := g.references.planOf(p, c)
		if to == nil || g.done[to] {
			return
		}
		g.visit(to)
		g.low[p] = min(g.low[p], g.low[to])
	})
	if g.low[p] < g.number[p] {
		return
	}
	at := slices.Index(g.open, p)
	group := slices.Clone(g.open[at:])
	g.open = g.open[:at]
	for _, member := range group {
		g.done[member] = true
	}
	g.groups = append(g.groups, group)
}
