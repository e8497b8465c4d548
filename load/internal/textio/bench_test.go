package textio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/tabletest"
)

// BenchmarkText encodes, checks and decodes 8,000 evidence rows.
func BenchmarkText(b *testing.B) {
	shape := tabletest.Evidence()
	batch := tabletest.NewGenerator(1).Batch(shape, 0, 8000)
	ctx := context.Background()
	for _, name := range []string{"ndjson", "tsv"} {
		o := Options{Format: format.Format{Name: name}, Columns: shape.Columns}
		text, _ := write(b, o, batch)
		for what, f := range map[string]func() error{
			"write": func() error {
				e, err := NewEncoder(io.Discard, o)
				return errors.Join(err, e.Write(ctx, batch), e.Close(ctx))
			},
			"check": func() error {
				c := NewCheck(o)
				return errors.Join(c.read(ctx, bytes.NewReader(text)), c.reader.end())
			},
			"rows": func() error {
				return ReadRows(ctx, bytes.NewReader(text), o, func(arrow.RecordBatch) error { return nil })
			},
		} {
			b.Run(name+"/"+what, func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
