package readers

import (
	"testing"
)

// job is one run that every reader reads: a spec, what feeds it, and the
// tables it must give.
type job struct {
	spec   string
	flags  func(t *testing.T) []string
	nodes  func(t *testing.T) []object // the source, fetched without civic-etl's client
	tables []wanted
}

// jobs are all the runs. A job that lacks its input skips the subtest it is
// asked from.
func jobs() []job {
	return append(realJobs(), append(nastyJobs(), demoJobs()...)...)
}

func (j job) output(t *testing.T) string {
	t.Helper()
	var flags []string
	if j.flags != nil {
		flags = j.flags(t)
	}
	return output(t, j.spec, flags...)
}

// TestDuckDB reads every table of every job in all three formats and compares
// rows, values and types with the oracle's.
func TestDuckDB(t *testing.T) {
	for _, j := range jobs() {
		t.Run(j.spec, func(t *testing.T) {
			out := j.output(t)
			nodes := j.nodes(t)
			for _, w := range j.tables {
				t.Run(w.table, func(t *testing.T) { checkFormats(t, out, w, expect(t, nodes, w)) })
			}
		})
	}
}
