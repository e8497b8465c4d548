package parquetio

import (
	"cmp"
	"context"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/schemas"
)

// oneIn is n, but in a race run only a part of it.
func oneIn(part, n int) int {
	if raceEnabled {
		return n / part
	}
	return n
}

func columnOf(name string, kind schemas.Kind, list bool) schemas.Column {
	return schemas.Column{Name: name, Type: schemas.Type{Kind: kind, List: list, Nullable: name != "id", ElementNullable: list}}
}

// optionsOf are the options of a file in a format.
func optionsOf(t testing.TB, f format.Format, shape *schemas.Table, narrow int) Options {
	t.Helper()
	codec, err := Codec(f)
	if err != nil {
		t.Fatal(err)
	}
	return Options{Columns: shape.Columns, Key: shape.Key, Narrow: narrow, Codec: codec,
		RowGroupRows: cmp.Or(f.RowGroupRows, format.DefaultRowGroupRows)}
}

// encode writes batches as one file.
func encode(t testing.TB, w io.Writer, f format.Format, shape *schemas.Table, batches ...arrow.RecordBatch) {
	t.Helper()
	e := NewEncoder(w, optionsOf(t, f, shape, 1))
	for _, batch := range batches {
		if err := e.Write(context.Background(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}
