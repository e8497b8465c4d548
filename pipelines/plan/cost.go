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

// answerTime is how long an answer takes, assumed where nobody was asked.
const answerTime = 300 * time.Millisecond

// cost is what extracting a number of records takes.
type cost struct {
	records  int
	Requests int
	Time     time.Duration
}

// CostOf estimates a run over so many records: full pages and the proof, as many
// requests at a time as the spec allows, and the sliding window of the rate
// limit.
func CostOf(p *Plan, records int) cost {
	size, source := max(p.Query.PageSize, 1), p.Spec.Source
	c := cost{records: records, Requests: max((records+size-1)/size, 1)}
	proof := proofRequests(p, records)
	rounds := (c.Requests+source.Concurrency-1)/source.Concurrency + (proof+source.Concurrency-1)/source.Concurrency
	c.Requests += proof
	asking := time.Duration(rounds) * answerTime
	waiting := time.Duration((c.Requests-1)/source.Requests) * source.Per
	c.Time = max(asking, waiting+answerTime)
	return c
}

// proofRequests is how many requests show that nothing is missing: ten thousand
// records are counted by their ids in one, the ids of fourteen pages read in one.
func proofRequests(p *Plan, records int) int {
	in := 14 * p.Connection.MaxPage
	if p.Connection.IDs {
		in = 10_000
	}
	return max((records+in-1)/in, 1)
}

// costsOf are for sizes that CIViC's connections have.
func costsOf(p *Plan) []cost {
	return []cost{CostOf(p, 1000), CostOf(p, 10_000), CostOf(p, 100_000)}
}

// costText says how the number of requests comes about, and what it is for some sizes.
func costText(p *Plan) []string {
	size := p.Query.PageSize
	formula := fmt.Sprintf("one for each %d records, and the proof", size)
	if p.Query.Paging == extract.IDs {
		formula = fmt.Sprintf("one for each %d records or some more, as ranges of ids cannot all be full, and the proof", size)
	}
	if nested := nestedConnections(p); len(nested) > 0 {
		formula += fmt.Sprintf("; further ones where %s of a record go beyond 100", strings.Join(nested, " or "))
	}
	lines := []string{formula}
	for _, c := range costsOf(p) {
		lines = append(lines, fmt.Sprintf("%s records: %s requests, about %s", humanize.Comma(int64(c.records)),
			humanize.Comma(int64(c.Requests)), Estimate(c.Time)))
	}
	source := p.Spec.Source
	return append(lines, fmt.Sprintf("if an answer takes %s, %d at a time, at most %s requests in any %s",
		answerTime, source.Concurrency, humanize.Comma(int64(source.Requests)), wording.ShortDuration(source.Per)))
}

func Estimate(t time.Duration) string {
	if t < 10*time.Second {
		return t.Round(100 * time.Millisecond).String()
	}
	return wording.ShortDuration(t.Round(time.Second))
}

// nestedConnections names the connections inside a record, whose pages are read to the end.
func nestedConnections(p *Plan) []string {
	var names []string
	var walk func(fields []*schemas.Field, prefix string)
	walk = func(fields []*schemas.Field, prefix string) {
		for _, f := range fields {
			if f.Connection {
				names = append(names, prefix+f.Name)
			}
			walk(f.Fields, prefix+f.Name+".")
		}
	}
	walk(p.Query.Selection.Fields, "")
	return names
}
