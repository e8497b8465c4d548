package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
)

// answerTime is the assumed time of an answer.
const answerTime = 300 * time.Millisecond

// Cost is the effort of extracting a number of records.
type Cost struct {
	records  int
	Requests int
	Time     time.Duration
}

// CostOf estimates a run over a number of records: full pages and the proof, the spec's concurrency, and the
// sliding window of the rate limit.
func CostOf(p *Plan, records int) Cost {
	source := p.Spec.Source
	pages, proof := max(quotient(records, max(p.Query.PageSize, 1)), 1), proofRequests(p, records)
	requests := pages + proof
	rounds := quotient(pages, source.Concurrency) + quotient(proof, source.Concurrency)
	asking := time.Duration(rounds) * answerTime
	waiting := time.Duration((requests-1)/source.Requests) * source.Per
	return Cost{records: records, Requests: requests, Time: max(asking, waiting+answerTime)}
}

// quotient divides, rounded up.
func quotient(n, by int) int { return (n + by - 1) / by }

// proofRequests is the number of requests that prove completeness: one for 10,000 records that the API counts
// by their ids, or one for the ids of fourteen pages, read again.
func proofRequests(p *Plan, records int) int {
	in := 14 * p.Connection.MaxPage
	if p.Connection.IDs {
		in = 10_000
	}
	return max(quotient(records, in), 1)
}

// costsOf estimates runs of typical sizes.
func costsOf(p *Plan) []Cost {
	return []Cost{CostOf(p, 1000), CostOf(p, 10_000), CostOf(p, 100_000)}
}

// costText explains the number of requests, with estimates.
func costText(p *Plan) []string {
	formula := fmt.Sprintf("one for each %d records, and the proof", p.Query.PageSize)
	if p.Query.Paging == extract.IDs {
		formula = fmt.Sprintf("at least one for each %d records, as ranges of ids are not always full, and the proof",
			p.Query.PageSize)
	}
	if nested := nestedConnections(p.Query.Selection.Fields, ""); len(nested) > 0 {
		formula += fmt.Sprintf("; more where a record has over 100 %s", strings.Join(nested, " or "))
	}
	lines := []string{formula}
	for _, c := range costsOf(p) {
		lines = append(lines, fmt.Sprintf("%s records: %s requests, about %s",
			humanize.Comma(int64(c.records)), humanize.Comma(int64(c.Requests)), Estimate(c.Time)))
	}
	source := p.Spec.Source
	return append(lines, fmt.Sprintf("if an answer takes %s, %d at a time, at most %s requests in any %s",
		answerTime, source.Concurrency, humanize.Comma(int64(source.Requests)), wording.ShortDuration(source.Per)))
}

// Estimate is a duration, rounded for people.
func Estimate(t time.Duration) string {
	if t < 10*time.Second {
		return t.Round(100 * time.Millisecond).String()
	}
	return wording.ShortDuration(t.Round(time.Second))
}

// nestedConnections lists the connections inside a record, whose pages are read to the end.
func nestedConnections(fields []*schemas.Field, prefix string) []string {
	var names []string
	for _, f := range fields {
		if f.Connection {
			names = append(names, prefix+f.Name)
		}
		names = append(names, nestedConnections(f.Fields, prefix+f.Name+".")...)
	}
	return names
}
