package parquetio

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/civic-etl/civic-etl/schemas"
)

// TestDictionaryFinds: every value keeps its index while the table grows, and a
// reset forgets all of them.
func TestDictionaryFinds(t *testing.T) {
	d := newDictionaryType(schemas.String, 1000, 1).NewDictionary(0, 0, parquet.ByteArrayType.NewValues(nil, nil)).(*dictionary)
	for range 2 {
		for round := range 2 {
			for i := range 5000 {
				if got := d.find([]byte(fmt.Sprint(i))); got != int32(i) {
					t.Fatalf("round %d: value %d has the index %d", round, i, got)
				}
			}
		}
		if d.Len() != 5000 {
			t.Errorf("%d values", d.Len())
		}
		d.Reset()
	}
}

// TestDictionaryPays: a dictionary is given up at its first small page if nearly
// all values are distinct, and stays if they come from a pool that a row group
// draws from many times.
func TestDictionaryPays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const group = 122_880
	for _, c := range []struct {
		pool, n int
		want    bool
	}{{100, 2500, true}, {9_000, 2500, true}, {9_000, 256, true}, {20_000, 40_000, true}, {60_000, 2500, false}, {1 << 40, 256, false}, {1 << 40, 2500, false}, {40_000, 100_000, false}} {
		distinct := map[int]bool{}
		for range c.n {
			distinct[rng.IntN(c.pool)] = true
		}
		if got := newDictionaryType(schemas.String, group, 1).pays(len(distinct), c.n); got != c.want {
			t.Errorf("%d of %d values are distinct, from a pool of %d: a dictionary pays: %t", len(distinct), c.n, c.pool, got)
		}
	}
}
