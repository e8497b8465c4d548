package plan

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// Check is one data check of a table.
type Check struct {
	Kind      string       // unique, not_null, values, min_rows, max_shrink, references
	Pos       document.Pos // in the spec
	Key       string       // key path in the spec, for --set
	Columns   []string     // of values one
	Values    []string     // of values: the allowed ones, as the column prints them
	MinRows   int64        // of min_rows
	MaxShrink float64      // of max_shrink, as a fraction
	MaxLost   int64        // of max_shrink, in rows; -1: MaxShrink counts
	To, Table string       // of references: the published folder, and its table if the spec names one
	Sibling   int          // of references: the table of the same plan; -1: of another
	Keys      []string     // of references: the columns of the target, one for each of Columns
	Optional  bool         // of references: checked only if one run makes both, and never stops publication
	Why       string       // of references: why some values have no match
}

// Short names the check in a message: its kind and its columns.
func (c Check) Short() string {
	switch columns := strings.Join(c.Columns, ", "); c.Kind {
	case "unique":
		return "unique [" + columns + "]"
	case "values":
		return "values of " + columns
	case "references":
		return "references " + c.relation()
	}
	return c.Kind
}

// String is the check as the plan shows it, similar to the spec.
func (c Check) String() string {
	switch c.Kind {
	case "values":
		return c.Short() + ": " + strings.Join(c.Values, ", ")
	case "min_rows":
		return fmt.Sprintf("min_rows: %d", c.MinRows)
	case "max_shrink":
		return "max_shrink: " + c.Most()
	case "references":
		text := "references: " + c.relation()
		if c.Optional {
			text += ", not required"
		}
		return text
	}
	return c.Kind + ": " + strings.Join(c.Columns, ", ")
}

// relation names the columns of a reference and its target, as the spec does.
func (c Check) relation() string {
	target := c.To
	if c.Sibling < 0 && c.Table != "" {
		target += "#" + c.Table
	}
	return fmt.Sprintf("%s to %s of %s", strings.Join(c.Columns, ", "), strings.Join(c.Keys, ", "), target)
}

// Allowed returns how many of the former rows may be lost.
func (c Check) Allowed(former int64) int64 {
	if c.MaxLost >= 0 {
		return c.MaxLost
	}
	// A share such as 29% is not exact in binary: the small addition allows 29 of 100.
	return int64(c.MaxShrink*float64(former) + 1e-9*float64(former))
}

// Most is the limit as the spec gives it.
func (c Check) Most() string {
	if c.MaxLost >= 0 {
		return wording.Counted(c.MaxLost, "row")
	}
	return fmt.Sprintf("%.10g%%", c.MaxShrink*100)
}
