package readers

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestSameDataSameBytes runs a spec several ways that must not matter and
// compares every byte of every data file.
func TestSameDataSameBytes(t *testing.T) {
	for _, spec := range []string{"evidence.yaml", "evidence_parted.yaml", "evidence_split.yaml", "variants.yaml", "variant_groups.yaml"} {
		t.Run(spec, func(t *testing.T) {
			answers := filepath.Join(t.TempDir(), "answers")
			server := []string{"--endpoint", demoAPI(t, "--requests", "1000000"), "--set", "source.rate_limit.requests=1000000"}
			want := sums(t, run(t, spec, "--demo", "--concurrency", "1"))
			for what, flags := range map[string][]string{
				"eight requests at once": {"--demo", "--concurrency", "8"},
				"another server":         server,
				"recorded":               append(slices.Clip(server), "--record", answers),
			} {
				compareSums(t, what, want, sums(t, run(t, spec, flags...)))
			}
			compareSums(t, "replayed", want, sums(t, run(t, spec, "--replay", answers)))
		})
	}
}

// TestTiesInAnyOrder runs against a server that, as CIViC does, gives ties of an
// order in another order each time, and so repeats some records and leaves out
// others between pages. Where the API's order is unique every byte stays the
// same; where it is not, every row does, and none comes twice.
func TestTiesInAnyOrder(t *testing.T) {
	endpoint := []string{"--endpoint", demoAPI(t, "--shuffle", "--requests", "1000000"), "--set", "source.rate_limit.requests=1000000"}
	compareSums(t, "evidence", sums(t, output(t, "evidence.yaml")), sums(t, run(t, "evidence.yaml", endpoint...)))
	out := run(t, "variants.yaml", endpoint...)
	w := variants()[0]
	checkFormats(t, out, w, expect(t, from("variants", "", "variants.graphql")(t), w))
}

// sums are the hashes of a published folder's data files by path.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, path := range files(t, dir, "") {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		if name == "_manifest.json" || name == "_SUCCESS" {
			continue
		}
		out[name] = sum(t, path)
	}
	if len(out) < 3 {
		t.Fatalf("%s: only %d data files", dir, len(out))
	}
	return out
}

func sum(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(content)
	return hex.EncodeToString(hash[:])
}

func compareSums(t *testing.T, what string, want, got map[string]string) {
	t.Helper()
	names := slices.Sorted(maps.Keys(want))
	if have := slices.Sorted(maps.Keys(got)); !slices.Equal(names, have) {
		t.Errorf("%s: files\n got %q\nwant %q", what, have, names)
		return
	}
	for _, name := range names {
		if want[name] != got[name] {
			t.Errorf("%s: %s differs", what, name)
		}
	}
}
