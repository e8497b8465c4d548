package load

import (
	"fmt"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// Reject is a record that did not become a row of a table.
type Reject struct {
	Table  string
	Reason string
	Path   string // in the record
	Record []byte // its raw JSON
}

// rejects writes the file of rejected records. The first one creates it.
type rejects struct {
	mu     sync.Mutex
	sink   *disk.Sink
	counts map[string]int64
}

// Reject adds a record to _rejects.ndjson and to the table's count. It may be called concurrently with Write, until
// Close.
func (o *Output) Reject(r Reject) error {
	if err := o.rejects.add(o, r); err != nil {
		return fmt.Errorf("write %s: %w", manifest.RejectsName, disk.WithHint(err))
	}
	return nil
}

func (f *rejects) add(o *Output, r Reject) error {
	line, err := r.encode()
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sink == nil {
		staged, err := o.stage.Prepare(manifest.RejectsName)
		if err != nil {
			return err
		}
		if f.sink, err = disk.NewSink(o.options.FS, staged); err != nil {
			return err
		}
	}
	f.counts[r.Table]++
	_, err = f.sink.Write(line)
	return err
}

// encode returns the reject as one line. A record that is not JSON becomes a string.
func (r Reject) encode() ([]byte, error) {
	record := jsontext.Value(r.Record).Clone()
	if record.Compact() != nil {
		var err error
		if record, err = jsontext.AppendQuote(nil, r.Record); err != nil && record == nil {
			return nil, err
		}
	}
	line, err := json.Marshal(struct {
		Table  string         `json:"table"`
		Reason string         `json:"reason"`
		Path   string         `json:"path"`
		Record jsontext.Value `json:"record"`
	}{r.Table, r.Reason, r.Path, record}, jsontext.AllowInvalidUTF8(true))
	return append(line, '\n'), err
}

func (f *rejects) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sink == nil {
		return nil
	}
	err := f.sink.Finish()
	f.sink = nil
	return err
}

func (f *rejects) abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sink != nil {
		f.sink.Abandon()
		f.sink = nil
	}
}
