package pipelines

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/transform"
)

func readSmall(t testing.TB, more string) (*spec.Spec, error) {
	t.Helper()
	return spec.Read("small.yaml", []byte(testkit.SmallSpec+more), testSettings())
}

func TestDefaults(t *testing.T) {
	spec, err := readSmall(t, "")
	if err != nil {
		t.Fatal(err)
	}
	s := spec.Source
	if s.Endpoint != "https://civicdb.org/api/graphql" || s.APIKeyEnv != "CIVIC_API_KEY" || s.Requests != 900 || s.Per != 5*time.Minute ||
		s.RateSet || s.Concurrency != 4 || s.Timeout != time.Minute || s.Retries != 8 {
		t.Errorf("source: %+v", s)
	}
	if spec.Version != 1 || spec.Extract.Paging != "auto" || spec.Extract.PageSize != 0 || spec.MaxRejects != 0 || spec.Load.RowsPerFile != 0 {
		t.Errorf("spec: %+v", spec)
	}
	plan, err := plan.Compile(spec, testSettings())
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Formats) != 1 || plan.Formats[0].Name != "parquet" || plan.Query.PageSize != 100 || plan.Target != "out/small" {
		t.Errorf("plan: %+v", plan)
	}
}

func TestRateOfItsOwn(t *testing.T) {
	spec, err := readSmall(t, "source: {rate_limit: {requests: 7}}\n")
	if err != nil {
		t.Fatal(err)
	}
	if !spec.Source.RateSet || spec.Source.Requests != 7 || spec.Source.Per != 5*time.Minute {
		t.Errorf("source: %+v", spec.Source)
	}
}

