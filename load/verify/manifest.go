package verify

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/internal/hive"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// checkManifest finds contradictions in the manifest.
func (v *verifier) checkManifest() {
	m := v.Manifest
	fault := func(format string, args ...any) { v.add(manifest.Name, "manifest", format, args...) }
	if len(m.Tables) == 0 {
		fault("it lists no table")
	}
	for _, text := range runFaults(m) {
		fault("%s", text)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Tables)) {
		for _, text := range append(shapeFaults(m.Tables[name]), tableFaults(m.Tables[name])...) {
			fault("table %s: %s", name, text)
		}
		for _, f := range m.Tables[name].Files {
			if err := checkPath(m.Tables[name], f); err != nil {
				v.add(f.Path, "partition", "%v", err)
			}
		}
	}
}

// tableFaults lists the contradictions in one table of the manifest.
func tableFaults(t manifest.Table) []string {
	var list []string
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	names := map[string]bool{}
	for _, c := range t.Columns {
		if names[c.Name] {
			add("column %s is listed twice", c.Name)
		}
		names[c.Name] = true
		if _, err := c.Typed(); err != nil {
			add("%v", err)
		}
	}
	for _, k := range t.Key {
		if !names[k] {
			add("its key names %s, which is not a column", k)
		}
	}
	if len(t.Columns) == 0 || len(t.Files) == 0 {
		add("it has no columns, or no files")
	}
	rows := map[string]int64{}
	for _, f := range t.Files {
		rows[f.Format] += f.Rows + f.LeftOutRows()
		if _, err := manifest.FormatOf(f); err != nil {
			add("file %s: %v", f.Path, err)
		}
	}
	for _, format := range slices.Sorted(maps.Keys(rows)) {
		if rows[format] != t.Rows {
			add("its %s files hold %d rows, the table %d", format, rows[format], t.Rows)
		}
	}
	return list
}

// checkPath compares the path of a file with its table and partition.
func checkPath(t manifest.Table, f manifest.File) error {
	format, err := manifest.FormatOf(f)
	if err != nil {
		return nil // tableFaults found it
	}
	folder := t.Name + format.Extension()
	if f.Path == folder && len(f.Partition) == 0 {
		return nil
	}
	partition, ok := strings.CutPrefix(path.Dir(f.Path)+"/", folder+"/")
	if !ok {
		return fmt.Errorf("it lies outside %s", folder)
	}
	columns := 0
	for segment := range strings.SplitSeq(strings.Trim(partition, "/"), "/") {
		if segment == "" {
			continue
		}
		name, _, _ := strings.Cut(segment, "=")
		if name, err = hive.Unescape(name); err != nil {
			return err
		}
		value, ok := f.Partition[name]
		if !ok {
			return fmt.Errorf("its path has the partition column %q, the manifest does not", name)
		}
		columns++
		if want, err := hive.Path([]string{name}, []*string{value}); err != nil || want != segment {
			return errors.Join(fmt.Errorf("its path says %s, the manifest %s", segment, want), checkPartition(t, f))
		}
	}
	if columns != len(f.Partition) {
		return fmt.Errorf("its path has %d partition columns, the manifest %d", columns, len(f.Partition))
	}
	return checkPartition(t, f)
}

// checkPartition checks that the values have the types of their columns.
func checkPartition(t manifest.Table, f manifest.File) error {
	for _, name := range slices.Sorted(maps.Keys(f.Partition)) {
		column, err := t.Column(name)
		if err != nil {
			return fmt.Errorf("partition %w", err)
		}
		b := array.NewBuilder(memory.DefaultAllocator, column.Type.Arrow())
		err = hive.Append(b, column.Type.Kind, f.Partition[name])
		b.Release()
		if err != nil {
			return fmt.Errorf("partition column %s: %w", name, err)
		}
	}
	return nil
}
