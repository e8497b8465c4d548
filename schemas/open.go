package schemas

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// maxSchemaBytes bounds a schema file, unpacked; CIViC's is 2.3 MB as JSON.
const maxSchemaBytes = 32 << 20

// Open reads a schema from a file: SDL, or the answer to an introspection
// query (with or without "data" round it), either of them gzip-compressed or
// not. What neither says of paging is taken from the embedded schema, by the
// name of the connection; a connection unknown there is taken to have pages of
// 100, ties in its order, and ids that match if it has an argument `ids`.
func Open(path string) (*Schema, error) {
	text, err := readSchema(path)
	if err == nil {
		var s *Schema
		if s, err = parse(path, text); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("read the schema %s: %w", path, err)
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
	if err != nil {
		return nil, fmt.Errorf("unpack it: %w", err)
	}
	if text, err = readBounded(unzip); err != nil {
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
		return nil, fmt.Errorf("it is larger than %d MB, so it is no schema", maxSchemaBytes>>20)
	}
	return text, nil
}

func parse(name string, text []byte) (*Schema, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	sdl := string(text)
	trimmed := bytes.TrimLeft(text, " \t\r\n")
	if len(trimmed) == 0 {
		return nil, errors.New("it is empty")
	}
	if trimmed[0] == '{' || trimmed[0] == '[' {
		var err error
		if sdl, err = sdlOf(text); err != nil {
			return nil, err
		}
	}
	s, err := load(Embedded(), &ast.Source{Name: name, Input: sdl})
	if err != nil {
		return nil, fmt.Errorf("it is no valid GraphQL schema: %w", plain(err))
	}
	if len(s.connections) == 0 {
		return nil, errors.New("its Query type has no connections (fields with nodes, pageInfo, first and after), so it is not CIViC's")
	}
	return s, nil
}

// plain leaves the file's name out of a parser's error: Open says it.
func plain(err error) error {
	var fault *gqlerror.Error
	if !errors.As(err, &fault) {
		return err
	}
	if len(fault.Locations) == 0 {
		return errors.New(fault.Message)
	}
	return fmt.Errorf("line %d: %s", fault.Locations[0].Line, fault.Message)
}
