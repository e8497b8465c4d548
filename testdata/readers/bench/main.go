// Command bench compares civic-etl with DuckDB over the same generated evidence
// and prints the tables of docs/performance.md: `make bench` at the root.
//
// Both flatten the same records into the same thirty columns with the same
// codec and level, each in a process of its own, in turns; the figures are
// medians. DuckDB reads the records twice: unwrapped, one a line, which spares
// it the envelope civic-etl has to take off, and as the pages they come in.
// Both sync what they wrote. civic-etl's time includes what DuckDB's does not:
// hashing, reading back and comparing what it wrote. Nothing is tuned per contestant.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	if err := mainErr(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func mainErr() error {
	records := flag.Int("records", 200_000, "records to generate")
	turns := flag.Int("runs", 6, "counted runs of each contestant")
	big := flag.Int("big", 0, "measure memory over `N` records too; the target speaks of 2000000")
	dir := flag.String("dir", "", "keep the generated data in `DIR`, or find it there (default: a temporary folder)")
	former := flag.String("former", "", "another civic-etl `BINARY` to run beside this one, such as a build of the last release")
	format := flag.String("duck", "", "internal: flatten into this format with DuckDB")
	from := flag.String("from", "", "internal: with -duck, what to read")
	to := flag.String("to", "", "internal: with -duck, the file to write")
	flag.Parse()
	if *format != "" {
		return duck(*format, *from, *to)
	}
	return compare(*records, *turns, *big, *dir, *former)
}

func compare(records, turns, big int, dir, former string) error {
	b, cleanUp, err := prepare(dir)
	if err != nil {
		return err
	}
	defer cleanUp()
	b.former = former
	fmt.Fprintf(os.Stderr, "generating %d records in %s\n", records, b.dir)
	full, err := b.dataset("full", records)
	if err != nil {
		return err
	}
	small, err := b.dataset("small", min(10_000, records))
	if err != nil {
		return err
	}
	if err := b.replay(full, turns); err != nil {
		return err
	}
	if err := b.live(full, turns); err != nil {
		return err
	}
	sets := []*dataset{small, full}
	if big > 0 {
		large, err := b.dataset("big", big)
		if err != nil {
			return err
		}
		sets = append(sets, large)
	}
	if err := b.memory(sets); err != nil {
		return err
	}
	return b.latency(turns, small)
}

// prepare builds the binary and finds a folder for the data.
func prepare(dir string) (*bench, func(), error) {
	root, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return nil, nil, fmt.Errorf("find the repository: %w", err)
	}
	top := string(root[:len(root)-1])
	cleanUp := func() {}
	if dir == "" {
		if dir, err = os.MkdirTemp("", "civic-etl-bench-"); err != nil {
			return nil, nil, err
		}
		cleanUp = func() { _ = os.RemoveAll(dir) }
	}
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	b := &bench{
		dir: dir, self: self,
		binary: filepath.Join(dir, "civic-etl"),
		spec:   filepath.Join(top, "testdata", "readers", "bench", "evidence.yaml"),
	}
	build := exec.Command("go", "build", "-o", b.binary, "./cmd/civic-etl")
	build.Dir = top
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		cleanUp()
		return nil, nil, fmt.Errorf("build civic-etl: %w\n%s", err, out)
	}
	return b, cleanUp, nil
}
