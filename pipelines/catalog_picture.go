package pipelines

import (
	"math"
	"slices"
	"unicode/utf8"
)

// Sizes of the picture, in SVG user units. Boxes stand on a grid of rows, so that the
// lines that leave rows never lie on those that enter headers.
const (
	rowHeight    = 18
	headerHeight = 22
	charWidth    = 7.3 // of a 12 px monospaced letter, the widest font
	lineGap      = 9   // between lines side by side
	rim          = 18  // around the picture, in frames, beside the lines of a channel
	longestName  = 48  // letters of a name that are shown
)

// picture is an entity-relationship diagram before it is drawn. The tables of a
// pipeline stand in a frame, the frames in columns, and between the columns are
// channels for lines. What is referred to from other pipelines has one trunk that gathers
// all lines to it: upright in the channels, and across in a lane above all columns.
type picture struct {
	frames   []*frame
	boxes    []*box // in the order of the catalog
	byTable  map[*catalogTable]*box
	columns  int
	channels []channel // left of each column, and right of the last
	trunks   []*trunk
	lanes    int // of trunks that use several channels
	w, h     int
}

// frame holds the tables of one pipeline.
type frame struct {
	plan       *Plan
	boxes      []*box
	inner      []*trunk // between its own tables, at its left edge
	column     int
	x, y, w, h int
}

// box is one table: its name, and the columns of its key and links.
type box struct {
	table      *catalogTable
	frame      *frame
	rows       []boxRow
	more       int // columns that it does not show
	x, y, w, h int
}

type boxRow struct {
	name  string
	key   bool
	links []*catalogTable
}

func (c *catalog) picture() *picture {
	p := &picture{byTable: map[*catalogTable]*box{}}
	for _, t := range c.tables {
		p.add(t)
	}
	p.trunk()
	for _, f := range p.frames {
		f.size()
	}
	p.arrange()
	p.place()
	p.route()
	return p
}

// add makes the box of a table, in the frame of its pipeline.
func (p *picture) add(t *catalogTable) {
	if len(p.frames) == 0 || p.frames[len(p.frames)-1].plan != t.plan {
		p.frames = append(p.frames, &frame{plan: t.plan})
	}
	f := p.frames[len(p.frames)-1]
	b := &box{table: t, frame: f}
	for _, col := range t.Columns {
		row := boxRow{name: col.Name, key: slices.Contains(t.Key, col.Name)}
		for _, l := range t.links {
			if l.columns[0] == col.Name {
				row.links = append(row.links, l.to)
			}
		}
		if row.key || len(row.links) > 0 {
			b.rows = append(b.rows, row)
		}
	}
	b.more = len(t.Columns) - len(b.rows)
	p.boxes, f.boxes, p.byTable[t] = append(p.boxes, b), append(f.boxes, b), b
}

// text is a row as the picture shows it.
func (r boxRow) text() string {
	text := fitted(r.name)
	for _, to := range r.links {
		text += " → " + fitted(to.name)
	}
	return text
}

func fitted(name string) string {
	if letters := []rune(name); len(letters) > longestName {
		return string(letters[:longestName-1]) + "…"
	}
	return name
}

// size settles how much room the frame takes; its boxes are all as wide as the widest.
func (f *frame) size() {
	widest := 0
	y := rim
	for _, b := range f.boxes {
		b.h = headerHeight + len(b.rows)*rowHeight + 4
		if b.more > 0 {
			b.h += rowHeight
		}
		b.y = y
		y += gridded(b.h) + rowHeight
		widest = max(widest, b.textWidth())
	}
	left := rim + len(f.inner)*lineGap
	for _, b := range f.boxes {
		b.x, b.w = left, widest
	}
	f.w, f.h = left+widest+rim, y
}

func gridded(height int) int { return (height + rowHeight - 1) / rowHeight * rowHeight }

func (b *box) textWidth() int {
	letters := displayed(fitted(b.table.name)) + 1 // bold
	for _, r := range b.rows {
		letters = max(letters, displayed(r.text()))
	}
	return textWidth(max(letters, 16))
}

func textWidth(letters int) int { return int(math.Ceil(float64(letters)*charWidth)) + rim }

// displayed is the width of a text in letters: those of Asian scripts and
// pictures are two wide.
func displayed(text string) int {
	width := utf8.RuneCountInString(text)
	for _, r := range text {
		if r >= 0x1100 && r != '→' && r != '…' {
			width++
		}
	}
	return width
}

// arrange shares the frames out to columns, those that refer to most on the left, so
// that the picture becomes about as wide as a sheet of paper.
func (p *picture) arrange() {
	depths := map[*frame]int{}
	for _, f := range p.frames {
		p.depth(f, depths)
	}
	ordered := slices.Clone(p.frames)
	slices.SortStableFunc(ordered, func(a, b *frame) int { return depths[b] - depths[a] })
	total, widest := 0, 1
	for _, f := range ordered {
		total, widest = total+f.h+rowHeight, max(widest, f.w+8*lineGap)
	}
	p.columns = max(1, int(math.Round(math.Sqrt(float64(total)*1.4/float64(widest)))))
	column, y := 0, 0
	for _, f := range ordered {
		if y > 0 && y+f.h/2 > total/p.columns && column < p.columns-1 {
			column, y = column+1, 0
		}
		f.column, f.y = column, y
		y += f.h + rowHeight
	}
	p.columns = column + 1
	p.frames = ordered
}

// depth is how many references lead on from a frame at most; of frames that refer to
// each other, the one that closes the circle is not counted.
func (p *picture) depth(f *frame, known map[*frame]int) int {
	if d, ok := known[f]; ok {
		return d
	}
	known[f] = 0
	deepest := 0
	for _, b := range f.boxes {
		for _, l := range b.table.links {
			if to := p.byTable[l.to].frame; to != f {
				deepest = max(deepest, 1+p.depth(to, known))
			}
		}
	}
	known[f] = deepest
	return deepest
}

// place gives frames and boxes their places, below the lanes and between the channels.
func (p *picture) place() {
	p.layChannels()
	top := gridded(2*rim + rowHeight + p.lanes*lineGap)
	x := rim
	for column := range p.columns {
		p.channels[column].x = x
		x += p.channels[column].width()
		widest := 0
		for _, f := range p.frames {
			if f.column != column {
				continue
			}
			f.x, f.y = x, f.y+top
			for _, b := range f.boxes {
				b.x, b.y = b.x+f.x, b.y+f.y
			}
			widest, p.h = max(widest, f.w), max(p.h, f.y+f.h)
		}
		x += widest
	}
	p.channels[p.columns].x = x
	p.w, p.h = max(x+p.channels[p.columns].width()+rim, textWidth(displayed(caption))+rim), p.h+rim
}

// middle is the height of the middle of a row.
func (b *box) middle(row int) int { return b.y + headerHeight + row*rowHeight + rowHeight/2 }
