package manifest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/civic-etl/civic-etl/load/manifest"
)

// A folder's manifest tells the tables and their files, without reading them.
func ExampleRead() {
	dir, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(dir)
	text, err := (&manifest.Manifest{Version: manifest.Version, RunID: "1", Status: "complete",
		Tables: map[string]manifest.Table{"genes": {
			Rows: 2, Key: []string{"id"},
			Columns: []manifest.Column{{Name: "id", Type: "int64"}, {Name: "name", Type: "string", Nullable: true}},
			Files:   []manifest.File{{Path: "genes.ndjson", Format: "ndjson", Rows: 2, SHA256: strings.Repeat("0", 64)}},
		}},
	}).Encode()
	check(err)
	check(os.WriteFile(filepath.Join(dir, manifest.Name), text, 0o644))

	m, err := manifest.Read(dir)
	check(err)
	table, err := m.Table(dir, "") // the only one
	check(err)
	fmt.Println(m.Status+":", table.Rows, table.Name, "in", table.Files[0].Path)
	for _, c := range table.Columns {
		fmt.Println(c.Name, c.TypeText())
	}
	// Output:
	// complete: 2 genes in genes.ndjson
	// id int64 not null
	// name string
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
