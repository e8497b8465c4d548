package catalog

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
)

// mermaid is the entity-relationship diagram of the catalog: the columns of keys and references of every table.
func (c *catalog) mermaid() string {
	var b strings.Builder
	b.WriteString("erDiagram\n")
	for _, t := range c.tables {
		t.mermaidTable(&b)
	}
	for _, t := range c.tables {
		for _, l := range t.links {
			fmt.Fprintf(&b, "  %s }o--%s %s : %s\n", mermaidText(t.name), t.mermaidMany(l), mermaidText(l.to.name),
				mermaidText(strings.Join(l.columns, ", ")))
		}
	}
	return b.String()
}

func (t *table) mermaidTable(b *strings.Builder) {
	var lines []string
	for _, col := range t.Columns {
		var roles []string
		if slices.Contains(t.Key, col.Name) {
			roles = append(roles, "PK")
		}
		if slices.ContainsFunc(t.links, func(l link) bool { return slices.Contains(l.columns, col.Name) }) {
			roles = append(roles, "FK")
		}
		if len(roles) > 0 {
			lines = append(lines, fmt.Sprintf("    %s %s %s\n",
				mermaidType(col.Type), mermaidName(col.Name), strings.Join(roles, ", ")))
		}
	}
	if len(lines) == 0 {
		fmt.Fprintf(b, "  %s\n", mermaidText(t.name))
		return
	}
	fmt.Fprintf(b, "  %s {\n%s  }\n", mermaidText(t.name), strings.Join(lines, ""))
}

// mermaidMany is the number of rows that a row refers to: many from a list, else one, or at most one if the reference
// may be null or is optional.
func (t *table) mermaidMany(l link) string {
	many := "||"
	for _, name := range l.columns {
		switch col := t.Columns[t.Index(name)]; {
		case col.Type.List:
			return "o{"
		case col.Type.Nullable || l.optional:
			many = "o|"
		}
	}
	return many
}

// mermaidType is the column's type in one word. Mermaid allows no <, > or spaces.
func mermaidType(t schemas.Type) string {
	word := t.Kind.String()
	if t.List {
		word += "[]"
	}
	return word
}

// mermaidName is a column's name in the characters of a Mermaid attribute. Keywords get an underscore.
func mermaidName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 0xC0 && r <= 0xFFFF && unicode.IsLetter(r) || r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '_'
	}, name)
	switch strings.ToUpper(name) {
	case "PK", "FK", "UK":
		return name + "_"
	}
	if unicode.IsDigit([]rune(name)[0]) {
		return "_" + name
	}
	return name
}

// mermaidText is a quoted text. Mermaid cannot escape special characters: they are replaced.
func mermaidText(text string) string {
	return `"` + strings.NewReplacer(`"`, "'", "%", "_", `\`, "_", "`", "'").Replace(wording.OneLine(text)) + `"`
}
