package readers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// shared is the folder that lives as long as the test binary.
var shared string

var servers struct {
	sync.Mutex
	started map[string]*server
}

// server is one running `civic-etl demo-api`.
type server struct {
	url string
	cmd *exec.Cmd
}

// demoAPI gives the address of a demo API started with these flags, one for
// all tests that ask for the same.
func demoAPI(t *testing.T, flags ...string) string {
	t.Helper()
	servers.Lock()
	defer servers.Unlock()
	key := strings.Join(flags, "\x00")
	if s := servers.started[key]; s != nil {
		return s.url
	}
	s, err := serve(flags)
	if err != nil {
		t.Fatal(err)
	}
	if servers.started == nil {
		servers.started = map[string]*server{}
	}
	servers.started[key] = s
	return s.url
}

// serve starts a demo API on a free port and reads its address from its first
// lines of output.
func serve(flags []string) (*server, error) {
	cmd := exec.Command(binary, append([]string{"demo-api", "--addr", "127.0.0.1:0"}, flags...)...)
	cmd.Env = environment()
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_ = write.Close()
	s := &server{cmd: cmd}
	lines := bufio.NewScanner(read)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if _, url, ok := strings.Cut(lines.Text(), "listening on "); ok {
			s.url = strings.Fields(url)[0]
			go func() { _, _ = io.Copy(io.Discard, read) }()
			return s, nil
		}
	}
	_ = cmd.Wait()
	return nil, fmt.Errorf("civic-etl demo-api ended before it listened: %s", strings.Join(said, "\n"))
}

func stopServers() {
	servers.Lock()
	defer servers.Unlock()
	for _, s := range servers.started {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
	servers.started = nil
}

// object is a JSON object of an answer; numbers stay json.Number.
type object = map[string]any

// ask posts one GraphQL query and gives its data.
func ask(t *testing.T, url, query string, variables object) object {
	t.Helper()
	body, err := json.Marshal(object{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: time.Minute}
	res, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Data   object
		Errors []any
	}
	if err := decode(text, &answer); err != nil || res.StatusCode != http.StatusOK || len(answer.Errors) > 0 {
		t.Fatalf("ask %s: %s, %v, %v\n%.2000s", url, res.Status, err, answer.Errors, text)
	}
	return answer.Data
}

func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

// fetch reads every node of a connection page by page, sorted by id. The
// selection comes from specs/NAME.graphql, written by hand: the query that
// civic-etl derives must not be its own judge.
func fetch(t *testing.T, url, connection, args, selectionFile string) []object {
	t.Helper()
	selection, err := os.ReadFile(filepath.Join("specs", selectionFile))
	if err != nil {
		t.Fatal(err)
	}
	if args != "" {
		args = ", " + args
	}
	query := fmt.Sprintf("query($after: String) { page: %s(first: 100, after: $after%s) {\n"+
		"totalCount pageInfo { hasNextPage endCursor } nodes %s } }", connection, args, selection)
	var nodes []object
	var after any
	for {
		page := ask(t, url, query, object{"after": after})["page"].(object)
		for _, n := range page["nodes"].([]any) {
			nodes = append(nodes, n.(object))
		}
		info := page["pageInfo"].(object)
		if info["hasNextPage"] != true {
			if total := number(page["totalCount"]); total != int64(len(nodes)) {
				t.Fatalf("%s: %d nodes of %d", connection, len(nodes), total)
			}
			break
		}
		after = info["endCursor"]
	}
	sortByID(nodes)
	return nodes
}

func sortByID(nodes []object) {
	slices.SortStableFunc(nodes, func(a, b object) int { return int(number(a["id"]) - number(b["id"])) })
}

func number(v any) int64 {
	n, err := v.(json.Number).Int64()
	if err != nil {
		panic(err)
	}
	return n
}
