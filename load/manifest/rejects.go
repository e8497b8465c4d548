package manifest

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/disk"
)

// Reject is a record that did not become a row of a table: a line of RejectsName.
type Reject struct {
	Table  string         `json:"table"`
	Reason string         `json:"reason"`
	Path   string         `json:"path"` // in the record
	Record jsontext.Value `json:"record"`
}

// Encode returns the line. A record that is not JSON becomes a string.
func (r Reject) Encode() ([]byte, error) {
	record := r.Record.Clone()
	if record.Compact() != nil {
		var err error
		if record, err = jsontext.AppendQuote(nil, r.Record); err != nil && record == nil {
			return nil, err
		}
	}
	r.Record = record
	line, err := json.Marshal(r, jsontext.AllowInvalidUTF8(true))
	return append(line, '\n'), err
}

// EachReject reads the file of rejected records. A reject is valid until each returns.
func EachReject(r io.Reader, each func(Reject) error) error {
	lines := bufio.NewReaderSize(r, disk.BufferSize)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("line %d is not complete", n)
		case err != nil:
			return err
		}
		reject, err := parseReject(line)
		if err == nil {
			err = each(reject)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
}

func parseReject(line []byte) (Reject, error) {
	var r Reject
	err := json.Unmarshal(line, &r, json.RejectUnknownMembers(true), jsontext.AllowInvalidUTF8(true))
	if err == nil && r.Table == "" {
		err = errors.New("it names no table")
	}
	return r, err
}
