package reconcile

import (
	"context"
	"slices"

	"github.com/civic-etl/civic-etl/extract"
)

// Bounds of the search for missing records.
const (
	maxRanges    = 10      // ranges of ids counted at a time
	maxTop       = 100_000 // highest id up to which ranges are counted; above it rereading is cheaper
	beyondIDs    = 1000    // ids in a range above the highest received one
	beyondRounds = 2       // rounds of such ranges
)

// idRange is the ids from lo to hi.
type idRange struct{ lo, hi int64 }

func (r idRange) ids() []int64 {
	return extract.Window{Offset: int(r.lo - 1), Size: int(r.hi - r.lo + 1)}.IDList()
}

// split gives the parts of a range, none larger than a tenth of it.
func (r idRange) split() []idRange {
	width := max((r.hi-r.lo+maxRanges)/maxRanges, 1)
	var parts []idRange
	for lo := r.lo; lo <= r.hi; lo += width {
		parts = append(parts, idRange{lo, min(lo+width-1, r.hi)})
	}
	return parts
}

// count counts the ids, which are sorted, in the range.
func (r idRange) count(ids []int64) int {
	from, _ := slices.BinarySearch(ids, r.lo)
	to, _ := slices.BinarySearch(ids, r.hi+1)
	return to - from
}

// locateMissing finds windows of ids that contain missing records: ranges with more
// records than were received from them, split ever smaller.
func (r *reconciler) locateMissing(ctx context.Context, c *Result) (list []extract.Window, found int, err error) {
	ids := without(r.received.IDs, c.Gone)
	ids = append(ids, without(r.received.Lost, c.Gone)...)
	slices.Sort(ids)
	top := int64(1)
	if len(ids) > 0 {
		top = ids[len(ids)-1]
	}
	if top > maxTop || r.query.HasArg("ids") {
		return nil, 0, nil
	}
	search := &rangeSearch{reconciler: r, ids: ids}
	if err := search.descend(ctx, idRange{1, top}.split()); err != nil {
		return nil, 0, err
	}
	for round := int64(0); round < beyondRounds && search.found < c.Missing; round++ {
		from := top + 1 + round*maxRanges*beyondIDs
		if err := search.descend(ctx, idRange{from, from + maxRanges*beyondIDs - 1}.split()); err != nil {
			return nil, 0, err
		}
	}
	return search.windows, search.found, nil
}

// rangeSearch looks for records outside ids.
type rangeSearch struct {
	*reconciler
	ids     []int64 // sorted
	windows []extract.Window
	found   int
}

// descend counts the records of some ranges, and splits those with missing records until
// these fit into a page.
func (x *rangeSearch) descend(ctx context.Context, ranges []idRange) error {
	most := x.query.Rows()
	for len(ranges) > 0 {
		var queries []extract.CountQuery
		for _, part := range ranges {
			queries = append(queries, extract.CountQuery{IDs: part.ids()})
		}
		results, err := x.source.Count(ctx, queries, x.workers)
		if err != nil {
			return err
		}
		var deeper []idRange
		for i, part := range ranges {
			missing, width := results[i].Total-part.count(x.ids), int(part.hi-part.lo+1)
			switch {
			case missing <= 0:
			case width > most && (results[i].Total > most || width > extract.MaxWidth):
				deeper = append(deeper, part.split()...)
			default:
				x.found += missing
				x.windows = append(x.windows, extract.Window{Offset: int(part.lo - 1), Size: width, IDs: true})
			}
		}
		ranges = deeper
	}
	return nil
}
