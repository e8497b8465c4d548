package pipelines

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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

// tidy orders faults by place, flags last, and says each once: an anchor's value
// is read as often as it is used.
func (f Faults) tidy() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Pos.Flag, b.Pos.Flag),
			cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return slices.Compact(f)
}

// faultList gathers faults of one file while it is read. Beyond maxFaults it
// keeps none: nobody mends so many at once.
type faultList struct {
	file   string
	faults Faults
	more   bool
}

const maxFaults = 200

func (l *faultList) fault(pos Pos, hint, what string, args ...any) {
	if len(l.faults) >= maxFaults {
		l.more = true
		return
	}
	l.faults = append(l.faults, Fault{File: l.file, Pos: pos, What: fit(fmt.Sprintf(what, args...)), Hint: fit(hint)})
}

// err is nil or all the faults, in order.
func (l *faultList) err() error {
	if len(l.faults) == 0 {
		return nil
	}
	faults := l.faults.tidy()
	if l.more {
		faults = append(faults, Fault{File: l.file, What: "there are more faults", Hint: "mend these first"})
	}
	return faults
}
