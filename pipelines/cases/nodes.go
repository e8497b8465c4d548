package cases

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

	"github.com/civic-etl/civic-etl/pipelines/document"
)

// maxNodesFile bounds the text of a file of nodes, unpacked.
const maxNodesFile = 256 << 20

// nodesFile reads the records of a file beside the cases: one JSON value after
// another, each a record, a list of records, or an answer that holds a page.
func nodesFile(dir, name, connection string) (*document.Decoder, []*document.Node, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, name)
	}
	text, err := readNodes(path)
	if err != nil {
		return nil, nil, err
	}
	r := &jsonReader{text: text, decoder: jsontext.NewDecoder(bytes.NewReader(text))}
	d := &document.Decoder{FaultList: document.FaultList{File: path}, Language: caseLanguage}
	var nodes []*document.Node
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
			return nil, nil, fmt.Errorf("%s:%d: %w", path, n.Pos.Line, err)
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
func recordsOf(n *document.Node, connection string) ([]*document.Node, error) {
	if data := n.Entry("data"); data != nil {
		page := data.Value.Entry(connection)
		if page == nil || page.Value.Entry("nodes") == nil {
			return nil, fmt.Errorf("an answer without nodes of %s", connection)
		}
		n = page.Value.Entry("nodes").Value
	}
	nodes := []*document.Node{n}
	if n.Kind == document.ListNode {
		nodes = n.Items
	}
	for _, record := range nodes {
		if record.Kind != document.MapNode {
			return nil, fmt.Errorf("%s where a record belongs", document.Describe(record))
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
func (r *jsonReader) pos(offset int64) document.Pos {
	passed := r.text[r.at:offset]
	if last := bytes.LastIndexByte(passed, '\n'); last >= 0 {
		r.lines += bytes.Count(passed, []byte{'\n'})
		r.start = r.at + int64(last) + 1
	}
	r.at = offset
	return document.Pos{Line: r.lines + 1, Col: int(offset-r.start) + 1}
}

func (r *jsonReader) value(depth int) (*document.Node, error) {
	kind := r.decoder.PeekKind() // steps over white space
	if depth > document.MaxDepth {
		return nil, errors.New("maps or lists are nested too deep")
	}
	token, err := r.decoder.ReadToken()
	if err != nil {
		return nil, err
	}
	text := token.String()
	end := r.decoder.InputOffset()
	n := &document.Node{Text: text, Plain: kind != '"'}
	n.Pos = r.pos(max(r.at, end-int64(len(text))))
	switch kind {
	case '{':
		return n, r.object(n, depth)
	case '[':
		return n, r.array(n, depth)
	}
	return n, nil
}

func (r *jsonReader) object(n *document.Node, depth int) error {
	n.Kind, n.Text = document.MapNode, ""
	for r.decoder.PeekKind() != '}' {
		key, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		value, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Entries = append(n.Entries, document.Entry{Key: key.Text, Pos: key.Pos, Value: value})
	}
	_, err := r.decoder.ReadToken()
	return err
}

func (r *jsonReader) array(n *document.Node, depth int) error {
	n.Kind, n.Text = document.ListNode, ""
	for r.decoder.PeekKind() != ']' {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, err := r.decoder.ReadToken()
	return err
}
