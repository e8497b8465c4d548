package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// contestant is one way to make the same file.
type contestant struct {
	name string
	run  func(out string) (cost, error)
	file func(out string) string // what it wrote
}

// result is a contestant's runs.
type result struct {
	name  string
	walls []time.Duration
	peaks []int64
	bytes int64 // of the file
}

// contest lets the contestants run in turns, so that what the machine does
// meanwhile hits all alike; each turn begins with another one, so that none always
// meets the memory that the same other has just given back. One turn more than counted
// warms the caches.
func contest(dir string, turns int, contestants []contestant) ([]result, error) {
	results := make([]result, len(contestants))
	for turn := range turns + 1 {
		for place := range contestants {
			i := (place + turn) % len(contestants)
			c := contestants[i]
			out := filepath.Join(dir, fmt.Sprintf("out-%d", i))
			if err := os.RemoveAll(out); err != nil {
				return nil, err
			}
			cost, err := c.run(out)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			info, err := os.Stat(c.file(out))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			results[i].name, results[i].bytes = c.name, info.Size()
			if turn > 0 {
				results[i].walls = append(results[i].walls, cost.wall)
				results[i].peaks = append(results[i].peaks, cost.peak)
			}
			if err := os.RemoveAll(out); err != nil {
				return nil, err
			}
		}
	}
	return results, nil
}

// bench holds what the contests share.
type bench struct {
	dir    string // temporary
	binary string // civic-etl
	self   string // this program, for DuckDB in a process of its own
	spec   string
	former string // a civic-etl built earlier, to compare with; may be empty
}

// each makes a contestant of civic-etl and one of the former build, if there is one.
func (b *bench) each(contestantOf func(name, binary string) contestant) []contestant {
	contestants := []contestant{contestantOf("civic-etl", b.binary)}
	if b.former != "" {
		contestants = append(contestants, contestantOf("civic-etl, former build", b.former))
	}
	return contestants
}

// replays runs the pipeline over recorded answers.
func (b *bench) replays(name, binary, format, answers string) contestant {
	return contestant{
		name: name,
		run: func(out string) (cost, error) {
			return measure(binary, "run", b.spec, "--replay", answers, "--out", out, "--format", format, "--progress", "none")
		},
		file: func(out string) string { return filepath.Join(out, "evidence."+format) },
	}
}

// duck flattens the records or the pages with DuckDB.
func (b *bench) duck(name, format, from string) contestant {
	return contestant{
		name: name,
		run: func(out string) (cost, error) {
			return measure(b.self, "-duck", format, "-from", from, "-to", out)
		},
		file: func(out string) string { return out },
	}
}
