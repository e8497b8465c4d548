package pipelines

import "slices"

// groups puts plans in the order in which they run: those that others refer to go
// before them, and those that refer to each other in a circle are one group. Otherwise
// the order stays.
func groups(plans []*Plan) [][]*Plan {
	g := &grouping{references: newReferences(plans, nil), number: map[*Plan]int{}, low: map[*Plan]int{}, done: map[*Plan]bool{}}
	for _, p := range plans {
		g.visit(p)
	}
	for _, group := range g.groups {
		slices.SortFunc(group, func(a, b *Plan) int { return slices.Index(plans, a) - slices.Index(plans, b) })
	}
	return g.groups
}

// grouping is Tarjan's search for strongly connected components, which it finds in the
// very order that is wanted: what is referred to first.
type grouping struct {
	references *references
	number     map[*Plan]int // in the order of visits, from 1
	low        map[*Plan]int // the least number that can be reached
	done       map[*Plan]bool
	open       []*Plan
	groups     [][]*Plan
}

func (g *grouping) visit(p *Plan) {
	if g.number[p] > 0 {
		return
	}
	g.number[p] = len(g.number) + 1
	g.low[p] = g.number[p]
	g.open = append(g.open, p)
	p.eachReference(func(c Check) {
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
