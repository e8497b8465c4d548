package main

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// mostMemory bounds the resident memory of a run, whatever a server answers.
const mostMemory = 256 << 20

const boundsSpec = `
version: 1
name: groups
source: {retries: 1, patience: 0s, concurrency: 4, timeout: 20s, rate_limit: {requests: 100000, per: 1s}}
extract: {from: variantGroups}
columns: {id: id, name: name, again: name, variants: variants.name}
key: [id]
load: {to: out, formats: [parquet]}
`

// shape is an answer of about 15 MB: head, then part as often as it fits, then tail.
type shape struct{ name, head, part, tail string }

const (
	pageHead  = `{"data":{"variantGroups":{"totalCount":1000,"pageInfo":{"hasNextPage":true,"endCursor":"MTAw"},"nodes":[`
	pageTail  = `]}}}`
	groupHead = `{"id":1,"name":"x","variants":{"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":[`
)

var shapes = []shape{
	{"numbers as errors", `{"errors":[`, `0,`, `0]}`},
	{"objects as errors", `{"errors":[`, `{},`, `{}]}`},
	{"messages", `{"errors":[`, `{"message":"m"},`, `{}]}`},
	{"one long message", `{"errors":[{"message":"`, `words and \u0061 escapes `, `"}]}`},
	{"path", `{"errors":[{"message":"m","path":[`, `"a",`, `1]}]}`},
	{"path of numbers", `{"errors":[{"message":"m","path":[`, `1,`, `1]}]}`},
	{"path of objects", `{"errors":[{"message":"m","path":[`, `{},`, `1]}]}`},
	{"locations", `{"errors":[{"message":"m","locations":[`, `{},`, `{"line":1,"column":1}]}]}`},
	{"extensions", `{"errors":[{"message":"m","extensions":{"code":"x","y":[`, `[],`, `1]}}]}`},
	{"newest activities", `{"data":{"variantGroups":{"totalCount":1},"newest":{"totalCount":9,"nodes":[`, `{},`, `{}]}}}`},
	{"null records", pageHead, `null,`, `null` + pageTail},
	{"empty records", pageHead, `{},`, `{}` + pageTail},
	{"small records", pageHead, `{"id":7},`, `{"id":7}` + pageTail},
	{"nested nodes", pageHead + groupHead, `{},`, `{}]}}` + pageTail},
	{"nested connections", pageHead, strings.TrimSuffix(strings.Replace(groupHead, `"hasNextPage":false,"endCursor":null`, `"hasNextPage":true,"endCursor":"MQ"`, 1), `[`) + `[{"name":"y"}]}},`,
		groupHead + `]}}` + pageTail},
	{"one long name", pageHead + `{"id":1,"name":"`, `a long name \n of `, `","variants":null}` + pageTail},
	{"escapes", pageHead + `{"id":1,"name":"`, `\ud83d\ude00`, `","variants":null}` + pageTail},
	{"lone surrogates", pageHead + `{"id":1,"name":"`, `\ud800`, `","variants":null}` + pageTail},
	{"bad bytes", pageHead + `{"id":1,"name":"`, "\xff", `","variants":null}` + pageTail},
	{"one long number", pageHead + `{"id":`, `1`, `}` + pageTail},
	{"white space", pageHead, ` `, pageTail},
	{"lists in lists", `{"data":`, `[`, ``},
	{"objects in objects", `{"data":`, `{"a":`, ``},
	{"many short lists", pageHead + `{"id":1,"x":[`, `[[[]]],`, `1]}` + pageTail},
	{"one key again and again", `{"data":{`, `"k":0,`, `"z":0}}`},
	{"unknown fields", `{"data":{"a":[`, `{"b":1,"c":[2,3]},`, `1]}}`},
	{"HTML", `<html>`, `<p>down</p>`, ``},
	{"zeros", "", "\x00", ""},
}

