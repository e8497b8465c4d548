package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// inRepository are the code spans of a document that name files of this repository.
var inRepository = regexp.MustCompile(
	"`((?:cmd|docs|extract|load|pipelines|schemas|transform|testdata|\\.ci|\\.devcontainer|\\.github)/[\\w./*-]*)`")

// TestDocumentedPaths finds each file and folder that a document names.
func TestDocumentedPaths(t *testing.T) {
	for _, doc := range append(documents(t), "../../docs/cookbook.md", "../../SECURITY.md") {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range inRepository.FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(m[1], "pipelines/source_suggestions") {
				continue // the example of CONTRIBUTING.md
			}
			if found, err := filepath.Glob("../../" + m[1]); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which is not there", doc, m[1])
			}
		}
	}
}
