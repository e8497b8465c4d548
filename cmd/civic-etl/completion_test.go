package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/args"
	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/completion"
)

// completions are lines as they stand before the cursor, what must be offered
// for them, and what must not.
var completions = []struct {
	line      string
	want, not []string
}{
	{"civic-etl ", []string{"run", "validate", "schema", "completion", "help"}, []string{completion.Command, "evidence"}},
	{"civic-etl va", []string{"validate"}, []string{"run"}},
	{"civic-etl help ver", []string{"verify", "version"}, []string{"run"}},
	{"civic-etl run ev", []string{"evidence", "events"}, []string{"variants"}},
	{"civic-etl run al", []string{"all"}, []string{"evidence"}},
	{"civic-etl run releases/var", []string{"releases/variant_summaries"}, []string{"variants"}},
	{"civic-etl run evidence my", []string{"my.yaml", "my specs/"}, []string{"my.txt"}},
	{"civic-etl run evidence --de", []string{"--demo", "--demo-nodes"}, []string{"--limit"}},
	{"civic-etl run --demo -", []string{"--help", "-q", "--quiet"}, nil},
	{"civic-etl run evidence --format ", []string{"parquet", "ndjson", "tsv"}, []string{"evidence", "my.yaml"}},
	{"civic-etl run evidence --format parquet,n", []string{"parquet,ndjson"}, []string{"parquet,tsv"}},
	{"civic-etl run --demo ev", []string{"evidence"}, nil},
	{"civic-etl diff --format nd", []string{"ndjson"}, []string{"parquet"}},
	{"civic-etl run --out my", []string{"my specs/"}, []string{"my.yaml", "my.txt"}},
	{"civic-etl verify my", []string{"my specs/"}, []string{"my.yaml"}},
	{"civic-etl inspect my", []string{"my specs/", "my.yaml", "my.txt"}, nil},
	{"civic-etl init ev", []string{"evidenceItems", "events"}, []string{"EvidenceItem"}},
	{"civic-etl schema Evidence", []string{"EvidenceItem", "EvidenceLevel"}, []string{"evidenceItems"}},
	{"civic-etl schema evidenceItems.disease.do", []string{"evidenceItems.disease.doid"}, []string{"evidenceItems.disease.id"}},
	{"civic-etl completion ", completion.Shells, []string{"run"}},
	{"civic-etl version ", nil, []string{"run", "my.yaml"}},
	{"civic-etl nosuch ", nil, []string{"run", "my.yaml"}},
}

// equals are lines in which a flag has its value behind a =. Bash takes that
// for a word of its own; elsewhere the flag belongs to what is offered.
var equals = []struct{ line, bash, others string }{
	{"civic-etl run --format=", "parquet", "--format=parquet"},
	{"civic-etl run evidence --progress=pl", "plain", "--progress=plain"},
}

func TestCompletionBash(t *testing.T) {
	const call = `source <(civic-etl completion bash)
COMP_WORDS=($1); [[ $1 == *' ' ]] && COMP_WORDS+=("")
if [[ $1 == *=* ]]; then COMP_WORDS=(${1/=/ = }); fi
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
complete -p civic-etl >/dev/null && _civic_etl
for each in "${COMPREPLY[@]}"; do [ -d "$each" ] && each+=/; printf '%s\n' "$each"; done`
	offers := shellOffers(t, true, "bash", "--norc", "-c", call, "bash")
	for _, c := range equals {
		if got := offers(c.line); !slices.Contains(got, c.bash) {
			t.Errorf("%q: %q, want %s", c.line, got, c.bash)
		}
	}
}

// The functions that zsh's own machinery gives are stood in for; all else is
// the script's.
func TestCompletionZsh(t *testing.T) {
	const call = `compdef() { [[ $1 == _civic_etl && $2 == civic-etl ]] || print BAD }
_describe() { print -rl -- "${(@)names%%:*}" }
_files() { case $1 in
  -g) print -rl -- *.yaml(N) *(N/) ;; -/) print -rl -- *(N/) ;; *) print -rl -- *(N) ;; esac }
source <(civic-etl completion zsh)
words=(${(z)1}); [[ $1 == *' ' ]] && words+=("")
CURRENT=$#words
_civic_etl | while IFS= read -r each; do [ -d "$each" ] && each+=/; print -r -- "$each"; done`
	offers := shellOffers(t, false, "zsh", "-f", "-c", call, "zsh")
	wantEquals(t, offers)
}

func TestCompletionFish(t *testing.T) {
	const call = `civic-etl completion fish | source; complete -C "$argv[1]" | string replace -r '\t.*' ''; true`
	offers := shellOffers(t, false, "fish", "--no-config", "-c", call)
	wantEquals(t, offers)
}

func wantEquals(t *testing.T, offers func(string) []string) {
	t.Helper()
	for _, c := range equals {
		if got := offers(c.line); !slices.Contains(got, c.others) {
			t.Errorf("%q: %q, want %s", c.line, got, c.others)
		}
	}
}

// shellOffers runs all completions in a shell, and gives what runs another. A
// shell that is not there skips the test, unless it must be.
func shellOffers(t *testing.T, must bool, shell string, with ...string) func(line string) []string {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		if must && os.Getenv("CI") == "true" {
			t.Fatalf("CI needs %s: %v", shell, err)
		}
		t.Skipf("skipped: %v", err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "my specs"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"my.yaml", "my.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	offers := func(line string) []string {
		cmd := exec.Command(path, append(slices.Clone(with), line)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s, %q: %v\n%s", shell, line, err, out)
		}
		return strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	for _, c := range completions {
		got := offers(c.line)
		for _, want := range c.want {
			if !slices.Contains(got, want) && !slices.Contains(got, strings.ReplaceAll(want, " ", `\ `)) {
				t.Errorf("%s, %q: no %q in %q", shell, c.line, want, got)
			}
		}
		for _, not := range c.not {
			if slices.Contains(got, not) {
				t.Errorf("%s, %q: %q in %q", shell, c.line, not, got)
			}
		}
	}
	return offers
}

// TestCompletionKnowsEveryCommand: a command or flag that is added must be
// completed, or say here that there is nothing to offer.
func TestCompletionKnowsEveryCommand(t *testing.T) {
	app := newApp(io.Discard, io.Discard)
	nothing := map[string]bool{"list": true, "version": true, "demo-api": true}
	free := strings.Fields(`set endpoint demo-nodes limit table concurrency run find rows addr nodes requests per key latency fault`)
	answer := func(words ...string) string { return completion.Answer(app.Commands, append(words, "")) }
	for _, command := range app.Commands {
		if command.Hidden {
			continue
		}
		if empty := answer(command.Name) == ""; empty != nothing[command.Name] {
			t.Errorf("%s: nothing offered for its arguments: %v", command.Name, empty)
		}
		for _, flag := range command.Flags {
			name := flag.Names()[0]
			if args.TakesValue(flag) && answer(command.Name, "--"+name) == "" && !slices.Contains(free, name) {
				t.Errorf("%s --%s: nothing offered", command.Name, name)
			}
		}
	}
}
