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

// maxNodesFile limits the uncompressed text of a file of nodes.
const maxNodesFile = 256 << 20

// nodesFile reads the records of a file beside the cases: a sequence of JSON values, each a record, a list of records,
// or an answer with a page.
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
		if r, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
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

// jsonReader makes nodes with positions from JSON.
type jsonReader struct {
	text    []byte
	decoder *jsontext.Decoder
	at      int64 // lines are counted up to here
	lines   int
	start   int64 // of the line
}

func (r *jsonReader) line() int { return r.pos(r.decoder.InputOffset()).Line }

// pos is the position of an offset. Offsets must not decrease.
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
	if depth > document.MaxDepth {
		return nil, errors.New("maps or lists are nested too deep")
	}
	token, err := r.decoder.ReadToken()
	if err != nil {
		return nil, err
	}
	kind := token.Kind()
	n := &document.Node{Text: token.String(), Plain: kind != '"'}
	n.Pos = r.pos(max(r.at, r.decoder.InputOffset()-int64(len(n.Text))))
	switch kind {
	case '{':
		n.Kind, n.Text = document.MapNode, ""
		return n, r.inside(n, depth)
	case '[':
		n.Kind, n.Text = document.ListNode, ""
		return n, r.inside(n, depth)
	}
	return n, nil
}

func (r *jsonReader) inside(n *document.Node, depth int) error {
	for kind := r.decoder.PeekKind(); kind != '}' && kind != ']'; kind = r.decoder.PeekKind() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		if n.Kind == document.ListNode {
			n.Items = append(n.Items, item)
			continue
		}
		value, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Entries = append(n.Entries, document.Entry{Key: item.Text, Pos: item.Pos, Value: value})
	}
	_, err := r.decoder.ReadToken()
	return err
}
