package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// pageSize is what CIViC gives at most.
const pageSize = 100

// dataset is generated evidence on disk, the same records twice: as the pages
// of a GraphQL answer and one record a line.
type dataset struct {
	count   int
	pages   string // folder of 000000.json, 000001.json, …
	records string // NDJSON file
	answers string // what civic-etl recorded of the pages, for --replay
	bytes   int64  // of all pages
}

// generate writes a dataset under dir. Only one page is in memory at a time.
func generate(dir string, count int, seed uint64) (*dataset, error) {
	d := &dataset{
		count:   count,
		pages:   filepath.Join(dir, "pages"),
		records: filepath.Join(dir, "records.ndjson"),
		answers: filepath.Join(dir, "answers"),
	}
	if err := os.MkdirAll(d.pages, 0o755); err != nil {
		return nil, err
	}
	file, err := os.Create(d.records)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewWriterSize(file, 1<<20)
	g := newGenerator(seed)
	for first := 1; first <= count; first += pageSize {
		page, err := d.page(g, first, lines)
		if err != nil {
			return nil, err
		}
		d.bytes += int64(len(page))
		if err := os.WriteFile(d.pagePath((first-1)/pageSize), page, 0o644); err != nil {
			return nil, err
		}
	}
	if err := lines.Flush(); err != nil {
		return nil, err
	}
	return d, file.Close()
}

func (d *dataset) pagePath(n int) string { return filepath.Join(d.pages, fmt.Sprintf("%06d.json", n)) }

// page is one answer, as the API would send it. Its records go to lines too.
func (d *dataset) page(g *generator, first int, lines *bufio.Writer) ([]byte, error) {
	last := min(first+pageSize-1, d.count)
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"data":{"evidenceItems":{"totalCount":%d,"pageInfo":{"hasNextPage":%t,"endCursor":%q},"nodes":[`,
		d.count, last < d.count, cursor(last))
	for id := first; id <= last; id++ {
		text, err := marshal(g.record(id))
		if err != nil {
			return nil, err
		}
		if id > first {
			b.WriteByte(',')
		}
		b.Write(text)
		if _, err := lines.Write(append(text, '\n')); err != nil {
			return nil, err
		}
	}
	b.WriteString("]}}}")
	return b.Bytes(), nil
}

// cursor is CIViC's: the 1-based offset as text, in URL-safe base64.
func cursor(offset int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprint(offset)))
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
