package pipelines

import (
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strings"
)

const caption = "Tables with their keys (bold) and what leads where: a line ends at the table of its colour."

// svg draws the picture. A trunk has the colour of the table it leads to.
func (p *picture) svg() string {
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" font-family="'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="12">
<!-- %[3]s: what leads where. -->
<title>What leads where</title>
<rect width="100%%" height="100%%" fill="#fff"/>
<text x="%[4]d" y="%[5]d" fill="#1f2328">%[6]s</text>
`, p.w, p.h, catalogMark, rim, rim+4, caption)
	for _, f := range p.frames {
		fmt.Fprintf(&s, `<rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="#f6f8fa" stroke="#d1d9e0"/>`+"\n", f.x, f.y, f.w, f.h)
	}
	for _, w := range p.trunks {
		w.draw(&s, p.colour(w.to.table))
	}
	for _, f := range p.frames {
		for _, w := range f.inner {
			w.draw(&s, p.colour(w.to.table))
		}
	}
	for _, b := range p.boxes {
		p.draw(&s, b)
	}
	s.WriteString("</svg>\n")
	return s.String()
}

// draw draws a trunk, with a rim of white that shows which line is on top where two
// cross.
func (w *trunk) draw(s *strings.Builder, colour string) {
	var path strings.Builder
	for _, l := range w.segments {
		fmt.Fprintf(&path, "M%d %dL%d %d", l.a.x, l.a.y, l.b.x, l.b.y)
	}
	fmt.Fprintf(s, `<path d="%s" fill="none" stroke="#fff" stroke-width="4"/>`, path.String())
	fmt.Fprintf(s, `<path d="%s" fill="none" stroke="%s" stroke-width="1.5" stroke-linecap="square"/>`, path.String(), colour)
	for _, d := range w.dots {
		fmt.Fprintf(s, `<circle cx="%d" cy="%d" r="2.5" fill="%s"/>`, d.x, d.y, colour)
	}
	fmt.Fprintf(s, `<path d="M%d %dl-7 -3.5v7z" fill="%s"/>`+"\n", w.tip.x, w.tip.y, colour)
}

func (p *picture) draw(s *strings.Builder, b *box) {
	colour := p.colour(b.table)
	fmt.Fprintf(s, `<a href="README.md#%s"><title>%s</title>`, escapeXML(b.table.name), escapeXML(b.table.doc()))
	fmt.Fprintf(s, `<rect x="%d" y="%d" width="%d" height="%d" rx="3" fill="#fff" stroke="%s"/>`, b.x, b.y, b.w, b.h, colour)
	fmt.Fprintf(s, `<path d="M%d %dv%dh%dv-%dz" fill="%s"/>`, b.x, b.y, headerHeight, b.w, headerHeight, colour)
	textAt(s, b.x+9, b.y+15, `fill="#fff" font-weight="bold"`, fitted(b.table.name))
	for i, r := range b.rows {
		style := `fill="#1f2328"`
		if len(r.links) > 0 {
			style = fmt.Sprintf(`fill="%s"`, p.colour(r.links[0]))
		}
		if r.key {
			style += ` font-weight="bold"`
		}
		textAt(s, b.x+9, b.middle(i)+4, style, r.text())
	}
	if b.more > 0 {
		textAt(s, b.x+9, b.middle(len(b.rows))+4, `fill="#59636e"`, "+ "+counted(int64(b.more), "column"))
	}
	s.WriteString("</a>\n")
}

func textAt(s *strings.Builder, x, y int, style, text string) {
	fmt.Fprintf(s, `<text x="%d" y="%d" %s>%s</text>`, x, y, style, escapeXML(text))
}

// colour is that of a table that others refer to, all of them apart and dark
// enough for white letters; grey for the rest.
func (p *picture) colour(t *catalogTable) string {
	at := slices.IndexFunc(p.trunks, func(w *trunk) bool { return w.to.table == t })
	if at < 0 {
		return "#59636e"
	}
	return shade(float64(at)*137.5, 0.55+0.15*float64(at%3), 0.27+0.06*float64(at%2)) // a golden angle on from the one before
}

// shade is a colour as every reader of SVG knows it, from hue in degrees, saturation and
// lightness.
func shade(hue, saturation, lightness float64) string {
	part := func(n float64) int {
		k := math.Mod(n+hue/30, 12)
		return int(math.Round(255 * (lightness - saturation*min(lightness, 1-lightness)*max(-1, min(k-3, 9-k, 1)))))
	}
	return fmt.Sprintf("#%02x%02x%02x", part(0), part(8), part(4))
}

func escapeXML(text string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		panic(err) // a builder takes everything
	}
	return b.String()
}
