package demoapi

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

	"github.com/civic-etl/civic-etl/schemas"
)

// Bounds of a file of nodes.
const (
	maxLine  = 16 << 20 // bytes
	maxNodes = 1_000_000
)

// recorded is a node, or an object inside one, as the API once gave it.
type recorded struct {
	fields     map[string]any
	connection string
}

// lack is the error of a field that was not recorded.
type lack struct{ error }

func (r recorded) get(_ *data, field string) any {
	v, ok := r.fields[field]
	if !ok {
		return lack{fmt.Errorf("the recorded nodes of %s lack the field %q", r.connection, field)}
	}
	return r.wrap(v)
}

// wrap makes records of the objects in a value.
func (r recorded) wrap(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return recorded{v, r.connection}
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = r.wrap(e)
		}
		return out
	}
	return v
}

// MarshalJSON gives the object back, where a JSON scalar is asked for.
func (r recorded) MarshalJSON() ([]byte, error) { return json.Marshal(r.fields) }

// rows gives what a recorded connection lists.
func (r recorded) rows() (rows, bool) {
	list, ok := r.wrap(r.fields["nodes"]).([]any)
	if !ok {
		return rows{}, false
	}
	out := rows{}
	for _, e := range list {
		if e, ok := e.(recorded); ok {
			out.of = append(out.of, e)
		}
	}
	return out, true
}

// recordedType gives the object type of a recorded object: as it says itself,
// or the only one that has all of its fields, or, where that is open, the
// abstract type: its own fields can be answered all the same.
func (x *exec) recordedType(def *ast.Definition, r recorded) *ast.Definition {
	name, _ := r.fields["__typename"].(string)
	var fits []*ast.Definition
	for _, t := range x.schema.PossibleTypes[def.Name] {
		if t.Name == name {
			return t
		}
		if name == "" && hasAll(t, r.fields) && !slices.Contains(fits, t) {
			fits = append(fits, t)
		}
	}
	if len(fits) == 1 {
		return fits[0]
	}
	return def
}

// untold is the error of a recorded object whose type matters and is open.
func untold(def *ast.Definition) error {
	return fatal{fmt.Errorf("the recorded nodes do not tell which %s they hold: record __typename", def.Name)}
}

func hasAll(t *ast.Definition, fields map[string]any) bool {
	for name := range fields {
		if t.Fields.ForName(name) == nil {
			return false
		}
	}
	return true
}

// readNodes reads the files of all connections that have one.
func readNodes(schema *schemas.Schema, files map[string]string) (map[string][]record, error) {
	out := map[string][]record{}
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

func readFile(connection, path string) ([]record, error) {
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

// readLines reads NDJSON. An error begins with the number of its line.
func readLines(connection string, r io.Reader) ([]record, error) {
	out := []record{}
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
			return nil, fmt.Errorf("%d: id %d stands in line %d already", number, id, first)
		}
		seen[id] = number
		if out = append(out, recorded{node, connection}); len(out) > maxNodes {
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
		if id = number(n); !isNumber || id < 1 {
			return nil, 0, fmt.Errorf("the id %v is no whole number above zero", v)
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
