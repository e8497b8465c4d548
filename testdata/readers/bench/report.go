package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// replay runs the pipeline over recorded pages, against DuckDB.
func (b *bench) replay(d *dataset, turns int) error {
	fmt.Printf("## %d records in %d pages, %s MB of JSON\n\n", d.count, (d.count+pageSize-1)/pageSize, megabytes(d.bytes))
	fmt.Printf("%s, %d CPUs, %s. Medians of %d interleaved runs; processes timed from start to exit.\n\n",
		machine(), runtime.NumCPU(), runtime.Version(), turns)
	fmt.Println("| format | | seconds | MB/s of JSON | time ÷ ours | file MB | peak MB |")
	fmt.Println("| --- | --- | --- | --- | --- | --- | --- |")
	for _, format := range []string{"parquet", "ndjson", "tsv"} {
		ours := b.each(func(name, binary string) contestant { return b.replays(name, binary, format, d.answers) })
		results, err := contest(b.dir, turns, append(ours,
			b.duck("DuckDB, unwrapped records", format, fromRecords(d.records)),
			b.duck("DuckDB, pages", format, fromPages(d.pages)),
		))
		if err != nil {
			return err
		}
		best := median(results[0].walls)
		for _, r := range results {
			wall := median(r.walls)
			fmt.Printf("| %s | %s | %.2f | %.0f | %.2f | %s | %s |\n", format, r.name, wall.Seconds(),
				float64(d.bytes)/1e6/wall.Seconds(), wall.Seconds()/best.Seconds(), megabytes(r.bytes), megabytes(median(r.peaks)))
		}
	}
	fmt.Println()
	return nil
}

// memory is target 2: the same peak however many records.
func (b *bench) memory(sets []*dataset) error {
	fmt.Print("## Peak memory by number of records\n\n| format |")
	for _, d := range sets {
		fmt.Printf(" %d |", d.count)
	}
	fmt.Println("\n| --- |" + strings.Repeat(" --- |", len(sets)))
	for _, format := range []string{"parquet", "ndjson", "tsv"} {
		fmt.Printf("| %s |", format)
		for _, d := range sets {
			results, err := contest(b.dir, 3, []contestant{b.replays("civic-etl", b.binary, format, d.answers)})
			if err != nil {
				return err
			}
			fmt.Printf(" %s MB |", megabytes(median(results[0].peaks)))
		}
		fmt.Println()
	}
	fmt.Println()
	return nil
}

// latency is targets 3 and 5: what a run from a server takes where waiting is
// most of it, what the rate limit costs, and how soon anything happens.
func (b *bench) latency(turns int, d *dataset) error {
	evidence, err := b.dataset("accepted", min(4842, d.count))
	if err != nil {
		return err
	}
	fmt.Print("## Waiting\n\n| | measured | target |\n| --- | --- | --- |\n")
	if err := b.slowServer(turns, evidence); err != nil {
		return err
	}
	if err := b.rateLimit(evidence); err != nil {
		return err
	}
	if err := b.startUp(2*turns, evidence); err != nil {
		return err
	}
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	fmt.Printf("| size of the binary, symbols included | %s MB | under 60 MB |\n", megabytes(info.Size()))
	return nil
}

func (b *bench) slowServer(turns int, d *dataset) error {
	const latency = 300 * time.Millisecond
	pages := (d.count + pageSize - 1) / pageSize
	for _, concurrency := range []int{1, 4, 8} {
		var walls []time.Duration
		for range min(turns, 3) {
			wall, _, err := b.ask(&server{data: d, latency: latency}, append(free, "--concurrency", fmt.Sprint(concurrency))...)
			if err != nil {
				return err
			}
			walls = append(walls, wall)
		}
		floor := time.Duration((pages+concurrency-1)/concurrency) * latency
		fmt.Printf("| %d pages, %v latency, concurrency %d | %.2f s | at most %.2f s (the waiting alone is %.2f s) |\n",
			pages, latency, concurrency, median(walls).Seconds(), 1.15*floor.Seconds(), floor.Seconds())
	}
	return nil
}

func (b *bench) rateLimit(d *dataset) error {
	const requests, per = 10, time.Second
	wall, arrivals, err := b.ask(&server{data: d}, "--set", fmt.Sprintf("source.rate_limit.requests=%d", requests),
		"--set", "source.rate_limit.per="+per.String(), "--progress", "none")
	if err != nil {
		return err
	}
	floor := time.Duration((len(arrivals)-1)/requests) * per
	fmt.Printf("| %d requests at %d per %v | %.2f s, of them %.2f s from the first to the last; never more than %d in %v | %.2f s by the limit alone |\n",
		len(arrivals), requests, per, wall.Seconds(), arrivals[len(arrivals)-1].Sub(arrivals[0]).Seconds(), busiest(arrivals, per), per, floor.Seconds())
	return nil
}

func (b *bench) startUp(turns int, d *dataset) error {
	var first, validate []time.Duration
	for range turns {
		start := time.Now()
		_, arrivals, err := b.ask(&server{data: d}, free...)
		if err != nil {
			return err
		}
		first = append(first, arrivals[0].Sub(start))
		cost, err := measure(b.binary, "validate", filepath.Join(b.spec, "..", "..", "..", "..", "pipelines"))
		if err != nil {
			return err
		}
		validate = append(validate, cost.wall)
	}
	fmt.Printf("| start to first request | %d ms | under 50 ms |\n", median(first).Milliseconds())
	fmt.Printf("| `validate` on all shipped specs | %d ms | under 200 ms |\n", median(validate).Milliseconds())
	return nil
}

// ask runs the spec against a server into Parquet and gives when the requests
// came.
func (b *bench) ask(s *server, flags ...string) (time.Duration, []time.Time, error) {
	listening := httptest.NewServer(s)
	defer listening.Close()
	out := filepath.Join(b.dir, "asked")
	defer func() { _ = os.RemoveAll(out) }()
	args := append([]string{"run", b.spec, "--endpoint", listening.URL + "/api/graphql", "--out", out}, flags...)
	cost, err := measure(b.binary, args...)
	return cost.wall, s.reset(), err
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1e6) }

// machine is the processor's name.
func machine() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(info)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t: "))
		}
	}
	return runtime.GOARCH
}
