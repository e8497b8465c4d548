package inspect_test

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
	"github.com/civic-etl/civic-etl/load/inspect"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// A report describes a published folder, or one of its files.
func ExampleRead() {
	parent, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "out")
	publish(dir, `[{"id": 1, "name": "ALK"}, {"id": 5, "name": "BRAF"}]`)

	folder, err := inspect.Read(context.Background(), dir, 1)
	check(err)
	fmt.Println(folder.Kind, "of a run that is", folder.Manifest.Status)
	fmt.Printf("first row of %s: %s\n", folder.Samples[0].Table, folder.Samples[0].Rows[0])

	file, err := inspect.Read(context.Background(), filepath.Join(dir, "genes.ndjson"), 0)
	check(err)
	fmt.Println(file.Kind, "of", file.Rows, "rows")
	for _, c := range file.Columns {
		fmt.Println(c.Name, c.Type)
	}
	// Output:
	// folder of a run that is complete
	// first row of genes: {"id":1,"name":"ALK"}
	// ndjson of 2 rows
	// id int64
	// name string
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
