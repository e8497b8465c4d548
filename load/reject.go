package load

import (
	"fmt"
	"sync"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// rejects writes the file of rejected records. The first one creates it.
type rejects struct {
	mu     sync.Mutex
	sink   *disk.Sink
	counts map[string]int64
}

// Reject adds a record to _rejects.ndjson and to the table's count. It may be called concurrently with Write, until
// Close.
func (o *Output) Reject(r manifest.Reject) error {
	if err := o.rejects.add(o, r); err != nil {
		return fmt.Errorf("write %s: %w", manifest.RejectsName, disk.WithHint(err))
	}
	return nil
}

func (f *rejects) add(o *Output, r manifest.Reject) error {
	line, err := r.Encode()
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
