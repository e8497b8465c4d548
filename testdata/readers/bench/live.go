package main

import (
	_ "embed"
	"fmt"
	"path/filepath"
)

// script is what many people write instead: page after page with Python's standard
// library, one flat JSON object a line. It retries nothing and proves nothing.
//
//go:embed live.py
var script string

// live runs the pipeline against a server on loopback, as users run it: requests,
// proof of completeness, decoding, writing and publication.
func (b *bench) live(d *dataset, turns int) error {
	url, stop := serve(&server{data: d})
	defer stop()
	fmt.Printf("## From a server on loopback, %d records\n\n", d.count)
	fmt.Println("| format | | seconds | MB/s of JSON | time ÷ ours | peak MB |")
	fmt.Println("| --- | --- | --- | --- | --- | --- |")
	for _, format := range []string{"parquet", "ndjson", "tsv"} {
		contestants := b.each(func(name, binary string) contestant { return asks(name, binary, b.spec, format, url) })
		if format == "ndjson" {
			contestants = append(contestants, pages(url))
		}
		results, err := contest(b.dir, turns, contestants)
		if err != nil {
			return err
		}
		ours := median(results[0].walls)
		for _, r := range results {
			wall := median(r.walls)
			fmt.Printf("| %s | %s | %.2f | %.0f | %.2f | %s |\n", format, r.name, wall.Seconds(),
				float64(d.bytes)/1e6/wall.Seconds(), wall.Seconds()/ours.Seconds(), megabytes(median(r.peaks)))
		}
	}
	fmt.Println()
	return nil
}

// asks runs the pipeline against a server.
func asks(name, binary, spec, format, url string) contestant {
	return contestant{
		name: name,
		run: func(out string) (cost, error) {
			return measure(binary, append([]string{"run", spec, "--endpoint", url, "--out", out, "--format", format}, free...)...)
		},
		file: func(out string) string { return filepath.Join(out, "evidence."+format) },
	}
}

// pages runs the Python script against a server.
func pages(url string) contestant {
	return contestant{
		name: "a script in Python",
		run:  func(out string) (cost, error) { return measure("python3", "-c", script, url, out) },
		file: func(out string) string { return out },
	}
}
