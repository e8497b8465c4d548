package load

import (
	"context"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/schemas"
)

// TestMemoryIsFlat writes a few and many rows: what the heap takes at most does
// not follow their number, nor that of the partitions.
func TestMemoryIsFlat(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("writes 200 MB, and a race run's memory is not ours")
	}
	g, shape := newGenerator(1), evidence()
	var batches []arrow.RecordBatch
	for i := range 5 {
		batches = append(batches, g.Batch(shape, i*2000, 2000))
	}
	defer func() {
		for _, b := range batches {
			b.Release()
		}
	}()
	for _, f := range []format.Format{{Name: "parquet", RowGroupRows: 10_000}, {Name: "ndjson"}, {Name: "tsv"}} {
		for _, partition := range []string{"", "evidence_level", "disease"} {
			if f.Name != "parquet" && partition == "evidence_level" {
				continue
			}
			few, many := peak(t, f, partition, batches, 10), peak(t, f, partition, batches, 40)
			t.Logf("%s by %q: %d MB, then %d MB", f.Name, partition, few/1e6, many/1e6)
			if limit := uint64(250e6); many > few*3/2+30e6 || many > limit {
				t.Errorf("%s by %q: %d MB for 20,000 rows, %d MB for 80,000", f.Name, partition, few/1e6, many/1e6)
			}
		}
	}
}

func peak(t *testing.T, f format.Format, partition string, batches []arrow.RecordBatch, n int) uint64 {
	t.Helper()
	shape := evidence()
	if partition != "" {
		shape.PartitionBy = []string{partition}
	}
	stop := watchMemory()
	out, err := Create(Options{Target: fastDir(t) + "/out", Tables: []*schemas.Table{shape}, Formats: []format.Format{f}})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Abort()
	for i := range n {
		if err := out.Write(context.Background(), 0, batches[i%len(batches)]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := out.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return stop()
}