// Whatever a file holds, reading it ends soon, and with words.
func TestHostileFiles(t *testing.T) {
	noise := make([]byte, document.MaxBytes)
	for i, r := 0, rand.NewChaCha8([32]byte{}); i < len(noise); i++ {
		noise[i] = " \n:-[]{}#&*!|>'\"%@`abc019$?,\t"[r.Uint64()%28]
	}
	hostile := map[string][]byte{
		"10 MB":             bytes.Repeat([]byte("version: 1\n"), 10<<20/11),
		"noise":             noise,
		"open lists":        bytes.Repeat([]byte("["), document.MaxBytes),
		"open maps":         bytes.Repeat([]byte("{a: "), document.MaxBytes/4),
		"dashes":            bytes.Repeat([]byte("- "), document.MaxBytes/2),
		"question marks":    bytes.Repeat([]byte("? "), document.MaxBytes/2),
		"one key over":      bytes.Repeat([]byte("a: b\n"), document.MaxBytes/5),
		"many keys":         manyKeys(60_000),
		"an endless line":   append([]byte("version: "), bytes.Repeat([]byte("1"), document.MaxBytes-100)...),
		"an endless path":   []byte(testkit.SmallSpec[:len(testkit.SmallSpec)-1] + "\nfilter: " + strings.Repeat("a.", 200_000)),
		"nested expression": []byte(testkit.SmallSpec + "filter: '" + strings.Repeat("(", 100_000) + "'\n"),
		"not not":           []byte(testkit.SmallSpec + "filter: '" + strings.Repeat("not ", 100_000) + "true'\n"),
		"a long sum":        []byte(testkit.SmallSpec + "filter: '1" + strings.Repeat("+1", 100_000) + " > 0'\n"),
		"variables":         []byte(testkit.SmallSpec + "filter: '" + strings.Repeat("${N}", 100_000) + "'\n"),
		"aliases":           []byte("a: &a {b: c}\n" + strings.Repeat("<<: *a\n", 100_000)),
		"byte order mark":   []byte("\ufeff\x01"),
	}
	for name, data := range hostile {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			_, err := CompileAll([]File{{Name: "x.yaml", Data: data}}, testSettings())
			var faults document.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("%v is no faults", err)
			}
			if text := err.Error(); strings.Contains(text, "pipelines.") || len(text) > 1<<17 {
				t.Errorf("%d bytes of text: %.300s", len(text), text)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func manyKeys(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		b.WriteString("k")
		b.WriteString(strings.Repeat(string(rune('a'+i%26)), 1+i%7))
		b.WriteString(time.Duration(i).String())
		b.WriteString(": 1\n")
	}
	return b.Bytes()
}

// A spec of 1 MiB is read, a byte more is too large, by name.
func TestLargestSpec(t *testing.T) {
	padded := []byte(testkit.SmallSpec + "#" + strings.Repeat("x", document.MaxBytes-len(testkit.SmallSpec)-1))
	if _, err := spec.Read("x.yaml", padded, testSettings()); err != nil {
		t.Errorf("1 MiB: %v", err)
	}
	_, err := spec.Read("x.yaml", append(padded, 'x'), testSettings())
	if err == nil || err.Error() != "x.yaml: this is too large for a spec; keep a spec below 1 MiB" {
		t.Errorf("1 MiB and a byte: %v", err)
	}
}

// Compile does not touch the spec, so that plans of one spec do not meet.
func TestCompileTwice(t *testing.T) {
	spec, err := readSmall(t, "")
	if err != nil {
		t.Fatal(err)
	}
	s := testSettings()
	s.Endpoint, s.Out, s.Formats = "http://localhost/graphql", "elsewhere", []string{"tsv"}
	if _, err := plan.Compile(spec, s); err != nil {
		t.Fatal(err)
	}
	plan, err := plan.Compile(spec, testSettings())
	if err != nil {
		t.Fatal(err)
	}
	if plan.Spec.Source.Endpoint != "https://civicdb.org/api/graphql" || plan.Target != "out/small" || plan.Formats[0].Name != "parquet" {
		t.Errorf("the second plan knows of the first: %+v", plan)
	}
}

func FuzzSpec(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/good/*.yaml", "*.yaml"} {
		for _, file := range testkit.Files(f, pattern) {
			f.Add(testkit.Read(f, file), "load.to=x")
		}
	}
	f.Add([]byte(testkit.SmallSpec), "tables[0].${N}={a: [*x, &x 1]}")
	f.Fuzz(func(t *testing.T, data []byte, assignment string) {
		s := testSettings()
		s.Set = []string{assignment}
		plans, err := CompileAll([]File{{Name: "fuzz.yaml", Data: data}}, s)
		if err != nil {
			checkFaults(t, err)
			return
		}
		// What compiles is a query that can be asked, and a decoder that can be made.
		d, err := transform.Compile(plans[0].Decode)
		if err != nil {
			t.Fatalf("a plan that does not decode: %v", err)
		}
		d.Close()
		if plans[0].Text() == "" {
			t.Error("a plan without words")
		}
	})
}

// Every value of a spec can be set to anything: the outcome is a spec or faults, never a panic.
func TestSetEverywhere(t *testing.T) {
	values := []string{
		"", "null", "-1", "9223372036854775808", "1.5", "true", "x", `""`, "[]", "{}", "[null]", "[[]]", "{a: null}", "[{}]",
		"*x", "&x [*x]", "${N}", "${EMPTY}/x", "!!binary x", "# x", "---\n---",
	}
	keys := []string{"", ".-1", ".0", "[0]", "[1].0", ".1", ".99", `."a.b"`, ".x", "[18446744073709551616]", `."`, ".<<"}
	for _, file := range []string{"testdata/good/everything.yaml", "testdata/good/tables.yaml"} {
		data := testkit.Read(t, file)
		for i, path := range pathsOf((&document.Decoder{Language: spec.Language}).Parse(data), "") {
			for j, key := range keys {
				for k, value := range values {
					if (i+j+k)%7 != 0 { // each key meets each value
						continue
					}
					s := testSettings()
					s.Set = []string{path + key + "=" + value}
					if _, err := spec.Read("x.yaml", data, s); err != nil {
						checkFaults(t, err)
					}
				}
			}
			s := testSettings()
			s.Set = []string{path + ".-1=id"}
			if _, err := spec.Read("x.yaml", data, s); err == nil && !strings.HasSuffix(path, `"columns"`) && !strings.Contains(path, `"args"`) {
				t.Errorf("%s: no fault of --set %s", file, s.Set[0])
			}
		}
	}
}

// pathsOf are the paths of all values below a node.
func pathsOf(n *document.Node, path string) []string {
	var paths []string
	for _, e := range n.Entries {
		below := strings.TrimPrefix(path+`."`+e.Key+`"`, ".")
		paths = append(append(paths, below), pathsOf(e.Value, below)...)
	}
	for i, item := range n.Items {
		below := fmt.Sprintf("%s[%d]", path, i)
		paths = append(append(paths, below), pathsOf(item, below)...)
	}
	return paths
}

func checkFaults(t *testing.T, err error) {
	var faults document.Faults
	if !errors.As(err, &faults) || len(faults) == 0 {
		t.Fatalf("%v is no faults", err)
	}
	for _, fault := range faults {
		text := fault.String()
		if fault.What == "" || strings.ContainsAny(fault.What, "\x00\n\r\x1b") || strings.ContainsAny(fault.Hint, "\x00\n\r\x1b") ||
			strings.Contains(text, "%!") || strings.Contains(text, "s3cr3t") {
			t.Errorf("unfit for a terminal: %q", text)
		}
	}
}

func BenchmarkValidateShipped(b *testing.B) {
	for b.Loop() {
		if _, err := CompileAll(Shipped(), testSettings()); err != nil {
			b.Fatal(err)
		}
	}
}
