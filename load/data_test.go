package load

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/parquetio"
	"github.com/civic-etl/civic-etl/load/internal/tabletest"
	"github.com/civic-etl/civic-etl/schemas"
)

// The tables that the tests of this package and of those below share.
var (
	everyKind    = tabletest.EveryKind
	nasty        = tabletest.Nasty
	nastyIn      = tabletest.NastyIn
	evidence     = tabletest.Evidence
	newGenerator = tabletest.NewGenerator
	put          = tabletest.Append
	batchOf      = tabletest.BatchOf
	tableOf      = tabletest.TableOf
)

// generation makes a batch whose rows all carry the number gen, with texts that
// give two partitions.
func generation(shape *schemas.Table, gen int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, shape.Arrow())
	defer b.Release()
	for i := range 40 {
		put(b.Field(0), int64(gen))
		if i%3 == 0 {
			put(b.Field(1), nil)
		} else {
			put(b.Field(1), "text")
		}
	}
	return b.NewRecordBatch()
}

// rowsOf makes rows of a number that counts from from, and a value.
func rowsOf(shape *schemas.Table, from int, values []any) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, shape.Arrow())
	defer b.Release()
	for i, v := range values {
		put(b.Field(0), int64(from+i))
		put(b.Field(1), v)
	}
	return b.NewRecordBatch()
}

// newEncoder makes the encoder of one file.
func newEncoder(w io.Writer, f format.Format, shape *schemas.Table, metadata map[string]string) (encoder, error) {
	l := &layout{format: f, columns: shape.Columns, key: shape.Key, metadata: metadata, narrow: 1}
	if f.Name == "parquet" {
		var err error
		if l.codec, err = parquetio.Codec(f); err != nil {
			return nil, err
		}
	}
	return l.encoder(w, nil)
}

// isStage reports whether a name is that of a stage of a target.
func isStage(target, name string) bool {
	return strings.HasPrefix(name, "."+filepath.Base(target)+".civic-etl-")
}

// oneIn is n, but in a race run only a part of it.
func oneIn(part, n int) int {
	if raceEnabled {
		return n / part
	}
	return n
}

// step is how far it is from one case to the next: in a race run some are left out.
func step(race int) int {
	if raceEnabled {
		return race
	}
	return 1
}
