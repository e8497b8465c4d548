package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
)

// readPublished reads a published folder as somebody does who knows the manifest
// by the documents only.
func readPublished(file func(name string) ([]byte, error)) error {
	text, err := file("_manifest.json")
	if err != nil {
		return err
	}
	var m struct {
		RunID  string `json:"run_id"`
		Tables map[string]struct {
			Files []struct {
				Path   string
				Bytes  int
				SHA256 string
			}
		}
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("the manifest is torn: %w", err)
	}
	files := 0
	for _, table := range m.Tables {
		for _, f := range table.Files {
			files++
			data, err := file(f.Path)
			if err != nil {
				return fmt.Errorf("run %s: %w", m.RunID, err)
			}
			if sum := sha256.Sum256(data); len(data) != f.Bytes || hex.EncodeToString(sum[:]) != f.SHA256 {
				return fmt.Errorf("run %s: %s is of another run, or torn", m.RunID, f.Path)
			}
		}
	}
	if files == 0 {
		return fmt.Errorf("run %s has no files: %w", m.RunID, fs.ErrNotExist)
	}
	_, err = file("_SUCCESS")
	return err
}
