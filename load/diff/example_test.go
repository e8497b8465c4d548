package diff_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/load/diff"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// Between two runs one gene was renamed, one was added and one was removed.
func Example() {
	parent, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(parent)
	before, after := filepath.Join(parent, "before"), filepath.Join(parent, "after")
	publish(before, `[{"id": 1, "name": "ALK"}, {"id": 4, "name": "androgen receptor"}, {"id": 5, "name": "BRAF"}]`)
	publish(after, `[{"id": 4, "name": "AR"}, {"id": 5, "name": "BRAF"}, {"id": 19, "name": "EGFR"}]`)

	comparison, err := diff.Open(before, after)
	check(err)
	defer comparison.Close()
	table, err := comparison.Table(context.Background(), "genes")
	check(err)
	fmt.Println(table.Added, "added,", table.Removed, "removed,", table.Changed, "changed,", table.Same, "same")
	check(table.Changes(context.Background(), -1, func(c diff.Change) error {
		for _, v := range c.Columns {
			fmt.Printf("%s %s: %s %s -> %s\n", c.Change, c.Key[0].JSON, v.Column, v.Old, v.New)
		}
		return nil
	}))
	// Output:
	// 1 added, 1 removed, 1 changed, 1 same
	// added 19: id null -> 19
	// added 19: name null -> "EGFR"
	// removed 1: id 1 -> null
	// removed 1: name "ALK" -> null
	// changed 4: name "androgen receptor" -> "AR"
}

// publish writes the genes as NDJSON and publishes them as a folder.
func publish(dir, genes string) {
	table := &schemas.Table{Name: "genes", Key: []string{"id"}, Columns: []schemas.Column{
		{Name: "id", Type: schemas.Type{Kind: schemas.Int64}},
		{Name: "name", Type: schemas.Type{Kind: schemas.String}},
	}}
	batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, table.Arrow(), strings.NewReader(genes))
	check(err)
	defer batch.Release()
	out, err := load.Create(load.Options{
		Target: dir, Tables: []*schemas.Table{table}, Formats: []format.Format{{Name: "ndjson"}},
	})
	check(err)
	defer out.Abort()
	check(out.Write(context.Background(), 0, batch))
	_, err = out.Close(context.Background())
	check(err)
	check(out.Publish(&manifest.Manifest{RunID: "1", Status: "complete", Extract: manifest.Extract{Complete: true}}))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
