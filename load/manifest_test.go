package load

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

func sampleManifest() *manifest.Manifest {
	a := "A"
	return &manifest.Manifest{
		Version: 1, RunID: "20251123T210000Z-1", Status: "complete",
		StartedAt:   time.Date(2025, 11, 23, 21, 0, 0, 0, time.UTC),
		FinishedAt:  time.Date(2025, 11, 23, 21, 0, 5, 250_000_000, time.UTC),
		ToolVersion: "1.2.3",
		Spec:        manifest.Spec{Name: "evidence", SHA256: strings.Repeat("0a", 32)},
		Source:      manifest.Source{Endpoint: "https://civicdb.org/api/graphql", Connection: "evidenceItems", Args: map[string]any{"status": "ACCEPTED", "ids": []any{1.0, 2.0}}, QuerySHA256: strings.Repeat("0b", 32), Paging: "offset"},
		Extract:     manifest.Extract{Requests: 49, ThrottledSeconds: 1.5, Bytes: 1 << 20, TotalCount: 4842, Records: 4842, Unique: 4842, Complete: true},
		Tables: map[string]manifest.Table{"evidence": {
			Name: "evidence", Doc: "One row per evidence item.", Rows: 4842, Key: []string{"id"},
			Columns: []manifest.Column{{Name: "id", Type: "int64", Doc: "The number in EID."}, {Name: "evidence_level", Type: "string", Nullable: true}},
			Files: []manifest.File{
				{Path: "evidence.parquet/evidence_level=A/part-00000.parquet", Format: "parquet", Partition: map[string]*string{"evidence_level": &a}, Rows: 4000, Bytes: 100, SHA256: strings.Repeat("0c", 32)},
				{Path: "evidence.parquet/evidence_level=__HIVE_DEFAULT_PARTITION__/part-00000.parquet", Format: "parquet", Partition: map[string]*string{"evidence_level": nil}, Rows: 842, Bytes: 100, SHA256: strings.Repeat("0d", 32)},
			},
		}},
	}
}

func TestGoldenManifest(t *testing.T) {
	text, err := sampleManifest().Encode()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "manifest.json", text)
	got, err := manifest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, sampleManifest()) {
		t.Errorf("read back as %+v", got)
	}
}

func TestReadManifestRefuses(t *testing.T) {
	good, err := sampleManifest().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string][2]string{
		"version 2":               {`"version": 1`, `"version": 2`},
		"no run_id":               {"20251123T210000Z-1", ""},
		"unknown object member":   {`"status"`, `"state"`},
		"duplicate object member": {`"status": "complete"`, `"version": 1`},
		"lies outside the folder": {"evidence.parquet/evidence_level=A", "../evidence"},
		"not a SHA-256":           {strings.Repeat("0c", 32), "0c"},
		"negative counts":         {`"bytes": 100`, `"bytes": -1`},
		"listed twice":            {"=__HIVE_DEFAULT_PARTITION__/", "=A/"},
		"not a manifest":          {"{", "["},
	} {
		text := strings.Replace(string(good), change[0], change[1], 1)
		if text == string(good) {
			t.Fatalf("%s: nothing changed", want)
		}
		dir := t.TempDir()
		write(t, filepath.Join(dir, manifest.Name), text)
		if _, err := manifest.Read(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%v, not %q", err, want)
		}
	}
	if _, err := manifest.Read(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// FuzzManifest: what is taken can be written again, and read as the same.
func FuzzManifest(f *testing.F) {
	text, err := sampleManifest().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1,"run_id":"x","tables":{"a":{"files":[{"path":"a","sha256":""}]}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := manifest.Parse(text)
		if err != nil {
			return
		}
		for _, table := range m.Tables {
			for _, f := range table.Files {
				if !filepath.IsLocal(f.Path) {
					t.Fatalf("%q leaves the folder", f.Path)
				}
			}
		}
		again, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if n, err := manifest.Parse(again); err != nil {
			t.Fatalf("%v: %s", err, again)
		} else if twice, err := n.Encode(); err != nil || string(twice) != string(again) {
			t.Fatalf("%v: %s, then %s", err, again, twice)
		}
	})
}

// TestPublishedFacts: the manifest, the rejects and the success mark say what
// was done.
func TestPublishedFacts(t *testing.T) {
	shape := everyKind()
	dir := filepath.Join(t.TempDir(), "out")
	out, err := Create(Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{{Name: "tsv"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Abort()
	if err := out.Write(context.Background(), 0, nasty(shape, 0, 10)); err != nil {
		t.Fatal(err)
	}
	records := []string{`{"id": 7, "b": [1, 2]}`, "{\"cut\": \xff", ``}
	for _, r := range records {
		if err := out.Reject(manifest.Reject{Table: "every_kind", Reason: `rating "x" is no int32`, Path: "evidenceRating", Record: []byte(r)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := out.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := out.Publish(&manifest.Manifest{RunID: "r"}); err != nil {
		t.Fatal(err)
	}
	if err := out.Publish(&manifest.Manifest{RunID: "r"}); err == nil {
		t.Error("published twice")
	}
	if err := out.Abort(); err != nil {
		t.Error(err)
	}
	m, err := manifest.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r := m.Tables["every_kind"]; r.Rejected != 3 || r.Rows != 10 || r.Key[0] != "z_id" || len(r.Columns) != len(shape.Columns) || r.Columns[0] != (manifest.Column{Name: "z_id", Type: "int64"}) {
		t.Errorf("%+v", r)
	}
	if info, err := os.Stat(filepath.Join(dir, manifest.SuccessName)); err != nil || info.Size() != 0 {
		t.Error(err)
	}
	text, _ := os.ReadFile(filepath.Join(dir, manifest.RejectsName))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 3 || lines[0] != `{"table":"every_kind","reason":"rating \"x\" is no int32","path":"evidenceRating","record":{"id":7,"b":[1,2]}}` {
		t.Errorf("%s", text)
	}
	for _, l := range lines {
		if !json.Valid([]byte(l)) {
			t.Errorf("not JSON: %s", l)
		}
	}
}
