package load

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/internal/publish"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// TestPowerCut cuts the power before each operation of a publication, and after
// the last. The target is then the former output or the new one, whole, and once Publish
// has returned it is the new one.
func TestPowerCut(t *testing.T) {
	for _, way := range publications {
		t.Run(way.name, func(t *testing.T) {
			p := newPower(t, way)
			for gen := range 3 {
				if err := p.publish(gen); err != nil {
					t.Error(err)
				}
			}
			t.Logf("%d power cuts", p.cuts)
		})
	}
}

// TestPowerCutAfterKill: the same while a run clears away what a killed one
// left, whenever that was killed.
func TestPowerCutAfterKill(t *testing.T) {
	for _, way := range publications {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			const last = 14 // operations: from the last names given to the end
			dry := newPower(t, way)
			counted := &faultFS{FS: dry.job.fs}
			if err := dry.publish(0); err != nil {
				t.Fatal(err)
			}
			dry.job.fs = counted
			if err := dry.publish(1); err != nil {
				t.Fatal(err)
			}
			total, cuts := counted.count, 0
			for n := total - last; n < total; n += step(3) {
				p := newPower(t, way)
				p.fs.observe = func(string) {}
				if err := p.publish(0); err != nil {
					t.Fatal(err)
				}
				p.fs.observe = p.cut
				if err := errors.Join(p.kill(1, n), p.publish(2)); err != nil {
					t.Fatalf("killed at operation %d of %d: %v", n, total, err)
				}
				cuts += p.cuts
			}
			t.Logf("%d power cuts", cuts)
		})
	}
}

// TestPowerCutControl: publishers that leave out a sync are found out.
func TestPowerCutControl(t *testing.T) {
	for what, skip := range map[string]func(string) bool{
		"of a file":            func(name string) bool { return strings.HasSuffix(name, "plain.parquet.part") },
		"of the manifest":      func(name string) bool { return strings.Contains(name, manifest.Name) },
		"of the output folder": func(name string) bool { return filepath.Base(name) == publish.OutputName },
		"of a partition":       func(name string) bool { return strings.HasSuffix(name, "text=text") },
		"of the parent":        func(name string) bool { return filepath.Base(name) == "data" },
	} {
		for _, way := range publications {
			p := newPower(t, way)
			p.fs.skip = skip
			if errors.Join(p.publish(0), p.publish(1)) == nil {
				t.Errorf("%s: a missing sync %s goes unnoticed", way.name, what)
			}
		}
	}
}

// publications are the ways an output can become the target.
var publications = []way{{"beside the target", false, false}, {"moved aside", true, false}, {"as a symlink", false, true}}

type way struct {
	name         string
	aside, links bool
}

// withoutExchange is a file system that cannot exchange folders.
type withoutExchange struct{ disk.FS }

func (withoutExchange) Place(string, string) error    { return errors.ErrUnsupported }
func (withoutExchange) Exchange(string, string) error { return errors.ErrUnsupported }

// power publishes to a disk whose power may go at any time.
type power struct {
	fs      *powerFS
	job     smallJob
	random  *rand.Rand
	found   map[string]string // what a power cut leaves, and when first
	allowed map[string]bool
	cuts    int
}

func newPower(t *testing.T, way way) *power {
	root := fastDir(t)
	f := newPowerFS(root)
	p := &power{fs: f, random: rand.New(rand.NewPCG(1, 2)), found: map[string]string{}, allowed: map[string]bool{"nothing": true}}
	p.job = smallJob{dir: filepath.Join(root, "data", "out"), fs: f}
	if way.aside {
		p.job.aside = filepath.Join(root, "aside")
		if err := f.Mkdir(p.job.aside); err != nil {
			t.Fatal(err)
		}
	}
	if way.links {
		p.job.fs = withoutExchange{f}
	}
	f.observe = p.cut
	return p
}

// cut looks at what the power would leave now.
func (p *power) cut(when string) {
	for _, luck := range chances(p.random) {
		p.cuts++
		if left := p.fs.afterPowerCut(p.job.dir, luck); p.found[left] == "" {
			p.found[left] = when
		}
	}
}

// publish runs generation gen to its end. Until then the power may leave what
// it could leave before, or the new output; then only that.
func (p *power) publish(gen int) error {
	p.job.gen = gen
	if err := p.job.run(); err != nil {
		return err
	}
	fresh := p.fs.afterPowerCut(p.job.dir, func() bool { return true })
	p.allowed[fresh] = true
	if err := p.judge(); err != nil {
		return err
	}
	p.allowed = map[string]bool{fresh: true}
	p.cut("after Publish")
	return p.judge()
}

// kill runs generation gen until the n-th operation.
func (p *power) kill(gen, n int) error {
	killed := p.job
	killed.gen, killed.fs = gen, &faultFS{FS: p.job.fs, n: n, err: syscall.EIO, dead: true}
	_ = killed.run()
	left := p.fs.afterPowerCut(p.job.dir, func() bool { return true })
	if strings.Contains(left, manifest.SuccessName) {
		p.allowed[left] = true
	}
	return p.judge()
}

func (p *power) judge() error {
	for left := range maps.Keys(p.found) {
		if !p.allowed[left] {
			return fmt.Errorf("generation %d, the power goes %s, and the target is\n%s", p.job.gen, p.found[left], left)
		}
	}
	clear(p.found)
	return nil
}
