package verify

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/load/manifest"
)

// faults collects contradictions.
type faults []string

func (f *faults) add(when bool, format string, args ...any) {
	if when {
		*f = append(*f, fmt.Sprintf(format, args...))
	}
}

// runFaults lists the contradictions in what a manifest says about its run.
func runFaults(m *manifest.Manifest) []string {
	var list faults
	list.add(m.StartedAt.IsZero() || m.FinishedAt.IsZero(), "it does not say when the run was")
	list.add(m.FinishedAt.Before(m.StartedAt), "it ends before it begins")
	list.add(!slices.Contains([]string{"complete", "incomplete", "limited"}, m.Status), "its status is %q", m.Status)
	list.add(m.Status == "complete" && !m.Extract.Complete || m.Status == "incomplete" && m.Extract.Complete,
		"its status is %s, but extract.complete is %v", m.Status, m.Extract.Complete)
	list.add(m.ToolVersion == "", "it has no tool_version")
	list.add(m.Spec.Name == "" || !isHash(m.Spec.SHA256, 32), "spec has no name, or no SHA-256")
	list.add(m.Source.Connection == "" || m.Source.Paging == "" || !isHash(m.Source.QuerySHA256, 32),
		"source has no connection, paging or SHA-256 of the query")
	list.add(m.Source.Endpoint == "", "source has no endpoint")
	for _, c := range m.Checks {
		_, known := m.Tables[c.Table]
		list.add(!known, "a check is of the table %q, which it does not list", c.Table)
		list.add(c.Check == "" || !slices.Contains([]string{"passed", "skipped", "failed"}, c.Outcome),
			"the outcome of the check %q is %q", c.Check, c.Outcome)
		list.add((c.Found != "") != (c.Outcome == "failed"), "the check %q %s, and found %q", c.Check, c.Outcome, c.Found)
	}
	return append(list, extractFaults(m)...)
}

// extractFaults lists the contradictions in the numbers of the extraction.
func extractFaults(m *manifest.Manifest) []string {
	var list faults
	e := m.Extract
	counts := map[string]int64{"requests": e.Requests, "retries": e.Retries, "resumed": e.Resumed, "bytes": e.Bytes,
		"total_count": e.TotalCount, "records": e.Records, "unique": e.Unique, "duplicates": e.Duplicates,
		"repaired": e.Repaired, "total_before": e.TotalBefore, "total_after": e.TotalAfter, "gone": e.Gone}
	for name, n := range counts {
		list.add(n < 0, "extract.%s is %d", name, n)
	}
	list.add(e.ThrottledSeconds < 0, "extract.throttled_seconds is %v", e.ThrottledSeconds)
	proven := true
	for proof := range strings.SplitSeq(e.Proof, ", ") {
		proven = proven && proof != ""
		list.add(proof != "" && !slices.Contains([]string{"ids", "sweep", "count", "recording"}, proof),
			"extract.proof is %q", e.Proof)
	}
	list.add(e.Complete != proven, "extract.complete is %v, and extract.proof %q", e.Complete, e.Proof)
	list.add(e.TotalCount != e.TotalAfter, "extract.total_count is %d, total_after %d", e.TotalCount, e.TotalAfter)
	list.add(e.Complete && e.Unique != e.TotalCount,
		"extract.complete is true, but unique is %d, and total_count %d", e.Unique, e.TotalCount)
	list.add(e.Unique > e.Records || e.Duplicates > e.Records || e.Repaired > e.Records,
		"extract.records is %d, less than unique, duplicates or repaired", e.Records)
	rejected := int64(0)
	for _, t := range m.Tables {
		rejected += t.Rejected
	}
	// A record that failed and came later, or that was removed, is counted in several ways.
	plain := e.Repaired == 0 && e.Gone == 0 && rejected == 0
	list.add(plain && e.Records != e.Unique+e.Duplicates,
		"extract.records is %d, but unique and duplicates are %d and %d", e.Records, e.Unique, e.Duplicates)
	slices.Sort(list)
	return list
}

func isHash(text string, size int) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == size && text == strings.ToLower(text)
}

// shapeFaults lists the contradictions in the names, numbers and options of a table.
func shapeFaults(t manifest.Table) []string {
	var list faults
	list.add(t.Name == "" || strings.ContainsAny(t.Name, "/\x00") || t.Name[0] == '.' || t.Name[0] == '_',
		"it cannot have this name")
	list.add(t.Rows < 0 || t.Rejected < 0, "it has %d rows, and %d rejected", t.Rows, t.Rejected)
	list.add(t.Content != "" && !isHash(t.Content, 16), "content_xxh128 is %q", t.Content)
	for i, k := range t.Key {
		column, err := t.Column(k)
		list.add(slices.Contains(t.Key[:i], k), "its key names %s twice", k)
		list.add(err == nil && column.Type.List, "its key names %s, which is a list", k)
	}
	first := map[string]manifest.File{} // of each format
	for _, f := range t.Files {
		if _, found := first[f.Format]; !found {
			first[f.Format] = f
		}
		o := first[f.Format]
		list.add(f.Null != o.Null || f.Squish != o.Squish || f.Empty != o.Empty,
			"files %s and %s have different options", o.Path, f.Path)
		list.add(len(f.Partition) != len(o.Partition), "files %s and %s have different partition columns", o.Path, f.Path)
		list.add(f.Format != "tsv" && (f.Null != "" || f.Squish || f.Empty != ""), "file %s has options of TSV", f.Path)
	}
	return list
}
