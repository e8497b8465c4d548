package transform

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
)

// TestCopiedTexts: a long text beside a long list would take their product in memory. Such a record is rejected, and a
// page of many is refused as a whole.
func TestCopiedTexts(t *testing.T) {
	const long = 1 << 20
	record := func(id, elements int) string {
		list := strings.TrimSuffix(strings.Repeat(`{"n":1},`, elements), ",")
		return fmt.Sprintf(`{"id":%d,"s":"%s","l":[%s]}`, id, strings.Repeat("x", long), list)
	}
	tables := map[string]Table{
		"rows":   {Name: "t", Rows: keys("l[]"), Columns: []Column{num("id", "id"), str("s", "s"), num("n", "l[].n")}},
		"repeat": {Name: "t", Columns: []Column{num("id", "id"), str("s", "s"), repeated("nr", "30 * (id % 2) + 3")}},
	}
	for name, table := range tables {
		t.Run(name, func(t *testing.T) {
			d := decoder(t, Options{ID: keys("id"), Tables: []Table{table}})
			rows := 0
			emit := func(_ int, b arrow.RecordBatch) error {
				rows += int(b.NumRows())
				b.Release()
				return nil
			}
			result, err := d.Decode(page(record(1, 33), record(2, 3)), emit)
			if err == nil {
				err = d.Flush(emit)
			}
			if err != nil || rows != 3 || len(result.Rejects) != 1 ||
				!strings.HasSuffix(result.Rejects[0].Reason, "the record's rows would take more than 32 MB") {
				t.Fatalf("%d rows, %+v, %v", rows, result.Rejects, err)
			}
			many := make([]string, 25)
			for i := range many {
				many[i] = record(2*i+10, 3)
			}
			_, err = d.Decode(page(many...), emit)
			if refused := new(PageError); !errors.As(err, &refused) || !strings.Contains(err.Error(), "extract.page_size") {
				t.Errorf("many records: %v", err)
			}
			if _, err := d.Decode(page(many[:10]...), emit); err != nil {
				t.Errorf("fewer records: %v", err)
			}
		})
	}
}
