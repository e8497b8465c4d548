package pipelines

import (
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// drawn is the picture of plans, as if all were published.
func drawn(t *testing.T, plans []*Plan) *picture {
	t.Helper()
	c := &catalog{}
	for _, p := range plans {
		for i, table := range p.Tables {
			c.tables = append(c.tables, &catalogTable{Table: table, plan: p, spec: &p.Spec.Tables[i], checks: p.Checks[i]})
		}
	}
	c.nameTables()
	c.link(plans)
	return c.picture()
}

func TestPictureIsLegible(t *testing.T) {
	files, err := Find("all")
	if err != nil {
		t.Fatal(err)
	}
	all, err := CompileAll(files, Settings{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	p := drawn(t, all)
	legible(t, p)
	if len(p.trunks) < 10 || len(p.boxes) < 40 {
		t.Errorf("%d tables, %d of them referred to: too few to be all", len(p.boxes), len(p.trunks))
	}
	if ratio := float64(p.w) / float64(p.h); ratio < 0.7 || ratio > 2.5 {
		t.Errorf("%d by %d: no sheet has this form", p.w, p.h)
	}
	legible(t, drawn(t, all[:1]))
	for seed := range uint64(30) {
		legible(t, anyCatalog(rand.New(rand.NewPCG(seed, 7))).picture())
	}
}

// anyCatalog has some pipelines whose tables refer to any others, themselves and in
// circles too.
func anyCatalog(r *rand.Rand) *catalog {
	c := &catalog{}
	for i := range 1 + r.IntN(12) {
		plan := &Plan{Spec: &Spec{Name: fmt.Sprint("p", i)}}
		for range 1 + r.IntN(4) {
			t := &catalogTable{Table: &schemas.Table{}, plan: plan, spec: &tableSpec{}, name: fmt.Sprint("t", len(c.tables))}
			for n := range 1 + r.IntN(9) {
				t.Columns = append(t.Columns, schemas.Column{Name: strings.Repeat(string(rune('a'+n)), 1+r.IntN(70))})
			}
			t.Key = []string{t.Columns[0].Name}
			c.tables = append(c.tables, t)
		}
	}
	for _, t := range c.tables {
		for range r.IntN(6) {
			column := t.Columns[r.IntN(len(t.Columns))].Name
			t.links = append(t.links, catalogLink{columns: []string{column}, keys: []string{"id"}, to: c.tables[r.IntN(len(c.tables))]})
		}
	}
	return c
}

// legible says what of a picture cannot be read: boxes on boxes, text out of its
// box, lines through boxes, or lines on lines that lead elsewhere.
func legible(t *testing.T, p *picture) {
	t.Helper()
	for i, a := range p.boxes {
		if a.textWidth() > a.w || a.h < headerHeight+len(a.rows)*rowHeight {
			t.Errorf("%s: its text is wider than its box", a.table.name)
		}
		if f := a.frame; a.x < f.x || a.y < f.y || a.x+a.w > f.x+f.w || a.y+a.h > f.y+f.h || f.x+f.w > p.w || f.y+f.h > p.h {
			t.Errorf("%s stands out of its frame, or of the picture", a.table.name)
		}
		for _, b := range p.boxes[:i] {
			if a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h {
				t.Errorf("%s stands on %s", a.table.name, b.table.name)
			}
		}
	}
	var trunks []*trunk
	for _, f := range p.frames {
		trunks = append(trunks, f.inner...)
	}
	trunks = append(trunks, p.trunks...)
	for i, w := range trunks {
		for _, s := range w.segments {
			for _, b := range p.boxes {
				if low, high := s.ends(); low.x < b.x+b.w && high.x > b.x && low.y < b.y+b.h && high.y > b.y {
					t.Errorf("a line to %s runs through %s", w.to.table.name, b.table.name)
				}
			}
			for _, other := range trunks[:i] {
				for _, o := range other.segments {
					if s.covers(o) {
						t.Errorf("a line to %s lies on one to %s: %v %v", w.to.table.name, other.to.table.name, s, o)
					}
				}
			}
		}
		if w.segments[0].b != w.tip {
			t.Errorf("no line ends at %s", w.to.table.name)
		}
	}
	wellFormed(t, p.svg())
}

func (s segment) ends() (low, high point) {
	return point{min(s.a.x, s.b.x), min(s.a.y, s.b.y)}, point{max(s.a.x, s.b.x), max(s.a.y, s.b.y)}
}

// covers says whether two lines lie on each other for some length.
func (s segment) covers(o segment) bool {
	al, ah := s.ends()
	bl, bh := o.ends()
	x, y := min(ah.x, bh.x)-max(al.x, bl.x), min(ah.y, bh.y)-max(al.y, bl.y)
	return x > 0 && y == 0 && al.y == ah.y && bl.y == bh.y || y > 0 && x == 0 && al.x == ah.x && bl.x == bh.x
}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
