package plan

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// Check is one data check of a table: one of those that a spec can name.
type Check struct {
	Kind      string       // the spec's name of it: unique, not_null, values, min_rows, max_shrink, references
	Pos       document.Pos // in the spec
	Columns   []string     // of values the one, of the others all
	Values    []string     // of values: what is allowed, as the column's values print
	MinRows   int64        // of min_rows
	MaxShrink float64      // of max_shrink, as a fraction
	MaxLost   int64        // of max_shrink, in rows; -1: MaxShrink counts
	To, Table string       // of references: the published folder, and the table there if it is named
	Sibling   int          // of references: the table of the same plan, -1: it is another's
	Keys      []string     // of references: the columns there, one for each of Columns
	Optional  bool         // of references: made only where one run makes both, and not in the way of publication
	Why       string       // of references: why some have no key there
}

// Short names the check in a message: its kind and what it is about.
func (c Check) Short() string {
	switch columns := strings.Join(c.Columns, ", "); c.Kind {
	case "unique":
		return "unique [" + columns + "]"
	case "values":
		return "values of " + columns
	case "references":
		return fmt.Sprintf("references %s to %s of %s", columns, strings.Join(c.Keys, ", "), c.target())
	}
	return c.Kind
}

// String is the check as the plan shows it, near to what the spec says.
func (c Check) String() string {
	columns := strings.Join(c.Columns, ", ")
	switch c.Kind {
	case "values":
		return fmt.Sprintf("values of %s: %s", columns, strings.Join(c.Values, ", "))
	case "min_rows":
		return fmt.Sprintf("min_rows: %d", c.MinRows)
	case "max_shrink":
		return "max_shrink: " + c.Most()
	case "references":
		text := fmt.Sprintf("references: %s to %s of %s", columns, strings.Join(c.Keys, ", "), c.target())
		if c.Optional {
			text += ", not required"
		}
		return text
	}
	return fmt.Sprintf("%s: %s", c.Kind, columns)
}

// target is what a reference leads to, as the spec says it.
func (c Check) target() string {
	if c.Sibling >= 0 || c.Table == "" {
		return c.To
	}
	return c.To + "#" + c.Table
}

// Allowed is how many of the former rows may be lost.
func (c Check) Allowed(former int64) int64 {
	if c.MaxLost >= 0 {
		return c.MaxLost
	}
	// A share such as 29% is not exact in binary: 29 of 100 may go.
	return int64(c.MaxShrink*float64(former) + 1e-9*float64(former))
}

// Most is the bound as the spec gives it.
func (c Check) Most() string {
	if c.MaxLost >= 0 {
		return wording.Counted(c.MaxLost, "row")
	}
	return fmt.Sprintf("%.10g%%", c.MaxShrink*100)
}
