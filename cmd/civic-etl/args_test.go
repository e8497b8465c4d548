package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/args"
)

func TestReorder(t *testing.T) {
	app := newApp(io.Discard, io.Discard)
	for _, test := range []struct{ in, want string }{
		{"civic-etl", "civic-etl"},
		{"civic-etl run evidence --demo", "civic-etl run --demo evidence"},
		{"civic-etl run evidence --out o variants -q", "civic-etl run --out o -q evidence variants"},
		{"civic-etl run evidence --out=o x", "civic-etl run --out=o evidence x"},
		{"civic-etl run a --set k=v --set l=w", "civic-etl run --set k=v --set l=w a"},
		{"civic-etl run a -- --demo", "civic-etl run a -- --demo"},
		{"civic-etl run a --demo -- b --demo", "civic-etl run --demo a -- b --demo"},
		{"civic-etl run - --demo", "civic-etl run --demo -"},
		{"civic-etl run a --out", "civic-etl run --out a"},
		{"civic-etl nonsense a --x", "civic-etl nonsense a --x"},
		{"civic-etl __complete -- run a --x", "civic-etl __complete -- run a --x"},
		{"civic-etl plan spec.yaml --json", "civic-etl plan --json spec.yaml"},
	} {
		got, unknown := args.Reorder(app, strings.Fields(test.in))
		if unknown != nil || !slices.Equal(got, strings.Fields(test.want)) {
			t.Errorf("Reorder(%s) = %v, %v, want %s", test.in, got, unknown, test.want)
		}
	}
}
