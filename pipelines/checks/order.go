package checks

import (
	"slices"

	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// Cycles orders plans for a run: referenced plans first, otherwise as given. Plans that refer to each other are one
// cycle; any other plan is alone.
func Cycles(plans []*plan.Plan) [][]*plan.Plan {
	s := &cycleSearch{references: NewReferences(plans, nil), number: map[*plan.Plan]int{}, low: map[*plan.Plan]int{}}
	for _, p := range plans {
		s.visit(p)
	}
	for _, cycle := range s.cycles {
		slices.SortFunc(cycle, func(a, b *plan.Plan) int { return slices.Index(plans, a) - slices.Index(plans, b) })
	}
	return s.cycles
}

// cycleSearch is Tarjan's search for strongly connected components, which finds referenced ones first.
type cycleSearch struct {
	references *References
	number     map[*plan.Plan]int // in the order of visits, from 1
	low        map[*plan.Plan]int // the lowest number that can be reached
	open       []*plan.Plan
	cycles     [][]*plan.Plan
}

func (s *cycleSearch) visit(p *plan.Plan) {
	if s.number[p] > 0 {
		return
	}
	s.number[p] = len(s.number) + 1
	s.low[p] = s.number[p]
	s.open = append(s.open, p)
	p.EachReference(func(c plan.Check) {
		if to := s.references.TargetOf(p, c); to != nil {
			s.visit(to)
			if slices.Contains(s.open, to) {
				s.low[p] = min(s.low[p], s.low[to])
			}
		}
	})
	if s.low[p] < s.number[p] {
		return
	}
	at := slices.Index(s.open, p)
	s.cycles = append(s.cycles, slices.Clone(s.open[at:]))
	s.open = s.open[:at]
}
