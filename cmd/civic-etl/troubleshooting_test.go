package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fromSystem are documented messages of the operating system and of Go's network code.
var fromSystem = []string{
	"no such host", "proxyconnect", "connection refused", "no space left on device", "permission denied",
	"too many open files",
}

// TestTroubleshooting finds each message of docs/troubleshooting.md in the source, so
// that a new wording of a message changes the page too.
func TestTroubleshooting(t *testing.T) {
	page, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	source := sourceText(t)
	found := 0
	for line := range strings.Lines(string(page)) {
		message, _, isRow := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !isRow || !strings.HasPrefix(line, "| ") {
			continue
		}
		for _, part := range messageParts(message) {
			found++
			if !slices.Contains(fromSystem, part) && !strings.Contains(source, part) {
				t.Errorf("docs/troubleshooting.md explains %q, which no message says", part)
			}
		}
	}
	if found < 20 {
		t.Errorf("the page explains only %d messages", found)
	}
}

var inCode = regexp.MustCompile("`([^`]*)`")

// messageParts are the texts between the dots that stand for values. Short ones are left out.
func messageParts(cell string) []string {
	var parts []string
	for _, code := range inCode.FindAllStringSubmatch(cell, -1) {
		for part := range strings.SplitSeq(code[1], "…") {
			if part = strings.Trim(part, " ;:,?"); len(part) > 5 {
				parts = append(parts, part)
			}
		}
	}
	return parts
}

// sourceText is all Go code of the module but its tests.
func sourceText(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == ".git"):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		data, err := os.ReadFile(path)
		text.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}
