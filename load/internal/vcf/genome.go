package vcf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/biogo/hts/fai"

	"github.com/civic-etl/civic-etl/load/format"
)

// Genomes are reference sequences by build.
type Genomes map[string]*genome

// genome is a FASTA file with the chromosomes of a build.
type genome struct {
	build, path string
	index       fai.Index
	names       []string // of the chromosomes in the file; "" is absent
}

// OpenGenomes reads the indexes of the FASTA files that a format names, and checks that they are of these builds.
func OpenGenomes(f format.Format) (Genomes, error) {
	all := Genomes{}
	for build, path := range map[string]string{"GRCh37": f.ReferenceGRCh37, "GRCh38": f.ReferenceGRCh38} {
		if path == "" {
			continue
		}
		g := &genome{build: build, path: path}
		if err := g.open(); err != nil {
			return nil, fmt.Errorf("reference sequence of %s: %w", build, err)
		}
		all[build] = g
	}
	return all, nil
}

func (g *genome) open() error {
	if strings.HasSuffix(g.path, ".gz") {
		return fmt.Errorf("%s is compressed: decompress it, for example with bgzip -d", g.path)
	}
	file, err := os.Open(g.path)
	if err != nil {
		return err
	}
	defer file.Close()
	if g.index, err = readIndex(file); err != nil {
		return fmt.Errorf("index of %s: %w: make it with samtools faidx", g.path, err)
	}
	return g.findChromosomes()
}

// readIndex reads the .fai file beside a FASTA file, or indexes the FASTA file.
func readIndex(fasta *os.File) (fai.Index, error) {
	file, err := os.Open(fasta.Name() + ".fai")
	if errors.Is(err, fs.ErrNotExist) {
		return fai.NewIndex(fasta)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return fai.ReadFrom(file)
}

// findChromosomes finds the names of the build's chromosomes in the file, with chr or without.
func (g *genome) findChromosomes() error {
	found := false
	for _, c := range contigs[g.build] {
		names := []string{c.name, "chr" + c.name}
		if c.name == "MT" {
			names = []string{"MT", "chrM", "M", "chrMT"}
		}
		known := ""
		for _, name := range names {
			r, ok := g.index[name]
			switch {
			case !ok:
			case int64(r.Length) == c.length && r.BasesPerLine > 0:
				known, found = name, true
			case c.name != "MT": // hg19 has another mitochondrial genome than GRCh37
				return fmt.Errorf("%s is not %s: its sequence %s has %d bases instead of %d: give the file of this build",
					g.path, g.build, name, r.Length, c.length)
			}
		}
		g.names = append(g.names, known)
	}
	if !found {
		return fmt.Errorf("%s has no sequence with the name of a chromosome, such as 7 or chr7: give the file of %s",
			g.path, g.build)
	}
	return nil
}

// bases reads n bases of a chromosome in the file from a 1-based position, which must be inside.
func (g *genome) bases(contig int, from int64, n int) (string, error) {
	name := g.names[contig]
	file, err := os.Open(g.path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sequence, err := fai.NewFile(file, g.index).SeqRange(name, int(from-1), int(from-1)+n)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(sequence)
	if err != nil || len(text) != n || strings.Trim(strings.ToUpper(string(text)), "ACGTNRYSWKMBDHV") != "" {
		return "", fmt.Errorf("reference sequence %s has no %d bases at %s:%d: is its index up to date? %w", g.path, n,
			name, from, errors.Join(err, errNoBases))
	}
	return string(text), nil
}

var errNoBases = errors.New("unexpected bytes")
