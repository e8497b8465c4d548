package pipelines

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"
)

// maxNodesFile bounds the text of a file of nodes, unpacked.
const maxNodesFile = 256 << 20

// nodesFile reads the records of a file beside the cases: one JSON value after
// another, each a record, a list of records, or an answer that holds a page.
func nodesFile(dir, name, connection string) (*decoder, []*node, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, name)
	}
	text, err := readNodes(path)
	if err != nil {
		return nil, nil, err
	}
	r := &jsonReader{text: text, decoder: jsontext.NewDecoder(bytes.NewReader(text))}
	d := &decoder{faultList: faultList{file: path}, language: caseLanguage}
	var nodes []*node
	for {
		n, err := r.value(0)
		if errors.Is(err, io.EOF) {
			return d, nodes, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s:%d: %w", path, r.line(), err)
		}
		records, err := recordsOf(n, connection)
		if err != nil {
			return nil, nil, fmt.Errorf("%s:%d: %w", path, n.pos.Line, err)
		}
		nodes = append(nodes, records...)
	}
}

func readNodes(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		unpacked, err := gzip.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		r = unpacked
	}
	text, err := io.ReadAll(io.LimitReader(r, maxNodesFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(text) > maxNodesFile {
		return nil, fmt.Errorf("%s holds more than %d MiB: keep the records the case needs", path, maxNodesFile>>20)
	}
	return text, nil
}

// recordsOf finds the records in one value of a file.
func recordsOf(n *node, connection string) ([]*node, error) {
	if data := n.entry("data"); data != nil {
		page := data.value.entry(connection)
		if page == nil || page.value.entry("nodes") == nil {
			return nil, fmt.Errorf("an answer without nodes of %s", connection)
		}
		n = page.value.entry("nodes").value
	}
	nodes := []*node{n}
	if n.kind == listNode {
		nodes = n.items
	}
	for _, record := range nodes {
		if record.kind != mapNode {
			return nil, fmt.Errorf("%s where a record belongs", describe(record))
		}
	}
	return nodes, nil
}

// jsonReader makes nodes of JSON, with their places.
type jsonReader struct {
	text    []byte
	decoder *jsontext.Decoder
	at      int64 // up to here lines are counted
	lines   int
	start   int64 // of the line
}

// line is the line where the reader is, from 1.
func (r *jsonReader) line() int { return r.pos(r.decoder.InputOffset()).Line }

// pos is the place of an offset, which never goes back.
func (r *jsonReader) pos(offset int64) Pos {
	passed := r.text[r.at:offset]
	if last := bytes.LastIndexByte(passed, '\n'); last >= 0 {
		r.lines += bytes.Count(passed, []byte{'\n'})
		r.start = r.at + int64(last) + 1
	}
	r.at = offset
	return Pos{Line: r.lines + 1, Col: int(offset-r.start) + 1}
}

func (r *jsonReader) value(depth int) (*node, error) {
	kind := r.decoder.PeekKind() // steps over white space
	if depth > maxDepth {
		return nil, errors.New("maps or lists are nested too deep")
	}
	token, err := r.decoder.ReadToken()
	if err != nil {
		return nil, err
	}
	text := token.String()
	end := r.decoder.InputOffset()
	n := &node{text: text, plain: kind != '"'}
	n.pos = r.pos(max(r.at, end-int64(len(text))))
	switch kind {
	case '{':
		return n, r.object(n, depth)
	case '[':
		return n, r.array(n, depth)
	}
	return n, nil
}

func (r *jsonReader) object(n *node, depth int) error {
	n.kind, n.text = mapNode, ""
	for r.decoder.PeekKind() != '}' {
		key, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		value, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.entries = append(n.entries, entry{key: key.text, pos: key.pos, value: value})
	}
	_, err := r.decoder.ReadToken()
	return err
}

func (r *jsonReader) array(n *node, depth int) error {
	n.kind, n.text = listNode, ""
	for r.decoder.PeekKind() != ']' {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := r.decoder.ReadToken()
	return err
}
