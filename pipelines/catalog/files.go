package catalog

import (
	"path"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// catalogFiles says what to read a table from: the format that keeps most of its
// types.
type catalogFiles struct {
	format, ending string // parquet, ndjson, tsv; parquet, ndjson.gz, …
	path           string // below the catalog's folder, with slashes: a file, or a folder of partitions and parts
	folder         bool
	none           bool   // no file, since there is no row
	null           string // of tsv
	others         []string
}

// catalogFormats are the formats in the order of how much they keep of the types.
var catalogFormats = []string{"parquet", "ndjson", "tsv"}

// filesOf finds where a table's files are. They are as the manifest lists them;
// where it lists none, as the plan would have them.
func filesOf(p *plan.Plan, table int, folder string, files []manifest.File) catalogFiles {
	var found catalogFiles
	roots := map[string]string{}
	for _, format := range catalogFormats {
		at := slices.IndexFunc(files, func(f manifest.File) bool { return f.Format == format })
		if at < 0 {
			continue
		}
		root, _, isFolder := strings.Cut(files[at].Path, "/")
		if found.format == "" {
			_, ending, _ := strings.Cut(path.Base(files[at].Path), ".")
			found = catalogFiles{format: format, ending: ending, path: path.Join(folder, root), folder: isFolder, null: files[at].Null}
		}
		roots[format] = path.Join(folder, root)
	}
	if found.format == "" {
		found = plannedFiles(p, table, folder)
	}
	for _, format := range catalogFormats {
		if root := roots[format]; root != "" && format != found.format {
			found.others = append(found.others, root)
		}
	}
	return found
}

// plannedFiles is where the files of a table without rows would be.
func plannedFiles(p *plan.Plan, table int, folder string) catalogFiles {
	at := 0
	for i, f := range p.Formats {
		if slices.Index(catalogFormats, f.Name) < slices.Index(catalogFormats, p.Formats[at].Name) {
			at = i
		}
	}
	root, _, isFolder := strings.Cut(plan.FilePatterns(p, table)[at], "/")
	_, ending, _ := strings.Cut(root, ".")
	return catalogFiles{format: p.Formats[at].Name, ending: ending, path: path.Join(folder, root), folder: isFolder, none: true, null: p.Formats[at].Null}
}

// pattern matches the table's files.
func (f catalogFiles) pattern() string {
	if f.folder {
		return f.path + "/**/*." + f.ending
	}
	return f.path
}
