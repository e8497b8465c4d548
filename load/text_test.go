package load

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, got, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (run with -update to accept):\n%s", name, got)
	}
}

func TestGoldenText(t *testing.T) {
	shape := everyKind()
	for name, f := range map[string]format.Format{
		"every_kind.ndjson":     {Name: "ndjson"},
		"every_kind.tsv":        {Name: "tsv"},
		"every_kind.squish.tsv": {Name: "tsv", Squish: true, Null: "NA"},
	} {
		var b bytes.Buffer
		s, err := NewStream(&b, f, shape)
		if err != nil {
			t.Fatal(err)
		}
		for _, batch := range []arrow.RecordBatch{nasty(shape, 0, 12), nasty(shape, 40, 8)} {
			if err := s.Write(context.Background(), batch); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

func TestStreamRefuses(t *testing.T) {
	for want, f := range map[string]format.Format{"use ndjson or tsv": {Name: "parquet"}, "unknown format": {Name: "csv"}} {
		if _, err := NewStream(&bytes.Buffer{}, f, everyKind()); err == nil || !strings.Contains(err.Error(), want) {
			t.Error(err)
		}
	}
}

// TestStreamWritesAtOnce: what was given to Write is on its way when it returns.
func TestStreamWritesAtOnce(t *testing.T) {
	var b bytes.Buffer
	shape := everyKind()
	s, err := NewStream(&b, format.Format{Name: "ndjson"}, shape)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write(context.Background(), nasty(shape, 0, 3)); err != nil {
		t.Fatal(err)
	}
	if bytes.Count(b.Bytes(), []byte("\n")) != 3 {
		t.Errorf("%q", b.String())
	}
}

func TestJSONRefusesWhatItCannotWrite(t *testing.T) {
	for want, c := range map[string]struct {
		kind  schemas.Kind
		value any
	}{
		"JSON has no number for NaN":  {schemas.Float64, math.NaN()},
		"JSON has no number for -Inf": {schemas.Float64, math.Inf(-1)},
		"the year 10000":              {schemas.Date, arrow.Date32(2932897)},
		"the year -1":                 {schemas.Timestamp, arrow.Timestamp(-62167219200_000001)},
	} {
		shape := &schemas.Table{Columns: []schemas.Column{{Name: "c", Type: schemas.Type{Kind: c.kind}}}}
		s, err := NewStream(&bytes.Buffer{}, format.Format{Name: "ndjson"}, shape)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Write(context.Background(), batchOf(shape, c.value))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "column c, row 1") {
			t.Errorf("%v, not %q", err, want)
		}
	}
}

// TestDamageIsFollowed: a byte that changes on its way to the disk early in a
// large text is noticed, and nothing is published.
func TestDamageIsFollowed(t *testing.T) {
	shape := everyKind()
	batch := nasty(shape, 0, 400)
	for _, f := range []format.Format{{Name: "ndjson"}, {Name: "tsv"}} {
		for _, at := range []int64{700, 300_000} {
			out, err := Create(Options{Target: filepath.Join(fastDir(t), "out"), Tables: []*schemas.Table{shape}, Formats: []format.Format{f}, FS: &damagedFS{at: at}})
			if err != nil {
				t.Fatal(err)
			}
			writes := 0
			for ; writes < 20 && err == nil; writes++ {
				err = out.Write(context.Background(), 0, batch)
			}
			if err == nil {
				_, err = out.Close(context.Background())
			}
			if !errors.Is(err, digest.ErrDiffers) || !strings.Contains(err.Error(), "re-read") {
				t.Errorf("%s, byte %d: %v", f.Name, at, err)
			}
			if out.Publish(&manifest.Manifest{RunID: "x"}) == nil {
				t.Errorf("%s, byte %d: published", f.Name, at)
			}
			out.Abort()
		}
	}
}
