package genome

import (
	"regexp"
	"slices"
	"testing"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
)

// TestChanges: a change differs from the reference, fits its span, and lies on its chromosome in each build.
func TestChanges(t *testing.T) {
	kinds := map[string]int{}
	for i := range 5000 {
		x := dice.New(1, 2, i, 3)
		r := Invented(x)
		check(t, r.Change(x))
		kinds[r.Change(x).edit()[:1]]++
	}
	if len(kinds) < 5 {
		t.Errorf("kinds of changes: %v", kinds)
	}
}

func check(t *testing.T, c Change) {
	t.Helper()
	for _, build := range []string{GRCh37, GRCh38} {
		on := c.On(build)
		if length := chromosomes[c.number].length; on.Start < 1 || on.Stop > length && length > margin || on.Stop < on.Start {
			t.Errorf("%+v on %s", on, build)
		}
	}
	if c.Reference == c.Bases {
		t.Errorf("%+v changes nothing", c)
	}
	if want := c.Stop - c.Start + 1; c.Reference != "" && len(c.Reference) != want || c.Reference == "" && want != 2 {
		t.Errorf("%+v does not fit its span", c)
	}
	if genomic := regexp.MustCompile(`^NC_0\d{5}\.\d+:[gm]\.\d+`); !genomic.MatchString(c.HGVS(GRCh38)) {
		t.Errorf("HGVS %s", c.HGVS(GRCh38))
	}
}

// TestReferenceAgrees: the reference depends on the place, not on the gene that is asked.
func TestReferenceAgrees(t *testing.T) {
	r := Invented(dice.New(1, 2, 3, 4))
	other := r
	other.Start += 100
	if a, b := r.change(r.Start+100, r.Start+140, ""), other.change(other.Start, other.Start+40, ""); a.Reference != b.Reference {
		t.Errorf("%s and %s", a.Reference, b.Reference)
	}
	back := r.On(GRCh38).On(GRCh37)
	if back != r {
		t.Errorf("%+v comes back as %+v", r, back)
	}
}

// TestGenes: well-known variants have their real places.
func TestGenes(t *testing.T) {
	genes := Genes()
	for _, g := range genes {
		for _, v := range g.Known {
			check(t, v.Change)
			if v.Start < g.Start || v.Stop > g.Stop {
				t.Errorf("%s %s is outside its gene", g.Name, v.Name)
			}
		}
	}
	i := slices.IndexFunc(genes, func(g *Gene) bool { return g.Name == "BRAF" })
	v := genes[i].Known[0]
	if v.HGVS(GRCh37) != "NC_000007.13:g.140453136A>T" || v.HGVS(GRCh38) != "NC_000007.14:g.140753336A>T" {
		t.Errorf("BRAF %s is %s, %s", v.Name, v.HGVS(GRCh37), v.HGVS(GRCh38))
	}
}
