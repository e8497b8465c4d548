package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// Pos is a place in a file: line and column (in characters), counted from 1. A value
// from the command line has Flag, for example `--set load.to`, and no line.
type Pos struct {
	Line, Col int
	Flag      string
}

// Fault is one error in a spec, and how to fix it.
type Fault struct {
	File       string
	Pos        Pos
	What, Hint string
}

// String returns the fault as one line: file:line:col: what; hint.
func (f Fault) String() string {
	text := f.File
	switch {
	case f.Pos.Flag != "" && text == "":
		text = f.Pos.Flag
	case f.Pos.Flag != "":
		text += ": " + f.Pos.Flag
	case f.Pos.Line > 0:
		text += fmt.Sprintf(":%d:%d", f.Pos.Line, f.Pos.Col)
	}
	text += ": " + f.What
	if f.Hint != "" {
		text += "; " + f.Hint
	}
	return text
}

// Faults are all faults of one or more files, as an error.
type Faults []Fault

// Error returns one line for each fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// Tidy sorts faults by place, flags last, and removes repeats: the value of an
// anchor is read once for each use.
func (f Faults) Tidy() Faults {
	f = slices.Clone(f) // Compact clears the rest
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Pos.Flag, b.Pos.Flag),
			cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return slices.Compact(f)
}

// FaultList collects the faults of one file, at most maxFaults.
type FaultList struct {
	File   string
	Faults Faults
	more   bool
}

const maxFaults = 200

// Fault adds a fault; what is a format for args.
func (l *FaultList) Fault(pos Pos, hint, what string, args ...any) {
	if len(l.Faults) >= maxFaults {
		l.more = true
		return
	}
	what = wording.Fit(fmt.Sprintf(what, args...))
	l.Faults = append(l.Faults, Fault{File: l.File, Pos: pos, What: what, Hint: wording.Fit(hint)})
}

// Err returns nil, or all faults in order.
func (l *FaultList) Err() error {
	if len(l.Faults) == 0 {
		return nil
	}
	faults := l.Faults.Tidy()
	if l.more {
		faults = append(faults, Fault{File: l.File, What: "there are more faults", Hint: "fix these first"})
	}
	return faults
}
