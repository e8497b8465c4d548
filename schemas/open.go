package schemas

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/schemas/internal/sdl"
)

// maxSchemaBytes bounds a schema file, unpacked; CIViC's is 2.3 MB as JSON.
const maxSchemaBytes = 32 << 20

// Open reads a schema from a file: SDL, or the answer to an introspection query (with or without "data" around it),
// either of them gzip-compressed or not. Facts about paging that the file lacks come from the embedded schema's
// connection of that name. A connection unknown there is assumed to have pages of 100, ties in its order, and ids
// that match if it has an argument `ids`.
func Open(path string) (*Schema, error) {
	text, err := readSchema(path)
	var s *Schema
	if err == nil {
		s, err = parse(path, text)
	}
	if err != nil {
		return nil, fmt.Errorf("read the schema %s: %w", path, err)
	}
	return s, nil
}

func readSchema(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err) // the path is named already
	}
	defer file.Close()
	text, err := readBounded(file)
	if err != nil || !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		return text, err
	}
	unzip, err := gzip.NewReader(bytes.NewReader(text))
	if err == nil {
		text, err = readBounded(unzip)
	}
	if err != nil {
		return nil, fmt.Errorf("unpack it: %w", err)
	}
	return text, nil
}

func readBounded(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSchemaBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxSchemaBytes {
		return nil, fmt.Errorf("it is larger than %d MB, the limit for a schema", maxSchemaBytes>>20)
	}
	return text, nil
}

func parse(name string, text []byte) (*Schema, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	input := string(text)
	trimmed := bytes.TrimLeft(text, " \t\r\n")
	if len(trimmed) == 0 {
		return nil, errors.New("it is empty")
	}
	if trimmed[0] == '{' || trimmed[0] == '[' {
		var err error
		if input, err = sdl.FromAnswer(text); err != nil {
			return nil, err
		}
	}
	s, err := load(Embedded(), &ast.Source{Name: name, Input: input})
	if err != nil {
		return nil, fmt.Errorf("it is not a valid GraphQL schema: %w", sdl.Fault(err))
	}
	if len(s.connections) == 0 {
		return nil, errors.New("its Query type has no connections (fields with nodes, pageInfo, first and after): " +
			"it is not CIViC's schema")
	}
	return s, nil
}
