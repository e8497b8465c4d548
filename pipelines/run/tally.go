package run

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/reconcile"
	"github.com/civic-etl/civic-etl/transform"
)

// tally remembers which records of one extraction have arrived, and how it was
// proven that they are all there are. A compressed bitmap holds CIViC's dense
// ids in a few bits each. It is not safe for concurrent use: one goroutine at a
// time owns it.
type tally struct {
	ids        *roaring64.Bitmap
	lost       map[int64]bool // records the server could not give
	unnamed    int64          // of those, the ones whose id is not known
	records    int64          // seen, duplicates included
	duplicates int64
	before     int64 // totalCount as the first page said it; -1 if there was none
	total      int64 // the newest totalCount
	withoutID  bool  // the node type has no id: records are counted only
	gone       int64 // arrived, and were removed while the rest was read
	repaired   int64 // found missing, and asked for once more
	proof      string
	last       *reconcile.Result // the newest, if it was not complete
}

func newTally() *tally {
	return &tally{ids: roaring64.New(), lost: map[int64]bool{}, before: -1}
}

// addPage books a page and gives the number of its records not seen before.
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

// addRepaired books a page of what was missing; it was not a part of the walk.
func (l *tally) addRepaired(page *extract.Page) {
	records, duplicates, total, unnamed := l.records, l.duplicates, l.total, l.unnamed
	fresh := int64(l.addPage(page))
	l.records, l.duplicates, l.total, l.unnamed = records+fresh, duplicates, total, unnamed
	l.repaired += fresh
}

// reset forgets what arrived, to begin anew.
func (l *tally) reset() {
	kept := *l
	*l = *newTally()
	l.withoutID = kept.withoutID
}

// isLost says whether the server could not give a record.
func (l *tally) isLost(id int64) bool { return l.lost[id] }

// seen says whether a record has been booked, as arrived or as lost.
func (l *tally) seen(id int64) bool { return l.ids.Contains(uint64(id)) || l.lost[id] }

// remove takes records back that the server has no more.
func (l *tally) remove(ids []int64) {
	for _, id := range ids {
		l.ids.Remove(uint64(id))
		delete(l.lost, id)
	}
	l.gone += int64(len(ids))
}

// markProven books that a census found what arrived to be what there is.
func (l *tally) markProven(c *reconcile.Result) {
	l.proof, l.last, l.unnamed = c.By, nil, int64(c.Unnamed)
}

// arrived is what to ask the server about.
func (l *tally) arrived() *reconcile.Received {
	a := &reconcile.Received{Unnamed: int(l.unnamed)}
	if l.withoutID {
		a.Records = int(l.records - l.unnamed)
		return a
	}
	a.IDs = make([]int64, 0, l.ids.GetCardinality())
	for it := l.ids.Iterator(); it.HasNext(); {
		a.IDs = append(a.IDs, int64(it.Next()))
	}
	a.Lost = slices.Sorted(maps.Keys(l.lost))
	return a
}

// addReplayed books a page of a recording, once it is decoded.
func (l *tally) addReplayed(result transform.Result, page *extract.Page) {
	l.records += int64(result.Records + len(page.Rejects))
	l.duplicates += int64(result.Duplicates)
	l.total, l.before = int64(page.TotalCount), int64(page.TotalCount)
	for _, id := range result.IDs {
		l.ids.Add(uint64(id))
	}
	l.unnamed += int64(len(page.Rejects))
}

// unique is the number of distinct records, those that the server could not give
// included.
func (l *tally) unique() int64 {
	if l.withoutID {
		return l.records
	}
	return int64(l.ids.GetCardinality()) + int64(len(l.lost)) + l.unnamed
}

// incomplete words what the newest census lacks.
func (l *tally) incomplete(connection string) *IncompleteError {
	e := &IncompleteError{Connection: connection, Unique: l.unique(), Total: l.total, Missing: l.total - l.unique()}
	if l.last != nil {
		e.Missing, e.Gone = int64(l.last.Missing), int64(len(l.last.Gone))
	}
	return e
}

func (l *tally) complete() bool { return l.proof != "" }

// IncompleteError says that what arrived could not be shown to be what there is.
type IncompleteError struct {
	Connection    string
	Unique, Total int64
	Gone, Missing int64 // as the last census has it
}

func (e *IncompleteError) Error() string {
	const next = "run again, or publish what arrived with --allow-incomplete"
	var what []string
	if e.Missing > 0 {
		what = append(what, fmt.Sprintf("%d are missing", e.Missing))
	}
	if e.Gone > 0 {
		what = append(what, fmt.Sprintf("%d arrived that are gone", e.Gone))
	}
	if len(what) == 0 {
		return fmt.Sprintf("%s: %d records arrived and the API counts %d: the data kept changing during the run; %s", e.Connection, e.Unique, e.Total, next)
	}
	return fmt.Sprintf("%s: %d of %d records arrived, %s; %s", e.Connection, e.Unique, e.Total, strings.Join(what, " and "), next)
}