// packed gives the answer of a shape, compressed.
func (s shape) packed(t *testing.T, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(z, s.head)
	block := strings.Repeat(s.part, 1+(64<<10)/len(s.part))
	for n := len(s.head) + len(s.tail); n+len(block) < size; n += len(block) {
		_, _ = io.WriteString(z, block)
	}
	_, _ = io.WriteString(z, s.tail)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// distinct gives an object with as many different keys as fit.
func distinct(t *testing.T, head, tail string, size int) []byte {
	t.Helper()
	var text strings.Builder
	text.WriteString(head)
	for i := 0; text.Len() < size-len(tail)-30; i++ {
		fmt.Fprintf(&text, `"k%d":0,`, i)
	}
	return packed(t, text.String()+`"z":0`+tail)
}

func packed(t *testing.T, text string) []byte {
	t.Helper()
	return shape{head: text, part: " "}.packed(t, 0)
}

const firstPage = `{"data":{"variantGroups":{"totalCount":1000,"pageInfo":{"hasNextPage":true,"endCursor":"MTAw"},"nodes":[%s]}}}`

// hostileServer gives one answer to all requests but the first page, if that is good: then four requests are under way.
type hostileServer struct {
	answer    []byte
	goodFirst bool
	requests  atomic.Int64
}

func (h *hostileServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.requests.Add(1)
	w.Header().Set("Content-Type", "application/json")
	if h.goodFirst && bytes.Contains(body, []byte(`"variables":{"first":100}`)) {
		var records []string
		for i := range 100 {
			records = append(records, fmt.Sprintf(`{"id":%d,"name":"n","variants":{"totalCount":0,"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":[]}}`, i+1))
		}
		_, _ = fmt.Fprintf(w, firstPage, strings.Join(records, ","))
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write(h.answer)
}

// measured runs the program against a server, and gives its exit status, its words and its largest resident memory.
func measured(t *testing.T, h http.Handler, during func(*os.Process)) (status int, said string, memory int64) {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "groups.yaml"), []byte(boundsSpec), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("civic-etl", "run", "groups.yaml", "--endpoint", server.URL, "--progress", "none")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CIVIC_ETL_STATE="+filepath.Join(dir, "state"), "CIVIC_API_KEY=")
	var text bytes.Buffer
	cmd.Stderr = &text
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	peak := make(chan int64)
	go func() {
		var most int64
		for {
			most = max(most, highWater(cmd.Process.Pid))
			select {
			case <-ended:
				peak <- most
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	if during != nil {
		during(cmd.Process)
	}
	_ = cmd.Wait()
	close(ended)
	return cmd.ProcessState.ExitCode(), text.String(), <-peak
}

// highWater is the largest resident memory of a process so far. Its rusage would hold that of this test too.
func highWater(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(fields[0], 10, 64)
	return n << 10
}

// TestMemoryIsBounded: no answer takes much memory, with four requests under way. A run over them fails, without a
// crash and without a word of Go.
func TestMemoryIsBounded(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs memory of its own")
	}
	const size = 15 << 20
	answers := map[string][]byte{
		"keys of the data":   distinct(t, `{"data":{`, `}}`, 10<<20),
		"keys of a record":   distinct(t, pageHead+`{"id":1,`, `}`+pageTail, 10<<20),
		"keys of an error":   distinct(t, `{"errors":[{`, `}]}`, 10<<20),
		"keys of the answer": distinct(t, `{`, `}`, 10<<20),
		"a huge total":       packed(t, strings.Replace(fmt.Sprintf(firstPage, ""), "1000", "2147483647", 1)),
		"a huge last page":   packed(t, strings.NewReplacer("1000", "2147483647", "true", "false").Replace(fmt.Sprintf(firstPage, ""))),
		"beyond the limit":   shapes[0].packed(t, 200<<20),
	}
	for _, s := range shapes {
		answers[s.name] = s.packed(t, size)
		answers[s.name+", below the bound of values"] = s.packed(t, min(size, 300_000*len(s.part)))
	}
	all := os.Getenv("CIVIC_ETL_SHAPES") == "all"
	for i, name := range slices.Sorted(maps.Keys(answers)) {
		for n, goodFirst := range []bool{false, true} {
			if n != i%2 && !all {
				continue
			}
			t.Run(fmt.Sprintf("%s, first page good %t", name, goodFirst), func(t *testing.T) {
				begin := time.Now()
				h := &hostileServer{answer: answers[name], goodFirst: goodFirst}
				status, said, memory := measured(t, h, nil)
				t.Logf("%d MB, %s, %d requests, status %d: %s", memory>>20, time.Since(begin).Round(time.Millisecond),
					h.requests.Load(), status, said)
				if memory > mostMemory {
					t.Errorf("it took %d MB", memory>>20)
				}
				if status != 1 && status != 3 || strings.Contains(said, "goroutine") {
					t.Errorf("status %d: %s", status, said)
				}
			})
		}
	}
}

// largePages serves sound pages of 15 MB.
type largePages struct {
	name  string
	alone bool // only the first record of a page has it
}

func (l largePages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Query     string
		Variables map[string]any
	}
	_ = json.NewDecoder(r.Body).Decode(&asked)
	if !strings.HasPrefix(asked.Query, "query VariantGroups(") {
		countGroups(w, asked.Query, asked.Variables)
		return
	}
	cursorAfter, _ := asked.Variables["after"].(string)
	after, _ := base64.RawURLEncoding.DecodeString(cursorAfter)
	from, _ := strconv.Atoi(string(after))
	w.Header().Set("Content-Type", "application/json")
	cursor := base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(from + 100)))
	_, _ = fmt.Fprintf(w, `{"data":{"variantGroups":{"totalCount":1000,"pageInfo":{"hasNextPage":%t,"endCursor":%q},"nodes":[`, from < 900, cursor)
	for i := range 100 {
		name := l.name
		if i > 0 {
			_, _ = io.WriteString(w, ",")
			if l.alone {
				name = "short"
			}
		}
		_, _ = fmt.Fprintf(w, `{"id":%d,"name":%q,"variants":{"totalCount":0,"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":[]}}`,
			from+i+1, name)
	}
	_, _ = io.WriteString(w, pageTail)
}

