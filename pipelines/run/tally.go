package run

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/reconcile"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// tally counts the received records of one extraction, and remembers their ids: a compressed bitmap holds CIViC's dense
// ids in a few bits each. It is not safe for concurrent use.
type tally struct {
	ids        *roaring64.Bitmap
	lost       map[int64]bool // records that the server failed to return
	unnamed    int64          // of those, the ones without a known id
	records    int64          // including duplicates
	duplicates int64
	before     int64             // totalCount of the first page; -1: no page yet
	total      int64             // the newest totalCount
	withoutID  bool              // the node type has no id: records are only counted
	gone       int64             // received records that were deleted meanwhile
	repaired   int64             // missing records that were fetched later
	proof      string            // of the records; "" if there is none
	unproven   map[int64]string  // lists nested in records that may lack nodes, by the record's id
	last       *reconcile.Result // the newest, if it was not complete
}

func newTally(p *plan.Plan) *tally {
	return &tally{ids: roaring64.New(), lost: map[int64]bool{}, unproven: map[int64]string{}, before: -1,
		withoutID: len(p.Decode.ID) == 0}
}

// addPage counts a page and returns the number of its new records.
func (l *tally) addPage(page *extract.Page) (fresh int) {
	l.records += int64(page.Nodes + len(page.Rejects))
	if l.total = int64(page.TotalCount); l.before < 0 {
		l.before = l.total
	}
	for _, id := range page.IDs {
		if l.ids.CheckedAdd(uint64(id)) {
			delete(l.lost, id)
			fresh++
		}
	}
	for _, u := range page.Unproven {
		l.unproven[u.Record] = u.What
	}
	l.duplicates += int64(len(page.IDs) - fresh)
	for _, r := range page.Rejects {
		if r.ID == 0 {
			l.unnamed++
		} else if !l.ids.Contains(uint64(r.ID)) {
			l.lost[r.ID] = true
		}
	}
	return fresh
}

// addRepaired counts a page of missing records, which is no part of the walk.
func (l *tally) addRepaired(page *extract.Page) {
	before := *l
	fresh := int64(l.addPage(page))
	l.records, l.duplicates = before.records+fresh, before.duplicates
	l.total, l.unnamed = before.total, before.unnamed
	l.repaired += fresh
}

func (l *tally) isLost(id int64) bool { return l.lost[id] }

// seen reports whether a record was counted, received or lost.
func (l *tally) seen(id int64) bool { return l.ids.Contains(uint64(id)) || l.lost[id] }

// remove subtracts records that were deleted on the server.
func (l *tally) remove(ids []int64) {
	for _, id := range ids {
		l.ids.Remove(uint64(id))
		delete(l.lost, id)
		delete(l.unproven, id)
	}
	l.gone += int64(len(ids))
}

// received is the input of a reconciliation.
func (l *tally) received() *reconcile.Received {
	r := &reconcile.Received{Unnamed: int(l.unnamed)}
	if l.withoutID {
		r.Records = int(l.records - l.unnamed)
		return r
	}
	r.IDs = make([]int64, 0, l.ids.GetCardinality())
	for it := l.ids.Iterator(); it.HasNext(); {
		r.IDs = append(r.IDs, int64(it.Next()))
	}
	r.Lost = slices.Sorted(maps.Keys(l.lost))
	return r
}

// unique is the number of distinct records, including lost ones.
func (l *tally) unique() int64 {
	if l.withoutID {
		return l.records
	}
	return int64(l.ids.GetCardinality()) + int64(len(l.lost)) + l.unnamed
}

func (l *tally) complete() bool { return l.proof != "" && len(l.unproven) == 0 }

// incomplete says what is missing.
func (l *tally) incomplete(connection string) string {
	if l.proof != "" {
		first := slices.Min(slices.Collect(maps.Keys(l.unproven)))
		return fmt.Sprintf("%s: lists nested in %d of %d records may lack nodes, such as %s",
			connection, len(l.unproven), l.unique(), l.unproven[first])
	}
	missing, gone := l.total-l.unique(), 0
	if l.last != nil {
		missing, gone = int64(l.last.Missing), len(l.last.Gone)
	}
	var differences []string
	if missing > 0 {
		differences = append(differences, fmt.Sprintf("%d are missing", missing))
	}
	if gone > 0 {
		differences = append(differences, fmt.Sprintf("%d were deleted meanwhile", gone))
	}
	if len(differences) == 0 {
		return fmt.Sprintf("%s: %d records received, and the API counts %d: the data kept changing during the run",
			connection, l.unique(), l.total)
	}
	return fmt.Sprintf("%s: %d of %d records received: %s",
		connection, l.unique(), l.total, strings.Join(differences, " and "))
}
