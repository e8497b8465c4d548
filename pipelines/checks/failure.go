package checks

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// Error says that the data failed the checks of a spec, the limit of rejects, or reconciliation. Nothing was published.
type Error struct {
	Pipeline string
	Failures []error
}

func (e *Error) Error() string {
	if len(e.Failures) == 1 {
		return fmt.Sprintf("%s: %v; nothing was published", e.Pipeline, e.Failures[0])
	}
	text := fmt.Sprintf("%s: nothing was published, for %d reasons:", e.Pipeline, len(e.Failures))
	for _, f := range e.Failures {
		text += "\n  " + f.Error()
	}
	return text
}

// Unwrap returns the failures.
func (e *Error) Unwrap() []error { return e.Failures }

// Fault is a failed check with its place in the spec, and the read error, if any.
type Fault struct {
	document.Fault
	cause error
}

func (f *Fault) Error() string { return f.String() }

// Unwrap returns the read error.
func (f *Fault) Unwrap() error { return f.cause }

func failureOf(p *plan.Plan, table int, c plan.Check, wrong string, cause error) error {
	if cause != nil {
		wrong = strings.TrimPrefix(wrong+"; "+cause.Error(), "; ")
	}
	what := c.Short() + ": " + wrong
	if name := p.Tables[table].Name; name != p.Spec.Name {
		what = name + ": " + what
	}
	return &Fault{document.Fault{File: p.Spec.File, Pos: c.Pos, What: what}, cause}
}
