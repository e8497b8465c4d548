package verify_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/load/verify"
	"github.com/civic-etl/civic-etl/schemas"
)

// A folder is as its manifest says, until someone edits a file.
func ExampleFolder() {
	parent, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "out")
	publish(dir, `[{"id": 1, "name": "ALK"}, {"id": 5, "name": "BRAF"}]`)

	result, err := verify.Folder(context.Background(), dir)
	check(err)
	fmt.Println("ok:", result.OK, "rows:", result.Rows)

	check(os.WriteFile(filepath.Join(dir, "genes.ndjson"), []byte(`{"id":1,"name":"ALK"}`+"\n"), 0o644))
	result, err = verify.Folder(context.Background(), dir)
	check(err)
	fmt.Println("ok:", result.OK)
	for _, f := range result.Findings {
		fmt.Println(f.Kind, "of", f.Path)
	}
	// Output:
	// ok: true rows: 2
	// ok: false
	// bytes of genes.ndjson
	// rows of genes.ndjson
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
	now, sum := time.Now(), strings.Repeat("00", 32)
	check(out.Publish(&manifest.Manifest{
		RunID: "1", Status: "complete", StartedAt: now, FinishedAt: now, ToolVersion: "dev",
		Spec: manifest.Spec{Name: "genes", SHA256: sum},
		Source: manifest.Source{Endpoint: "https://civicdb.org/api/graphql", Connection: "genes", Paging: "ids",
			QuerySHA256: sum},
		Extract: manifest.Extract{Complete: true, Proof: "ids"},
	}))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
