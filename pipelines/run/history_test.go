package run

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// historyKinds are the ways in which records can be paged and proven.
var historyKinds = []struct {
	connection, single string
	ids                bool
	columns            string
}{
	{"variantGroups", "variantGroup", true, "id: id, members: variants.id"},
	{"variantGroups", "", true, "id: id, members: variants.id"},
	{"genes", "gene", false, "id: id, members: variants.id"},
	{"genes", "", false, "id: id"},
	{"evidenceItems", "evidenceItem", true, "id: id"},
	{"variants", "variant", true, "id: id, members: molecularProfiles.id"},
}

var historyPages = []int{3, 8, 40}

// historyPlans are the plans of all kinds, by page size.
func historyPlans(t *testing.T) (plans [][]*plan.Plan) {
	for _, kind := range historyKinds {
		var sizes []*plan.Plan
		for _, page := range historyPages {
			p := compiled(t, fmt.Sprintf("version: 1\nname: history\nsource: {retries: 1, concurrency: 1}\n"+
				"extract: {from: %s, page_size: %d}\ncolumns: {%s}\nload: {to: out, formats: [ndjson]}\n",
				kind.connection, page, kind.columns))
			connection := *p.Connection
			connection.Single = kind.single
			for i := range p.Pagings {
				p.Pagings[i].Connection = &connection
			}
			sizes = append(sizes, p)
		}
		plans = append(plans, sizes)
	}
	return plans
}

// newHistory draws a server, and the index of its kind and page size.
func newHistory(seed uint64) (h *history, kind, size int) {
	x := rand.New(rand.NewPCG(seed, 2))
	kind, size = x.IntN(len(historyKinds)), x.IntN(len(historyPages))
	k, page := historyKinds[kind], historyPages[size]
	h = &history{x: x, connection: k.connection, single: k.single, ids: k.ids, asked: map[string]*ast.QueryDocument{}}
	h.root = newMembers(x, x.IntN(4*page), 1)
	h.faults = historyFaults{clamp: 300, nestedClamp: 2 + x.IntN(6), onceAt: 1 + x.IntN(6)}
	if len(k.columns) > len("id: id") {
		h.nested = map[int64]*memberList{}
		for _, id := range h.root.order {
			h.nested[id] = newMembers(x, x.IntN(3*h.faults.nestedClamp), id*1000)
		}
	}
	h.drawFaults(page)
	return h, kind, size
}

func (h *history) drawFaults(page int) {
	x, f := h.x, &h.faults
	some := func(n int) bool { return x.IntN(n) == 0 }
	if !some(4) {
		h.edits, f.rate = 1+x.IntN(12), []float64{0.02, 0.1, 0.5}[x.IntN(3)]
	}
	if some(2) {
		f.clamp = 1 + x.IntN(page)
	}
	if some(3) {
		f.ties = 2 + x.IntN(2*page)
	}
	if some(3) {
		f.nestedTies = 2 + x.IntN(2*f.nestedClamp)
	}
	if some(4) {
		f.once = []string{"drop", "duplicate"}[x.IntN(2)]
	}
	if some(4) {
		f.nestedOnce = []string{"drop", "duplicate"}[x.IntN(2)]
	}
	if some(4) {
		f.end = []string{"once", "always"}[x.IntN(2)]
	}
	if some(8) {
		f.total = []int{-1, 1, 3}[x.IntN(3)]
	}
	if some(8) {
		f.nestedTotal = []int{-1, 1, 3}[x.IntN(3)]
	}
	// Nobody can notice a total that hides what pages hide.
	if f.once != "" {
		f.total = max(f.total, 0)
	}
	if f.nestedOnce != "" || f.end != "" {
		f.nestedTotal = max(f.nestedTotal, 0)
	}
}

// verdict says what is wrong with the published rows: each list must be one that the server had at some moment.
func (h *history) verdict(out []byte) string {
	var ids []int64
	for line := range bytes.Lines(out) {
		var row struct {
			ID      int64
			Members []int64
		}
		if err := json.Unmarshal(line, &row); err != nil {
			return err.Error()
		}
		ids = append(ids, row.ID)
		if h.nested == nil {
			continue
		}
		if l := h.nested[row.ID]; !l.versions[setText(row.Members)] {
			return fmt.Sprintf("record %d has the members %v, and never had them; it has %v", row.ID, row.Members, l.order)
		}
	}
	if !h.root.versions[setText(ids)] {
		return fmt.Sprintf("published %v; the server never had them; it has %v", setText(ids), setText(h.root.order))
	}
	return ""
}

// tellHistories runs so many servers, and gives what was wrong with what was published.
func tellHistories(t *testing.T, from, to uint64, set ...func(*Runner)) (wrong []string) {
	t.Helper()
	plans, outcomes, edits := historyPlans(t), map[string]int{}, 0
	for seed := from; seed < to; seed++ {
		h, kind, size := newHistory(seed)
		var out bytes.Buffer
		r := testRunner("http://history.localhost/api/graphql")
		r.Transport, r.Stdout = h, &out
		for _, f := range set {
			f(r)
		}
		faults := fmt.Sprintf("%+v", h.faults)
		var err error
		synctest.Test(t, func(t *testing.T) {
			_, err = r.Run(t.Context(), []*plan.Plan{plans[kind][size]})
		})
		outcome := exitOf(err)
		if err == nil {
			outcome = "published"
			edits += h.faults.edited
			if what := h.verdict(out.Bytes()); what != "" {
				wrong = append(wrong, fmt.Sprintf("history %d, %v in pages of %d, %s: %s",
					seed, historyKinds[kind], historyPages[size], faults, what))
			}
		}
		if outcome == "exit 1" {
			wrong = append(wrong, fmt.Sprintf("history %d, %v in pages of %d, %s: %v",
				seed, historyKinds[kind], historyPages[size], faults, err))
		}
		outcomes[outcome]++
	}
	t.Logf("%v, with %d edits under published runs", outcomes, edits)
	return wrong
}

// TestHistories holds the proof of completeness against servers whose data change at any moment: what is published is
// what the server had at a moment, for the records and for each nested list; else the exit status is 3.
// CIVIC_ETL_HISTORIES sets how many.
func TestHistories(t *testing.T) {
	n, _ := strconv.ParseUint(os.Getenv("CIVIC_ETL_HISTORIES"), 10, 64)
	for _, wrong := range tellHistories(t, 0, cmp.Or(n, 2000)) {
		t.Error(wrong)
	}
}

// TestHistoriesCanFail: without the proof, wrong data are published.
func TestHistoriesCanFail(t *testing.T) {
	wrong := tellHistories(t, 0, 300, func(r *Runner) { r.unproven = true })
	if len(wrong) < 20 {
		t.Errorf("without the proof only this went wrong: %q", wrong)
	}
}
