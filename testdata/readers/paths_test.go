package readers

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// escape is a partition value as Spark writes it in a path
// (ExternalCatalogUtils.escapePathName): these characters and no other. Null
// and the empty string share the default partition's name there.
func escape(v any) string {
	var text string
	switch v := v.(type) {
	case nil:
		return "__HIVE_DEFAULT_PARTITION__"
	case string:
		text = v
	case json.Number:
		text = v.String()
	default:
		text = fmt.Sprint(v)
	}
	if text == "" {
		return "__HIVE_DEFAULT_PARTITION__"
	}
	var b strings.Builder
	// A text that Spark or DuckDB would take for a null has its first letter encoded.
	asNull := strings.EqualFold(text, "null") || text == "__HIVE_DEFAULT_PARTITION__"
	for i, c := range []byte(text) {
		if asNull && i == 0 || c < 0x20 || c == 0x7f || strings.IndexByte(`"#%'*/:=?\{[]^`, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// files lists the files under a folder whose names end so, in path order.
func files(t *testing.T, dir, ending string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ending) {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
