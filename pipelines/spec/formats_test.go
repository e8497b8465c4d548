package spec

import (
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/load/format"
)

// Every compression that a spec may name is one that load knows, and the
// other way round: of any other it says that it cannot.
func TestCompressionsAreLoads(t *testing.T) {
	var names []string
	for _, kind := range format.Names() {
		names = append(names, compressionsOf(kind)...)
	}
	for _, kind := range format.Names() {
		for _, name := range names {
			err := format.Format{Name: kind, Compression: name}.Check()
			known := strings.Contains(" "+strings.Join(compressionsOf(kind), " ")+" ", " "+name+" ")
			if (err == nil) != known {
				t.Errorf("%s with %s: load says %v", kind, name, err)
			}
		}
	}
}

func compressionsOf(format string) []string {
	schema := formatFields(format)[0].To.Schema
	return schema["anyOf"].([]any)[0].(map[string]any)["enum"].([]string)
}
