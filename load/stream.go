package load

import (
	"fmt"
	"io"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/schemas"
)

// Stream writes one table to a writer, as NDJSON or TSV.
type Stream = textio.Encoder

// NewStream writes the table to w, which stays open.
func NewStream(w io.Writer, f format.Format, table *schemas.Table) (*Stream, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	if !f.Streams() {
		return nil, fmt.Errorf("%s cannot be written to a stream: use ndjson or tsv", f.Name)
	}
	return textio.NewEncoder(w, textio.Options{Format: f, Columns: table.Columns})
}
