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

// RejectLine is one line of the rejects file.
type RejectLine struct {
	Table  string         `json:"table"`
	Reason string         `json:"reason"`
	Path   string         `json:"path"`
	Record jsontext.Value `json:"record"`
}

func EachReject(r io.Reader, each func(RejectLine) error) error {
	lines := bufio.NewReaderSize(r, disk.BufferSize)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		if err == io.EOF {
			return fmt.Errorf("line %d has no end", n)
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

func parseReject(line []byte) (RejectLine, error) {
	var r RejectLine
	err := json.Unmarshal(line, &r, json.RejectUnknownMembers(true), jsontext.AllowInvalidUTF8(true))
	if err == nil && r.Table == "" {
		err = errors.New("it names no table")
	}
	return r, err
}
