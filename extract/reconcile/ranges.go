package reconcile

import (
	"context"
	"slices"

	"github.com/civic-etl/civic-etl/extract"
)

// Bounds of the search for missing records.
const (
	maxRanges    = 10      // parts of a range
	maxTop       = 100_000 // highest id up to which ranges are counted; above it rereading is cheaper
	beyondIDs    = 10_000  // ids in a range above the highest received one
	beyondRounds = 2       // such ranges
)

func split(w extract.Window) []extract.Window {
	width := (w.Size + maxRanges - 1) / maxRanges
	var parts []extract.Window
	for from := 0; from < w.Size; from += width {
		parts = append(parts, extract.Window{Offset: w.Offset + from, Size: min(width, w.Size-from), IDs: true})
	}
	return parts
}

// count counts the ids, which are sorted, in a range.
func count(ids []int64, w extract.Window) int {
	from, _ := slices.BinarySearch(ids, int64(w.Offset+1))
	to, _ := slices.BinarySearch(ids, int64(w.Offset+w.Size+1))
	return to - from
}

// locateMissing finds windows of ids with missing records: it counts the records of ranges, and splits
// those with more records than were received.
func (r *reconciler) locateMissing(ctx context.Context, c *Result) (list []extract.Window, found int, err error) {
	ids := without(slices.Concat(r.received.IDs, r.received.Lost), c.Gone)
	slices.Sort(ids)
	top := int64(1)
	if len(ids) > 0 {
		top = ids[len(ids)-1]
	}
	if top > maxTop || r.query.HasArg("ids") {
		return nil, 0, nil
	}
	search := &rangeSearch{reconciler: r, ids: ids}
	next := extract.Window{Size: int(top), IDs: true}
	for round := 0; round == 0 || round <= beyondRounds && search.found < c.Missing; round++ {
		if err := search.descend(ctx, split(next)); err != nil {
			return nil, 0, err
		}
		next = extract.Window{Offset: next.Offset + next.Size, Size: beyondIDs, IDs: true}
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

// descend counts the records of ranges, and splits those with missing records until they fit into a page.
func (x *rangeSearch) descend(ctx context.Context, ranges []extract.Window) error {
	most := x.query.Rows()
	for len(ranges) > 0 {
		var queries []extract.CountQuery
		for _, w := range ranges {
			queries = append(queries, extract.CountQuery{IDs: w.IDList()})
		}
		results, err := x.source.Count(ctx, queries, x.workers)
		if err != nil {
			return err
		}
		var deeper []extract.Window
		for i, w := range ranges {
			missing := results[i].Total - count(x.ids, w)
			switch {
			case missing <= 0:
			case w.Size > most && (results[i].Total > most || w.Size > extract.MaxWidth):
				deeper = append(deeper, split(w)...)
			default:
				x.found += missing
				x.windows = append(x.windows, w)
			}
		}
		ranges = deeper
	}
	return nil
}
