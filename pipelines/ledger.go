package pipelines

import (
	"fmt"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/transform"
)

// ledger remembers which records of one extraction have arrived: the proof of
// completeness is its size against the API's totalCount. A compressed bitmap
// holds CIViC's dense ids in a few bits each. It is not safe for concurrent
// use: the goroutine that decodes owns it.
type ledger struct {
	ids        *roaring64.Bitmap
	records    int64 // seen, duplicates included
	duplicates int64
	total      int64 // the newest totalCount
	withoutID  bool  // the node type has no id: records are counted only
}

func newLedger() *ledger { return &ledger{ids: roaring64.New()} }

func (l *ledger) known(id int64) bool { return l.ids.Contains(uint64(id)) }

// page books one decoded page.
func (l *ledger) page(result transform.Result, page *extract.Page) {
	l.records += int64(result.Records)
	l.duplicates += int64(result.Duplicates)
	l.total = int64(result.TotalCount)
	if page.TotalCount > 0 { // asked by ids, an answer's own count is that of the ids
		l.total = int64(page.TotalCount)
	}
	for _, id := range result.IDs {
		l.ids.Add(uint64(id))
	}
}

// unique is the number of distinct records.
func (l *ledger) unique() int64 {
	if l.withoutID {
		return l.records
	}
	return int64(l.ids.GetCardinality())
}

func (l *ledger) missing() int64 { return l.total - l.unique() }

func (l *ledger) complete() bool { return l.missing() == 0 }

// IncompleteError says that fewer or more records arrived than the API counts.
type IncompleteError struct {
	Connection    string
	Unique, Total int64
}

func (e *IncompleteError) Error() string {
	if e.Unique > e.Total {
		return fmt.Sprintf("%s: %d distinct records arrived but the API counts %d: the data changed during the run; run again, or publish what arrived with --allow-incomplete",
			e.Connection, e.Unique, e.Total)
	}
	return fmt.Sprintf("%s: %d of %d records arrived, %d are missing; run again, or publish what arrived with --allow-incomplete",
		e.Connection, e.Unique, e.Total, e.Total-e.Unique)
}
