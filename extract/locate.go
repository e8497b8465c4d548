package extract

import (
	"context"
	"slices"
)

// Bounds of the search for records that did not come.
const (
	rangesMost = 10      // ranges of ids counted at a time
	topMost    = 100_000 // highest id up to which ranges are counted; beyond it a sweep is cheaper
	beyondIDs  = 1000    // ids in a range above the highest that came
	beyondMost = 2       // rounds of such ranges
)

// idRange is the ids from lo to hi.
type idRange struct{ lo, hi int64 }

func (r idRange) ids() []int64 {
	return Window{Offset: int(r.lo - 1), Size: int(r.hi - r.lo + 1)}.ids()
}

// cut gives the parts of a range, none larger than a tenth of it.
func (r idRange) cut() []idRange {
	width := max((r.hi-r.lo+rangesMost)/rangesMost, 1)
	var parts []idRange
	for lo := r.lo; lo <= r.hi; lo += width {
		parts = append(parts, idRange{lo, min(lo+width-1, r.hi)})
	}
	return parts
}

// known counts the ids, which are in order, that lie in the range.
func (r idRange) known(ids []int64) int {
	from, _ := slices.BinarySearch(ids, r.lo)
	to, _ := slices.BinarySearch(ids, r.hi+1)
	return to - from
}

// locate finds windows of ids that hold the records that did not come: ranges
// with more records than came from them, cut ever smaller.
func (s *Source) locate(ctx context.Context, a *Arrived, c *Census, workers int) (list []Window, found int, err error) {
	ids := without(a.IDs, c.Gone)
	ids = append(ids, without(a.Lost, c.Gone)...)
	slices.Sort(ids)
	top := int64(1)
	if len(ids) > 0 {
		top = ids[len(ids)-1]
	}
	if top > topMost || parseArgs(s.query.Args).ForName("ids") != nil {
		return nil, 0, nil
	}
	search := &search{source: s, ids: ids, workers: workers}
	if err := search.down(ctx, idRange{1, top}.cut()); err != nil {
		return nil, 0, err
	}
	for round := int64(0); round < beyondMost && search.found < c.Lacking; round++ {
		from := top + 1 + round*rangesMost*beyondIDs
		if err := search.down(ctx, idRange{from, from + rangesMost*beyondIDs - 1}.cut()); err != nil {
			return nil, 0, err
		}
	}
	return search.windows, search.found, nil
}

type search struct {
	source  *Source
	ids     []int64
	workers int
	windows []Window
	found   int
}

func (x *search) down(ctx context.Context, ranges []idRange) error {
	most := x.source.query.size()
	for len(ranges) > 0 {
		var questions []question
		for _, r := range ranges {
			questions = append(questions, question{ids: r.ids()})
		}
		replies, err := x.source.askAll(ctx, questions, x.workers)
		if err != nil {
			return err
		}
		var deeper []idRange
		for i, r := range ranges {
			lacking, width := replies[i].total-r.known(x.ids), int(r.hi-r.lo+1)
			switch {
			case lacking <= 0:
			case width > most && (replies[i].total > most || width > widest):
				deeper = append(deeper, r.cut()...)
			default:
				x.found += lacking
				x.windows = append(x.windows, Window{Offset: int(r.lo - 1), Size: width, IDs: true})
			}
		}
		ranges = deeper
	}
	return nil
}