var countQuery = regexp.MustCompile(`(\w+): variantGroups\((?:ids: \$(\w+), )?[^)]*\)`)

// countGroups answers count queries over the records 1 to 1000.
func countGroups(w io.Writer, query string, variables map[string]any) {
	type count struct {
		Total int              `json:"totalCount"`
		Nodes []map[string]any `json:"nodes"`
	}
	data := map[string]count{"variantGroups": {Total: 1000, Nodes: []map[string]any{}}}
	for _, m := range countQuery.FindAllStringSubmatch(query, -1) {
		c := count{Total: 1000, Nodes: []map[string]any{}}
		if ids, ok := variables[m[2]].([]any); ok {
			c.Total = 0
			for _, id := range ids {
				if n, _ := id.(float64); n >= 1 && n <= 1000 {
					c.Total, c.Nodes = c.Total+1, append(c.Nodes, map[string]any{"id": id})
				}
			}
		}
		data[m[1]] = c
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}

// TestMemoryOfLargePages: sound pages of the largest size do not pile up in memory, neither while they are read nor
// while they are written.
func TestMemoryOfLargePages(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs memory of its own")
	}
	for name, size := range map[string]int{"many texts": 75 << 10, "one text": 7500 << 10} {
		t.Run(name, func(t *testing.T) {
			random := make([]byte, size)
			_, _ = rand.Read(random)
			pages := largePages{hex.EncodeToString(random), name == "one text"}
			status, said, memory := measured(t, pages, nil)
			t.Logf("%d MB, status %d: %s", memory>>20, status, said)
			if memory > mostMemory || status != 0 {
				t.Errorf("it took %d MB, status %d: %s", memory>>20, status, said)
			}
		})
	}
}

// TestInterruptsEndSoon interrupts runs while they read large answers.
func TestInterruptsEndSoon(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector is slow")
	}
	huge := shape{"a huge total", strings.NewReplacer("1000", "2147483647", "true", "false").
		Replace(fmt.Sprintf(firstPage, "")), " ", ""}
	for i, s := range append(shapes, huge) {
		t.Run(s.name, func(t *testing.T) {
			h := &hostileServer{answer: s.packed(t, 15<<20), goodFirst: i%2 == 0 && s != huge}
			var signalled time.Time
			status, said, _ := measured(t, h, func(p *os.Process) {
				for h.requests.Load() == 0 {
					time.Sleep(time.Millisecond)
				}
				time.Sleep(time.Duration(i%7*40) * time.Millisecond)
				signalled = time.Now()
				_ = p.Signal(syscall.SIGINT)
			})
			took := time.Since(signalled)
			t.Logf("%s after the signal", took.Round(time.Millisecond))
			if status != 130 && status != 1 || took > 2*time.Second { // a second, and another for a busy machine
				t.Errorf("status %d, %s after the signal: %s", status, took, said)
			}
		})
	}
}
