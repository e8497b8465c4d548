package load

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// freeMembers of a manifest say what nothing else in the folder tells: how the run went, and what things mean.
var freeMembers = []string{
	"run_id", "started_at", "finished_at", "tool_version", "spec.name", "spec.sha256", "checks", "checks.0.check",
	"source.endpoint", "source.connection", "source.args", "source.args.status", "source.query_sha256", "source.paging",
	"extract.requests", "extract.retries", "extract.resumed", "extract.throttled_seconds", "extract.bytes",
	"extract.total_before", "extract.repaired", "extract.gone", "extract.unfit", "extract.proof", "doc",
}

// TestVerifyEveryMember changes each member of a sound manifest, in several ways: verify finds each change, except sound
// values of free members.
func TestVerifyEveryMember(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	publishSmall(t, dir, 2, []format.Format{{Name: "parquet"}, {Name: "ndjson"}, {Name: "tsv", Null: "NA"}}, "level")
	name := filepath.Join(dir, manifest.Name)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), "\n}\n", `, "checks": [{"table": "small", "check": "unique: id", "outcome": "passed"}]}`, 1))
	overwrite(t, name, text)
	if found := kinds(t, dir); len(found) > 0 {
		t.Fatalf("unchanged: %v", found)
	}
	var whole any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	changed := 0
	eachMember(&whole, "", func(path string, value any, set func(any)) {
		for _, other := range otherValues(value) {
			set(other)
			damaged, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			overwrite(t, name, damaged)
			changed++
			if found := kinds(t, dir); len(found) == 0 && !isFree(path, other) {
				t.Errorf("%s: %v instead of %v goes unnoticed", path, other, value)
			}
		}
		set(value)
	})
	if changed < 200 {
		t.Errorf("only %d changes", changed)
	}
}

func isFree(path string, value any) bool {
	if n, ok := value.(float64); ok && n < 0 {
		return false
	}
	if path == "tables.small.content_xxh128" {
		return value == "" // as in a manifest of an earlier version
	}
	return slices.Contains(freeMembers, path) || strings.HasSuffix(path, ".doc")
}

// eachMember visits every member and element of a JSON value, with a function that replaces it.
func eachMember(value *any, path string, visit func(path string, value any, set func(any))) {
	join := func(key string) string { return strings.TrimPrefix(path+"."+key, ".") }
	switch v := (*value).(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			member := v[key]
			visit(join(key), member, func(other any) { v[key] = other })
			eachMember(&member, join(key), visit)
		}
	case []any:
		for i := range v {
			element := v[i]
			visit(join(fmt.Sprint(i)), element, func(other any) { v[i] = other })
			eachMember(&element, join(fmt.Sprint(i)), visit)
		}
	}
}

// otherValues are values of the same type, or of none.
func otherValues(value any) []any {
	switch v := value.(type) {
	case string:
		others := []any{v + "x", "", "other", strings.Replace(v, "0", "1", 1)}
		return slices.DeleteFunc(others, func(o any) bool { return o == v })
	case float64:
		return []any{v + 1, -1.0, v + 995}
	case bool:
		return []any{!v}
	case nil:
		return []any{"text"}
	case []any:
		if len(v) == 0 {
			return []any{[]any{"other"}}
		}
		return []any{[]any{}, v[1:], append(slices.Clone(v), v[0])}
	case map[string]any:
		return []any{map[string]any{}}
	}
	return nil
}
