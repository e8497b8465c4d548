package manifest

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/schemas"
)

// TypeText is the column's type with its nullability.
func (c Column) TypeText() string {
	if c.Nullable {
		return c.Type
	}
	return c.Type + " not null"
}

// Head is the part of Content that does not depend on rows: a line for each column, with name, tab and type, and then a
// line for each column of the key.
func (t Table) Head() []byte {
	var b []byte
	for _, c := range t.Columns {
		b = fmt.Appendf(b, "%s\t%s\n", c.Name, c.TypeText())
	}
	for _, k := range t.Key {
		b = fmt.Appendf(b, "%s\n", k)
	}
	return b
}

// ColumnsOf returns the columns of one of a table's files: all but those of its partition.
func (t Table) ColumnsOf(f File) ([]schemas.Column, error) {
	var columns []schemas.Column
	for _, c := range t.Columns {
		if _, inPath := f.Partition[c.Name]; inPath {
			continue
		}
		column, err := c.Typed()
		if err != nil {
			return nil, err
		}
		columns = append(columns, column)
	}
	return columns, nil
}

// Column finds a column of the table by name.
func (t Table) Column(name string) (schemas.Column, error) {
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return schemas.Column{}, fmt.Errorf("column %q is not a column of the table", name)
	}
	return t.Columns[i].Typed()
}

// Typed returns the column with its type. Elements of a list may be null, as the manifest does not tell.
func (c Column) Typed() (schemas.Column, error) {
	for kind := schemas.Int32; kind <= schemas.Date; kind++ {
		for _, list := range []bool{false, true} {
			typ := schemas.Type{Kind: kind, List: list, Nullable: c.Nullable, ElementNullable: true}
			if typ.String() == c.Type {
				return schemas.Column{Name: c.Name, Type: typ}, nil
			}
		}
	}
	return schemas.Column{}, fmt.Errorf("column %s: %q is not a type of a column", c.Name, c.Type)
}

// FormatOf returns the format of a file, with the compression that its name tells.
func FormatOf(f File) (format.Format, error) {
	found, ok := format.OfFile(f.Path)
	if !ok || found.Name != f.Format {
		return format.Format{}, fmt.Errorf("a file of the format %q cannot have this name", f.Format)
	}
	found.Null, found.Empty = f.Null, f.Empty
	return found, nil
}

// Best returns the files to read a table from, and their format: Parquet before NDJSON before TSV.
func (t Table) Best() (name string, files []File) {
	for _, name := range format.Names() {
		for _, f := range t.Files {
			if f.Format == name {
				files = append(files, f)
			}
		}
		if len(files) > 0 {
			return name, files
		}
	}
	return "", nil
}

// DefaultTable is the table to read if none is named: the only one, or the one with the folder's name. It may be "".
func DefaultTable(folder string, tables []string) string {
	switch {
	case len(tables) == 1:
		return tables[0]
	case slices.Contains(tables, folder):
		return folder
	}
	return ""
}

// Table finds a table of the folder dir by name; "" selects DefaultTable.
func (m *Manifest) Table(dir, name string) (Table, error) {
	names := slices.Sorted(maps.Keys(m.Tables))
	if name == "" {
		name = DefaultTable(filepath.Base(filepath.Clean(dir)), names)
	}
	t, found := m.Tables[name]
	switch {
	case found:
		return t, nil
	case name == "":
		return t, fmt.Errorf("%s holds several tables: name one, for example %s#%s", dir, dir,
			strings.Join(names, " or #"))
	}
	return t, fmt.Errorf("%s holds no table %s: there are %s", dir, name, strings.Join(names, ", "))
}

// LeftOut says how many rows are not in the VCF files, and why; "" if all are.
func (t Table) LeftOut() string {
	total, reasons := int64(0), map[string]int64{}
	for _, f := range t.Files {
		total += f.LeftOutRows()
		for reason, rows := range f.LeftOut {
			reasons[reason] += rows
		}
	}
	var list []string
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		list = append(list, fmt.Sprintf("%s: %d", reason, reasons[reason]))
	}
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d rows of table %s are not in vcf (%s)", total, t.Rows, t.Name, strings.Join(list, ", "))
}
