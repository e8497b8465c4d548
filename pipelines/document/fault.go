package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// Pos is a place in a spec, lines and columns (in characters) counted from 1. A
// value given on the command line has Flag, such as `--set load.to`, and no line.
type Pos struct {
	Line, Col int
	Flag      string
}

// Fault is one thing wrong with a spec, and how to mend it.
type Fault struct {
	File       string
	Pos        Pos
	What, Hint string
}

// String is the fault as one line: file:line:col: what; hint.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	switch {
	case f.Pos.Flag != "":
		fmt.Fprintf(&b, ": %s", f.Pos.Flag)
	case f.Pos.Line > 0:
		fmt.Fprintf(&b, ":%d:%d", f.Pos.Line, f.Pos.Col)
	}
	fmt.Fprintf(&b, ": %s", f.What)
	if f.Hint != "" {
		fmt.Fprintf(&b, "; %s", f.Hint)
	}
	return b.String()
}

// Faults are all that is wrong with one spec or several, as an error.
type Faults []Fault

// Error is one line for each fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// Tidy orders faults by place, flags last, and says each once: an anchor's value
// is read as often as it is used.
func (f Faults) Tidy() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Pos.Flag, b.Pos.Flag),
			cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return slices.Compact(f)
}

// FaultList gathers faults of one file while it is read. Beyond maxFaults it
// keeps none: nobody mends so many at once.
type FaultList struct {
	File   string
	Faults Faults
	more   bool
}

const maxFaults = 200

func (l *FaultList) Fault(pos Pos, hint, what string, args ...any) {
	if len(l.Faults) >= maxFaults {
		l.more = true
		return
	}
	l.Faults = append(l.Faults, Fault{File: l.File, Pos: pos, What: wording.Fit(fmt.Sprintf(what, args...)), Hint: wording.Fit(hint)})
}

// Err is nil or all the faults, in order.
func (l *FaultList) Err() error {
	if len(l.Faults) == 0 {
		return nil
	}
	faults := l.Faults.Tidy()
	if l.more {
		faults = append(faults, Fault{File: l.File, What: "there are more faults", Hint: "mend these first"})
	}
	return faults
}
