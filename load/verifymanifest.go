package load

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/schemas"
)

// manifestFacts finds what the manifest says and cannot be so.
func (v *verifying) manifestFacts() {
	m := v.manifest
	fault := func(format string, args ...any) { v.find(ManifestFile, "manifest", format, args...) }
	if len(m.Tables) == 0 {
		fault("it lists no table")
	}
	if m.FinishedAt.Before(m.StartedAt) {
		fault("it ends before it begins")
	}
	if m.Status == "complete" && !m.Extract.Complete || m.Status == "incomplete" && m.Extract.Complete {
		fault("its status is %s, and extract.complete is %v", m.Status, m.Extract.Complete)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Tables)) {
		for _, text := range m.Tables[name].faults() {
			fault("table %s: %s", name, text)
		}
		for _, f := range m.Tables[name].Files {
			if err := m.Tables[name].checkPath(f); err != nil {
				v.find(f.Path, "partition", "%v", err)
			}
		}
	}
}

// faults are what does not add up in one table's part of the manifest.
func (t TableResult) faults() []string {
	var list []string
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	names := map[string]bool{}
	for _, c := range t.Columns {
		if names[c.Name] {
			add("column %s is listed twice", c.Name)
		}
		names[c.Name] = true
		if _, err := c.column(); err != nil {
			add("%v", err)
		}
	}
	for _, k := range t.Key {
		if !names[k] {
			add("its key names %s, which is no column", k)
		}
	}
	if len(t.Columns) == 0 || len(t.Files) == 0 {
		add("it has no columns, or no files")
	}
	rows := map[string]int64{}
	for _, f := range t.Files {
		rows[f.Format] += f.Rows
		if _, err := formatOf(f); err != nil {
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

// checkPath makes sure that a file stands where its table and partition say.
func (t TableResult) checkPath(f FileResult) error {
	format, err := formatOf(f)
	if err != nil {
		return nil // found with the table's faults
	}
	folder := t.Name + format.Extension()
	if f.Path == folder && len(f.Partition) == 0 {
		return nil
	}
	rest, ok := strings.CutPrefix(path.Dir(f.Path)+"/", folder+"/")
	if !ok {
		return fmt.Errorf("it lies outside %s", folder)
	}
	var columns []string
	var values []value
	for segment := range strings.SplitSeq(strings.TrimSuffix(rest, "/"), "/") {
		if segment == "" {
			continue
		}
		name, _, _ := strings.Cut(segment, "=")
		if name, err = unescapePath(name); err != nil {
			return err
		}
		text, ok := f.Partition[name]
		if !ok {
			return fmt.Errorf("its path has the partition column %q, the manifest does not", name)
		}
		columns, values = append(columns, name), append(values, partitionOf(text))
	}
	if len(columns) != len(f.Partition) {
		return fmt.Errorf("its path has %d partition columns, the manifest %d", len(columns), len(f.Partition))
	}
	want, err := partitionPath(columns, values)
	if err == nil && want+"/" != rest && want != rest {
		err = fmt.Errorf("its path says %s, the manifest %s", strings.TrimSuffix(rest, "/"), want)
	}
	return errors.Join(err, t.checkPartition(f))
}

func partitionOf(text *string) value {
	if text == nil {
		return value{null: true}
	}
	return value{text: *text}
}

// checkPartition makes sure that the values have the types of their columns.
func (t TableResult) checkPartition(f FileResult) error {
	for _, name := range slices.Sorted(maps.Keys(f.Partition)) {
		i := slices.IndexFunc(t.Columns, func(c ColumnResult) bool { return c.Name == name })
		if i < 0 {
			return fmt.Errorf("its partition column %q is no column of the table", name)
		}
		column, err := t.Columns[i].column()
		if err != nil {
			return nil // found with the table's faults
		}
		b := array.NewBuilder(memory.DefaultAllocator, column.Type.Arrow())
		err = appendPartition(b, column.Type.Kind, f.Partition[name])
		b.Release()
		if err != nil {
			return fmt.Errorf("partition column %s: %w", name, err)
		}
	}
	return nil
}

// appendPartition is the way back from a partition value's text.
func appendPartition(b array.Builder, kind schemas.Kind, text *string) error {
	if text == nil {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.TimestampBuilder:
		t, err := time.Parse("2006-01-02 15:04:05.999999", *text)
		b.Append(arrow.Timestamp(t.UnixMicro()))
		return err
	case *array.Float64Builder:
		v, err := strconv.ParseFloat(*text, 64)
		if err == nil && javaDouble(v) != *text && !math.IsNaN(v) {
			err = fmt.Errorf("%q is not how a number stands in a path", *text)
		}
		b.Append(v)
		return err
	}
	return textio.Append(b, kind, []byte(*text))
}

// unescapePath is the way back from escapePath.
func unescapePath(s string) (string, error) {
	var b strings.Builder
	for len(s) > 0 {
		if s[0] != '%' {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		if len(s) < 3 {
			return "", fmt.Errorf("%q ends within a percent code", s)
		}
		c, err := hex.DecodeString(s[1:3])
		if err != nil {
			return "", fmt.Errorf("%q is no percent code", s[:3])
		}
		b.WriteByte(c[0])
		s = s[3:]
	}
	return b.String(), nil
}
