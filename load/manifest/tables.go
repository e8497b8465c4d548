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

func (c Column) TypeText() string {
	if c.Nullable {
		return c.Type
	}
	return c.Type + " not null"
}

// ColumnsOf are the columns of one of a table's files: all but those that its
// path carries. What a manifest does not say is taken to be possible.
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

func (c Column) Typed() (schemas.Column, error) {
	for _, kind := range []schemas.Kind{schemas.Int32, schemas.Int64, schemas.Float64, schemas.Bool, schemas.String, schemas.Timestamp, schemas.Date} {
		for _, list := range []bool{false, true} {
			typ := schemas.Type{Kind: kind, List: list, Nullable: c.Nullable, ElementNullable: true}
			if typ.String() == c.Type {
				return schemas.Column{Name: c.Name, Type: typ}, nil
			}
		}
	}
	return schemas.Column{}, fmt.Errorf("column %s: %q is no type of a column", c.Name, c.Type)
}

// FormatOf is how a file is written, as its format and name say.
func FormatOf(f File) (format.Format, error) {
	for _, c := range format.Compressions(f.Format) {
		format := format.Format{Name: f.Format, Compression: c, Null: f.Null}
		if f.Format == "parquet" {
			return format, nil
		}
		if ext := format.Extension(); len(f.Path) > len(ext) && f.Path[len(f.Path)-len(ext):] == ext {
			return format, nil
		}
	}
	return format.Format{}, fmt.Errorf("no file of the format %q has such a name", f.Format)
}

// Best are the files to read a table from: Parquet before NDJSON before TSV.
func (t Table) Best() (name string, files []File) {
	for _, name = range format.Names() {
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

// DefaultTable is the table that is meant where none is named: the only one, or the
// one that has the folder's name; "" if there is neither.
func DefaultTable(folder string, tables []string) string {
	switch {
	case len(tables) == 1:
		return tables[0]
	case slices.Contains(tables, folder):
		return folder
	}
	return ""
}

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
		return t, fmt.Errorf("%s holds several tables: name one, such as %s#%s", dir, dir, strings.Join(names, " or #"))
	}
	return t, fmt.Errorf("%s holds no table %s: there are %s", dir, name, strings.Join(names, ", "))
}
