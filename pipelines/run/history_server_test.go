package run

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// history is a server whose data change while it answers: between requests, between the fields of one request, and
// between the total and the nodes of one page. It honours what docs/published.md asks of a server, and nothing else.
type history struct {
	x          *rand.Rand
	connection string
	single     string
	ids        bool // the connection takes ids
	root       *memberList
	nested     map[int64]*memberList // by record
	faults     historyFaults

	mu       sync.Mutex
	edits    int // still to make
	requests int
	proofs   bool // the request counts ids by ids
	counts   bool // the request belongs to a proof
	rest     bool // the request reads nested lists
	asked    map[string]*ast.QueryDocument
}

// historyFaults are what is wrong with a server.
type historyFaults struct {
	clamp, nestedClamp         int     // nodes in a page
	ties, nestedTies           int     // so many neighbours come in any order; 0: none
	total, nestedTotal         int     // added to every totalCount
	once, nestedOnce           string  // of one page: drop or duplicate
	onceAt                     int     // which page
	end                        string  // of nested lists: hasNextPage is false once, or always
	rate                       float64 // of edits at each moment
	pages, nestedPages, edited int
}

// memberList is a list and its past.
type memberList struct {
	order    []int64
	removed  map[int64]int   // the request that removed it
	versions map[string]bool // every set of members so far
	next     int64           // id of the next new one
}

func newMembers(x *rand.Rand, n int, from int64) *memberList {
	l := &memberList{removed: map[int64]int{}, versions: map[string]bool{}, next: from}
	for range n {
		l.order = append(l.order, l.next)
		l.next += 1 + x.Int64N(2)
	}
	x.Shuffle(len(l.order), func(i, j int) { l.order[i], l.order[j] = l.order[j], l.order[i] })
	l.note()
	return l
}

func (l *memberList) note() { l.versions[setText(l.order)] = true }

func setText(ids []int64) string { return fmt.Sprint(slices.Sorted(slices.Values(ids))) }

// RoundTrip implements http.RoundTripper.
func (h *history) RoundTrip(r *http.Request) (*http.Response, error) {
	var req struct {
		Query, OperationName string
		Variables            map[string]any
	}
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	doc := h.asked[req.Query]
	if doc == nil {
		parsed, err := parser.ParseQuery(&ast.Source{Input: req.Query})
		if err != nil {
			return nil, err
		}
		doc, h.asked[req.Query] = parsed, parsed
	}
	h.requests++
	h.counts, h.rest = strings.HasSuffix(req.OperationName, "Count"), strings.HasSuffix(req.OperationName, "Rest")
	h.proofs = h.counts && strings.Contains(req.Query, "$ids0")
	for range h.x.IntN(4) {
		h.moment(true)
	}
	var b bytes.Buffer
	b.WriteString(`{"data":{`)
	for i, s := range doc.Operations[0].SelectionSet {
		h.field(&b, i, s.(*ast.Field), req.Variables)
	}
	b.WriteString("}}")
	header := http.Header{"Content-Type": {"application/json"}}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(&b), Request: r}, nil
}

func (h *history) field(b *bytes.Buffer, i int, f *ast.Field, variables map[string]any) {
	if i > 0 {
		b.WriteByte(',')
	}
	fmt.Fprintf(b, "%q:", f.Alias)
	switch f.Name {
	case h.connection:
		h.page(b, h.root, f, variables, false)
	case h.single:
		id, _ := strconv.ParseInt(f.Arguments.ForName("id").Value.Raw, 10, 64)
		if !slices.Contains(h.root.order, id) {
			b.WriteString("null")
			return
		}
		h.object(b, id, f.SelectionSet, variables)
	default:
		panic("the history has no " + f.Name)
	}
}

func (h *history) object(b *bytes.Buffer, id int64, set ast.SelectionSet, variables map[string]any) {
	b.WriteByte('{')
	for i, s := range set {
		if i > 0 {
			b.WriteByte(',')
		}
		f := s.(*ast.Field)
		fmt.Fprintf(b, "%q:", f.Alias)
		if f.Name == "id" {
			fmt.Fprint(b, id)
			continue
		}
		h.page(b, h.nested[id], f, variables, true)
	}
	b.WriteByte('}')
}

// page writes a page of a list. Its parts are looked at one after another.
func (h *history) page(b *bytes.Buffer, l *memberList, f *ast.Field, variables map[string]any, nested bool) {
	ids, clamp, total := idsOfArgs(f, variables), h.faults.clamp, h.faults.total
	if nested {
		clamp, total = h.faults.nestedClamp, h.faults.nestedTotal
	}
	from, size := intOf(f, "after", variables), min(intOf(f, "first", variables), clamp)
	var nodes []int64
	var next, looked bool
	look := func() {
		if looked {
			return
		}
		looked = true
		h.moment(false)
		list := h.look(l, ids, f, nested)
		start := min(from, len(list))
		nodes = list[start:min(start+size, len(list))]
		next = start+size < len(list)
		nodes, next = h.damage(nodes, next, nested)
	}
	b.WriteByte('{')
	for i, s := range f.SelectionSet {
		if i > 0 {
			b.WriteByte(',')
		}
		part := s.(*ast.Field)
		fmt.Fprintf(b, "%q:", part.Name)
		switch part.Name {
		case "totalCount":
			h.moment(false)
			fmt.Fprint(b, max(len(h.look(l, ids, f, nested))+total, 0))
		case "pageInfo":
			look()
			fmt.Fprintf(b, `{"hasNextPage":%t,"endCursor":%q}`, next, cursorText(from+len(nodes)))
		case "nodes":
			look()
			b.WriteByte('[')
			for i, id := range nodes {
				if i > 0 {
					b.WriteByte(',')
				}
				h.object(b, id, part.SelectionSet, variables)
			}
			b.WriteByte(']')
		}
	}
	b.WriteByte('}')
}

