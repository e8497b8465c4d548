package recorded

import (
	"strings"
	"testing"
)

// FuzzNodes: a file of nodes is served or refused with the number of a line.
func FuzzNodes(f *testing.F) {
	f.Add("{\"id\":1}\n{\"id\":2}\n")
	f.Add("\n\n{\"id\":1.5}")
	f.Add("{\"id\":1}{}")
	f.Fuzz(func(t *testing.T, text string) {
		nodes, err := readLines("evidenceItems", strings.NewReader(text))
		if err != nil && (err.Error()[0] < '1' || err.Error()[0] > '9') {
			t.Errorf("the error names no line: %v", err)
		}
		if err == nil && len(nodes) > strings.Count(text, "\n")+1 {
			t.Errorf("%d nodes", len(nodes))
		}
	})
}
