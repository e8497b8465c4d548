package pipelines

import (
	"fmt"
	"strings"
)

// CheckError says that the data did not pass: a check of the spec, too many
// rejects, or a count that does not add up. Nothing was published.
type CheckError struct {
	Pipeline string
	Failures []error
}

func (e *CheckError) Error() string {
	if len(e.Failures) == 1 {
		return fmt.Sprintf("%s: %v; nothing was published", e.Pipeline, e.Failures[0])
	}
	text := fmt.Sprintf("%s: nothing was published, for %d reasons:", e.Pipeline, len(e.Failures))
	for _, f := range e.Failures {
		text += "\n  " + f.Error()
	}
	return text
}

func (e *CheckError) Unwrap() []error { return e.Failures }

// checkFault is a demand of the spec that the data do not meet: what is wrong, the place
// of the demand, and the error of what had to be read for it, if any.
type checkFault struct {
	Fault
	cause error
}

func (f *checkFault) Error() string { return f.String() }

func (f *checkFault) Unwrap() error { return f.cause }

// checkFailure says what is wrong and where the spec demands otherwise.
func checkFailure(p *Plan, table int, c Check, wrong string, cause error) error {
	if cause != nil {
		wrong = strings.TrimPrefix(wrong+"; "+cause.Error(), "; ")
	}
	what := c.short() + ": " + wrong
	if name := p.Tables[table].Name; name != p.Spec.Name {
		what = name + ": " + what
	}
	return &checkFault{Fault{File: p.Spec.File, Pos: c.Pos, What: what}, cause}
}
