package published_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/schemas"
)

// Only the column of the names is decoded.
func ExampleReadColumns() {
	parent, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "out")
	publish(dir, `[{"id": 1, "name": "ALK"}, {"id": 5, "name": "BRAF"}]`)

	show := func(batch arrow.RecordBatch) error {
		fmt.Println(batch.ColumnName(0), batch.Column(0))
		return nil
	}
	check(published.ReadColumns(context.Background(), dir, "genes", []string{"name"}, show))
	// Output:
	// name ["ALK" "BRAF"]
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
