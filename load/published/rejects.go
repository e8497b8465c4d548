package published

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/load/disk"
)

// Reject is a line of the rejects file.
type Reject struct {
	Table  string         `json:"table"`
	Reason string         `json:"reason"`
	Path   string         `json:"path"`
	Record jsontext.Value `json:"record"`
}

// EachReject reads a rejects file. A reject is valid until each returns.
func EachReject(r io.Reader, each func(Reject) error) error {
	lines := bufio.NewReaderSize(r, disk.BufferSize)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		if err == io.EOF {
			return fmt.Errorf("line %d is not complete", n)
		}
		if err != nil {
			return err
		}
		reject, err := parseReject(bytes.TrimSuffix(line, []byte{'\n'}))
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
