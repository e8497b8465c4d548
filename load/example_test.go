package load_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// Two rows become a table, published as a folder.
func Example() {
	parent, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(parent)

	table := &schemas.Table{Name: "genes", Key: []string{"id"}, Columns: []schemas.Column{
		{Name: "id", Type: schemas.Type{Kind: schemas.Int64}},
		{Name: "name", Type: schemas.Type{Kind: schemas.String, Nullable: true}},
	}}
	batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, table.Arrow(),
		strings.NewReader(`[{"id": 1, "name": "ALK"}, {"id": 5, "name": null}]`))
	check(err)
	defer batch.Release()

	target := filepath.Join(parent, "out")
	out, err := load.Create(load.Options{
		Target: target, Tables: []*schemas.Table{table}, Formats: []format.Format{{Name: "ndjson"}},
	})
	check(err)
	defer out.Abort()
	check(out.Write(context.Background(), 0, batch))
	tables, err := out.Close(context.Background())
	check(err)
	check(out.Publish(&manifest.Manifest{RunID: "1", Status: "complete", Extract: manifest.Extract{Complete: true}}))

	text, err := os.ReadFile(filepath.Join(target, tables[0].Files[0].Path))
	check(err)
	fmt.Print(tables[0].Files[0].Path, ":\n", string(text))
	// Output:
	// genes.ndjson:
	// {"id":1,"name":"ALK"}
	// {"id":5,"name":null}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
