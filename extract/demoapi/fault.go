package demoapi

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/execute"
)

// Faults are injected together.
type Faults []Fault

// Fault is an error to inject. Its Kind is one of
//
//	400 … 599   that status with an HTML body (429: an empty one)
//	html        200 with an HTML body, as from a proxy
//	cut         200 with the first half of the body
//	length      a Content-Length larger than the body, then the connection closes
//	slow        the body comes in pieces over Delay
//	wait        the answer starts after Delay
//	hang        no answer until the client disconnects
//	reset       the connection is reset
//	null        errors with data null
//	partial     errors beside complete data
//	poison      a page holding record Value fails: an enum value without a name
//	damage      record Value has half a surrogate pair, which is no valid JSON
//	inner       a page of a nested connection holding node Value fails
//	innerdrop, innerduplicate, innertotal, innershuffle, innerremove, innermove
//	            the fault of this name, in the pages of nested connections
//	innerend    hasNextPage is false on every page of a nested connection
//	enum        record Value has a significance that no schema names yet
//	clamp       pages are clamped to Value
//	drop        one row of the page is missing
//	duplicate   one row of the page is repeated, another is missing
//	more        hasNextPage is true on an empty page
//	total       totalCount is Value too high, or too low if that is negative
//	samecursor  every page ends with the cursor of the first row
//	nocursor    endCursor is null
//	noids       the argument ids is ignored
//	otherids    ids select the records whose id is Value lower
//	someids     ids never selects a record whose id is a multiple of Value
//	shuffle     each request orders ties differently
//	remove      every Value requests a record disappears
//	insert      every Value requests a record appears, twelve in all
//	behead      every Value requests the record with the lowest id disappears
//	prepend     every Value requests a record with the lowest id appears, twelve in all
//	move        every Value requests a record moves to the front
//
// It applies to Times requests from number Request on. Request 0 means all requests; Times 0 means one, and a negative
// Times all later ones. With Match, only requests whose body contains it count. Edits (remove to move, innerremove and
// innermove) are permanent:
// each request sees those made before it.
type Fault struct {
	Kind    string
	Request int
	Times   int
	Match   string
	Value   int
	Delay   time.Duration
}

// Kinds of faults by their argument.
var (
	plainKinds = []string{"html", "cut", "length", "hang", "reset", "null", "partial", "drop", "duplicate", "more",
		"shuffle", "samecursor", "nocursor", "noids", "innerdrop", "innerduplicate", "innershuffle", "innerend"}
	editKinds  = []string{"remove", "insert", "behead", "prepend", "move", "innerremove", "innermove"}
	valueKinds = append([]string{"poison", "damage", "inner", "enum", "clamp", "otherids", "someids"}, editKinds...)
	delayKinds = []string{"slow", "wait"}
	totalKinds = []string{"total", "innertotal"}
	allKinds   = slices.Concat(plainKinds, valueKinds, totalKinds, delayKinds)
)

// ParseFault parses the value of `demo-api --fault`: KIND[=VALUE][@REQUEST[xTIMES]][~MATCH], such as 503@3x2,
// poison=1234, slow=2s@1, clamp=50, html@2x* and cut~MTAw.
func ParseFault(text string) (Fault, error) {
	rest, match, _ := strings.Cut(text, "~")
	rest, at, numbered := strings.Cut(rest, "@")
	kind, value, valued := strings.Cut(rest, "=")
	f := Fault{Kind: kind, Match: match}
	var err error
	if valued {
		if f.Value, err = strconv.Atoi(value); err != nil {
			if f.Delay, err = time.ParseDuration(value); err != nil {
				return Fault{}, fmt.Errorf("fault %q: %q is neither a number nor a duration", text, value)
			}
		}
	}
	if numbered {
		if f.Request, f.Times, err = parseWhen(at); err != nil {
			return Fault{}, fmt.Errorf("fault %q: %w", text, err)
		}
	}
	if err := f.check(); err != nil {
		return Fault{}, err
	}
	return f, nil
}

// parseWhen parses REQUEST[xTIMES], where TIMES may be *.
func parseWhen(text string) (request, times int, err error) {
	first, often, repeated := strings.Cut(text, "x")
	if request, err = strconv.Atoi(first); err != nil || request < 1 {
		return 0, 0, fmt.Errorf("%q is not a request number; write @3 for the third, @3x2 for two from there", first)
	}
	switch {
	case !repeated:
		return request, 1, nil
	case often == "*":
		return request, -1, nil
	}
	if times, err = strconv.Atoi(often); err != nil || times < 1 {
		return 0, 0, fmt.Errorf("%q is not a number of times; write @3x2, or @3x* for all from there", often)
	}
	return request, times, nil
}

func (f Fault) check() error {
	needs := ""
	switch {
	case f.status() != 0, slices.Contains(plainKinds, f.Kind):
		if f.Value != 0 {
			return fmt.Errorf("fault %s takes no value", f.Kind)
		}
	case slices.Contains(totalKinds, f.Kind) && f.Value == 0:
		needs = "number: " + f.Kind + "=3"
	case slices.Contains(valueKinds, f.Kind) && f.Value < 1:
		needs = "number above zero: " + f.Kind + "=12"
	case slices.Contains(delayKinds, f.Kind) && f.Delay <= 0:
		needs = "duration: " + f.Kind + "=2s"
	case !slices.Contains(allKinds, f.Kind):
		return fmt.Errorf("unknown fault %q; faults are 400 to 599, %s", f.Kind, strings.Join(allKinds, ", "))
	}
	if needs != "" {
		return fmt.Errorf("fault %s needs a %s", f.Kind, needs)
	}
	return nil
}

// status returns the HTTP status that a kind names, or 0.
func (f Fault) status() int {
	if n, err := strconv.Atoi(f.Kind); err == nil && n >= 400 && n <= 599 {
		return n
	}
	return 0
}

// edits reports whether the fault changes the data for all later requests.
func (f Fault) edits() bool { return slices.Contains(editKinds, f.Kind) }

// addTo adds the nth occurrence of the fault to those of a request.
func (f Fault) addTo(faults execute.Faults, nth int) {
	kind, value := f.Kind, f.Value
	switch {
	case f.status() != 0:
		kind, value = "status", f.status()
	case f.edits():
		value = max(nth-max(f.Request, 1), 0) / max(f.Value, 1)
	case slices.Contains(delayKinds, kind):
		value = int(f.Delay)
	}
	faults[kind] = append(faults[kind], value)
}

// countedFault is a fault with the number of requests counted for it.
type countedFault struct {
	Fault
	seen atomic.Int64
}

func countedFaults(list []Fault) ([]*countedFault, error) {
	out := make([]*countedFault, len(list))
	for i, f := range list {
		if err := f.check(); err != nil {
			return nil, err
		}
		out[i] = &countedFault{Fault: f}
	}
	return out, nil
}

// count counts a request and reports whether the fault applies to it. For an edit, nth is that of the last request that
// made one.
func (f *countedFault) count(body []byte) (nth int, applies bool) {
	counted := f.Match == "" || strings.Contains(string(body), f.Match)
	if counted {
		nth = int(f.seen.Add(1))
	} else {
		nth = int(f.seen.Load())
	}
	last := math.MaxInt
	if f.Request > 0 && f.Times >= 0 {
		last = f.Request + max(f.Times, 1) - 1
	}
	if f.edits() {
		return min(nth, last), true
	}
	return nth, counted && nth >= f.Request && nth <= last
}
