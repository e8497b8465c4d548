package load

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/schemas"
)

func TestCreateBelowFile(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Create(Options{Target: filepath.Join(taken, "out"), Tables: []*schemas.Table{evidence()}, Formats: []format.Format{{Name: "ndjson"}}})
	if err == nil || !strings.Contains(err.Error(), "a file is in place of a folder") {
		t.Errorf("got %v", err)
	}
}