func cursorText(n int) string { return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(n))) }

// look gives the list at this moment, in the order of a request.
func (h *history) look(l *memberList, ids []int64, f *ast.Field, nested bool) []int64 {
	list := slices.Clone(l.order)
	if ids != nil {
		list = slices.DeleteFunc(list, func(id int64) bool { return !slices.Contains(ids, id) })
	}
	ties := h.faults.ties
	if nested {
		ties = h.faults.nestedTies
	}
	if f.Arguments.ForName("sortBy") != nil {
		slices.Sort(list)
		return list
	}
	if ties > 0 {
		for group := range slices.Chunk(list, ties) {
			h.x.Shuffle(len(group), func(i, j int) { group[i], group[j] = group[j], group[i] })
		}
	}
	return list
}

// damage applies the faults of pages.
func (h *history) damage(nodes []int64, next, nested bool) ([]int64, bool) {
	count, kind := &h.faults.pages, h.faults.once
	if nested {
		count, kind = &h.faults.nestedPages, h.faults.nestedOnce
	}
	*count++
	now := *count == h.faults.onceAt
	if nested && (h.faults.end == "always" || h.faults.end == "once" && now) {
		next = false
	}
	if n := len(nodes); n > 1 && now && kind != "" {
		nodes = slices.Clone(nodes)
		if kind == "duplicate" {
			nodes[n/2] = nodes[n/2-1]
		} else {
			nodes = slices.Delete(nodes, n/2, n/2+1)
		}
	}
	return nodes, next
}

// moment is a time at which the data may change.
func (h *history) moment(between bool) {
	if h.edits == 0 || h.x.Float64() > h.faults.rate {
		return
	}
	l, isRoot := h.root, true
	if len(h.nested) > 0 && len(h.root.order) > 0 && h.x.IntN(2) == 0 {
		l, isRoot = h.nested[h.root.order[h.x.IntN(len(h.root.order))]], false
	}
	wrong := h.faults.total
	if !isRoot {
		wrong = h.faults.nestedTotal
	}
	if wrong != 0 || !isRoot && !between && h.faults.end != "" {
		return // a wrong total, and a false end, can only be noticed while the data stay the same
	}
	h.edits--
	h.faults.edited++
	h.edit(l, isRoot)
	l.note()
}

func (h *history) edit(l *memberList, isRoot bool) {
	n := len(l.order)
	switch kind := h.x.IntN(5); {
	case kind <= 1 && n > 0: // remove
		at := h.x.IntN(n)
		l.removed[l.order[at]] = h.requests
		l.order = slices.Delete(l.order, at, at+1)
	case kind == 2: // restore
		for _, id := range slices.Sorted(mapsKeys(l.removed)) {
			if h.mayReturn(l.removed[id], isRoot) {
				delete(l.removed, id)
				l.order = slices.Insert(l.order, h.x.IntN(n+1), id)
				return
			}
		}
	case kind == 3: // insert
		if isRoot && h.nested != nil {
			h.nested[l.next] = newMembers(h.x, h.x.IntN(3*h.faults.nestedClamp), l.next*1000)
		}
		l.order = slices.Insert(l.order, h.x.IntN(n+1), l.next)
		l.next++
	case n > 1: // move
		at := h.x.IntN(n)
		id := l.order[at]
		l.order = slices.Insert(slices.Delete(l.order, at, at+1), h.x.IntN(n), id)
	}
}

// mayReturn keeps to what a server must honour: no member returns while ids are read again. Where ids are counted,
// none goes and returns in one request.
func (h *history) mayReturn(removed int, isRoot bool) bool {
	switch {
	case !isRoot:
		return !h.rest
	case h.counts && !h.proofs:
		return false
	}
	return removed < h.requests
}

func mapsKeys(m map[int64]int) func(yield func(int64) bool) {
	return func(yield func(int64) bool) {
		for id := range m {
			if !yield(id) {
				return
			}
		}
	}
}

func idsOfArgs(f *ast.Field, variables map[string]any) []int64 {
	arg := f.Arguments.ForName("ids")
	if arg == nil {
		return nil
	}
	value, _ := arg.Value.Value(variables)
	ids := []int64{}
	for _, v := range value.([]any) {
		switch v := v.(type) {
		case float64:
			ids = append(ids, int64(v))
		case int64:
			ids = append(ids, v)
		}
	}
	return ids
}

// intOf gives a number or the offset of a cursor, 0 if there is none.
func intOf(f *ast.Field, name string, variables map[string]any) int {
	arg := f.Arguments.ForName(name)
	if arg == nil {
		return 0
	}
	value, _ := arg.Value.Value(variables)
	switch v := value.(type) {
	case float64:
		return int(v)
	case int64:
		return int(v)
	case string:
		text, _ := base64.RawURLEncoding.DecodeString(v)
		n, _ := strconv.Atoi(string(text))
		return n
	}
	return 0
}
