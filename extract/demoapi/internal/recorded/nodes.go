// Package recorded serves nodes of the real API that were written to files.
//
// It takes NDJSON, compressed with gzip or not, where each line is a node as the API returned it, and gives records of
// it. It never checks values against the schema; the executor does when they are asked for.
package recorded

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/listing"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
	"github.com/civic-etl/civic-etl/schemas"
)

// Limits of a file of nodes.
const (
	maxLine  = 16 << 20 // bytes
	maxNodes = 1_000_000
)

// Node is a node, or an object inside one.
type Node struct {
	fields     map[string]any
	connection string
}

// Missing is the error of a field that was not recorded.
type Missing struct{ error }

// Field implements record.Record.
func (r Node) Field(field string) any {
	v, ok := r.fields[field]
	if !ok {
		return Missing{fmt.Errorf("the recorded nodes of %s lack the field %q", r.connection, field)}
	}
	return r.wrap(v)
}

// wrap makes nodes of the objects in a value.
func (r Node) wrap(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return Node{v, r.connection}
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = r.wrap(e)
		}
		return out
	}
	return v
}

// MarshalJSON returns the object, for the JSON scalar.
func (r Node) MarshalJSON() ([]byte, error) { return json.Marshal(r.fields) }

// Rows returns the records of a recorded connection.
func (r Node) Rows() (record.Rows, bool) {
	list, ok := r.wrap(r.fields["nodes"]).([]any)
	if !ok {
		return record.Rows{}, false
	}
	out := record.Rows{}
	for _, e := range list {
		if e, ok := e.(Node); ok {
			out.Of = append(out.Of, e)
		}
	}
	return out, true
}

// Fits reports whether a type declares all fields of the node.
func (r Node) Fits(t *ast.Definition) bool {
	for name := range r.fields {
		if t.Fields.ForName(name) == nil {
			return false
		}
	}
	return true
}

// Read reads the files of connections.
func Read(schema *schemas.Schema, files map[string]string) (map[string][]record.Record, error) {
	out := map[string][]record.Record{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c, err := schema.Connection(name)
		if err != nil {
			return nil, fmt.Errorf("nodes of %s: %w", name, err)
		}
		if out[name], err = readFile(c.Name, files[name]); err != nil {
			return nil, fmt.Errorf("nodes of %s: %w", name, err)
		}
	}
	return out, nil
}

func readFile(connection, path string) ([]record.Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	if magic, _ := r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		r = bufio.NewReader(z)
	}
	nodes, err := readLines(connection, r)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", path, err)
	}
	return nodes, nil
}

// readLines reads NDJSON. Its errors begin with a line number.
func readLines(connection string, r io.Reader) ([]record.Record, error) {
	out := []record.Record{}
	seen := map[int]int{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	number := 0
	for lines.Scan() {
		number++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		node, id, err := readNode(line)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", number, err)
		}
		if first := seen[id]; first != 0 && id != 0 {
			return nil, fmt.Errorf("%d: id %d is already in line %d", number, id, first)
		}
		seen[id] = number
		if out = append(out, Node{node, connection}); len(out) > maxNodes {
			return nil, fmt.Errorf("%d: more than %d nodes", number, maxNodes)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%d: %w", number+1, err)
	}
	return out, nil
}

// readNode reads a line: one object, and its id (0 if it has none).
func readNode(line []byte) (node map[string]any, id int, err error) {
	if !utf8.Valid(line) {
		return nil, 0, errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&node); err != nil || node == nil {
		return nil, 0, fmt.Errorf("not a JSON object: %s", reason(err))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, 0, errors.New("more than one JSON object in a line")
	}
	if v, ok := node["id"]; ok {
		n, isNumber := v.(json.Number)
		if id = listing.Number(n); !isNumber || id < 1 {
			return nil, 0, fmt.Errorf("the id %v is not a whole number above zero", v)
		}
	}
	return node, id, nil
}

func reason(err error) string {
	if err == nil {
		return "null"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}
