package parquetio

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/tabletest"
	"github.com/civic-etl/civic-etl/schemas"
)

// TestPagesAhead: parquet-go asks for the pages compressed ahead, and they do not
// change the file.
func TestPagesAhead(t *testing.T) {
	if runtime.GOMAXPROCS(0) == 1 {
		t.Skip("one core: nothing is compressed ahead")
	}
	shape := &schemas.Table{Key: []string{"key"}, Columns: []schemas.Column{
		{Name: "key", Type: schemas.Type{Kind: schemas.String}}, // never a dictionary
		{Name: "text", Type: schemas.Type{Kind: schemas.String}},
		{Name: "null", Type: schemas.Type{Kind: schemas.String, Nullable: true}},
	}}
	rng := rand.New(rand.NewPCG(1, 2))
	const rows = 40_000
	values := make([][]any, rows)
	for i := range values {
		text := fmt.Sprintf("%0300x", rng.Uint64())
		values[i] = []any{text, text, text}
		if i%7 == 0 {
			values[i][2] = nil
		}
	}
	for _, codec := range []string{"zstd", "snappy", "none"}[:oneIn(3, 3)] {
		for _, group := range []int{0, 9_999} {
			write := func(look bool, sizes ...int) ([]byte, *Encoder) {
				var b bytes.Buffer
				f := format.Format{Name: "parquet", Compression: codec, RowGroupRows: group}
				e := NewEncoder(&b, optionsOf(t, f, shape, 4))
				for _, c := range e.columns {
					if c.ahead != nil && !look {
						c.ahead.limits = pageLimits{rows: 1 << 30, bytes: 1 << 30} // never full
					}
				}
				for from, i := 0, 0; from < rows; i++ {
					to := min(rows, from+sizes[i%len(sizes)])
					if err := e.Write(context.Background(), tabletest.TableOf(shape, values[from:to])); err != nil {
						t.Fatal(err)
					}
					from = to
				}
				if err := e.Close(context.Background()); err != nil {
					t.Fatal(err)
				}
				return b.Bytes(), e
			}
			want, _ := write(false, rows)
			got, e := write(true, 1, 700, 5_000, 3)
			if !bytes.Equal(got, want) {
				t.Errorf("%s, row groups of %d: another file", codec, group)
			}
			for i, c := range e.columns {
				if codec == "none" && c.ahead != nil || codec != "none" && c.ahead.hits < 20 {
					t.Errorf("%s, row groups of %d, column %d: %+v", codec, group, i, c.ahead)
				}
			}
		}
	}
}
