package load

import (
	"context"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

const (
	benchRows  = 200_000
	benchBatch = 4_000
)

// benchBatches are 200,000 evidence rows, 1.5 KB of JSON each.
var benchBatches = sync.OnceValue(func() []arrow.RecordBatch {
	g, shape := newGenerator(1), evidence()
	var all []arrow.RecordBatch
	for from := 0; from < benchRows; from += benchBatch {
		all = append(all, g.Batch(shape, from, benchBatch))
	}
	return all
})

// BenchmarkOutput writes, syncs, re-reads and publishes. It reports the size of
// what landed, and the most memory in use beyond the input.
func BenchmarkOutput(b *testing.B) {
	cases := []struct {
		name      string
		formats   []format.Format
		partition []string
	}{
		{"parquet", []format.Format{{Name: "parquet"}}, nil},
		{"parquet zstd-1", []format.Format{{Name: "parquet", Level: 1}}, nil},
		{"parquet snappy", []format.Format{{Name: "parquet", Compression: "snappy"}}, nil},
		{"parquet 32k", []format.Format{{Name: "parquet", RowGroupRows: 32_768}}, nil},
		{"parquet 5 partitions", []format.Format{{Name: "parquet"}}, []string{"evidence_level"}},
		{"parquet 351 partitions", []format.Format{{Name: "parquet"}}, []string{"disease"}},
		{"ndjson", []format.Format{{Name: "ndjson"}}, nil},
		{"ndjson gzip", []format.Format{{Name: "ndjson", Compression: "gzip"}}, nil},
		{"tsv", []format.Format{{Name: "tsv"}}, nil},
		{"all", []format.Format{{Name: "parquet"}, {Name: "ndjson"}, {Name: "tsv"}}, nil},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			shape := evidence()
			shape.PartitionBy = c.partition
			batches := benchBatches()
			dir := filepath.Join(b.TempDir(), "out")
			b.SetBytes(raw(batches))
			stop := watchMemory()
			cpu := cpuSeconds()
			var closing time.Duration
			var landed int64
			for b.Loop() {
				out, err := Create(Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: c.formats})
				if err != nil {
					b.Fatal(err)
				}
				for _, batch := range batches {
					if err := out.Write(context.Background(), 0, batch); err != nil {
						b.Fatal(err)
					}
				}
				start := time.Now()
				r, err := out.Close(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				closing += time.Since(start)
				if err := out.Publish(&manifest.Manifest{RunID: "bench"}); err != nil {
					b.Fatal(err)
				}
				landed = 0
				for _, f := range r[0].Files {
					landed += f.Bytes
				}
			}
			b.ReportMetric(float64(stop())/1e6, "peak-MB")
			b.ReportMetric((cpuSeconds()-cpu)/float64(b.N), "cpu-s")
			b.ReportMetric(float64(landed)/1e6, "file-MB")
			b.ReportMetric(closing.Seconds()/float64(b.N), "close-s")
		})
	}
}

func raw(batches []arrow.RecordBatch) int64 {
	var n int64
	for _, b := range batches {
		for _, c := range b.Columns() {
			n += int64(c.Data().SizeInBytes())
		}
	}
	return n
}

// cpuSeconds is the processor time of this process: a better measure than the
// clock where others work on the same machine.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// watchMemory samples what the heap takes; the function it gives stops and
// tells the most seen, less what was in use at the start.
func watchMemory() func() uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() uint64 { metrics.Read(sample); return sample[0].Value.Uint64() }
	base, most := read(), uint64(0)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
				most = max(most, read())
			}
		}
	}()
	return func() uint64 { close(done); <-ended; return most - min(base, most) }
}
