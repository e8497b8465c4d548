package catalog

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// files are the files to load a table from, in the format that preserves most of its types.
type files struct {
	format, ending string // parquet, ndjson, tsv, vcf; parquet, ndjson.gz, …
	path           string // below the catalog's folder, with slashes: a file, or a folder of partitions and parts
	folder         bool
	none           bool   // no file, since the table has no rows
	null           string // of tsv
	others         []string
}

// formats are the formats, those that preserve more types first.
var formats = []string{"parquet", "ndjson", "tsv", "vcf"}

// filesOf finds the files of a table in its manifest; if there are none, it predicts them from the plan.
func filesOf(p *plan.Plan, table int, folder string, listed []manifest.File) files {
	var found files
	for _, format := range formats {
		at := slices.IndexFunc(listed, func(f manifest.File) bool { return f.Format == format })
		if at < 0 {
			continue
		}
		root, _, isFolder := strings.Cut(listed[at].Path, "/")
		root = path.Join(folder, root)
		if found.format != "" {
			found.others = append(found.others, root)
			continue
		}
		_, ending, _ := strings.Cut(path.Base(listed[at].Path), ".")
		found = files{format: format, ending: ending, path: root, folder: isFolder, null: listed[at].Null}
	}
	if found.format == "" {
		return plannedFiles(p, table, folder)
	}
	return found
}

// plannedFiles are the files that the table would have with rows.
func plannedFiles(p *plan.Plan, table int, folder string) files {
	at := 0
	for i, f := range p.Formats {
		if slices.Index(formats, f.Name) < slices.Index(formats, p.Formats[at].Name) {
			at = i
		}
	}
	root, _, isFolder := strings.Cut(plan.FilePatterns(p, table)[at], "/")
	_, ending, _ := strings.Cut(root, ".")
	return files{
		format: p.Formats[at].Name, ending: ending, path: path.Join(folder, root), folder: isFolder,
		none: true, null: p.Formats[at].Null,
	}
}

// unreadable says why no SQL engine can load the table; "" if one can.
func (t *table) unreadable() string {
	if t.files.format != "vcf" {
		return ""
	}
	return fmt.Sprintf("\n-- %s has only VCF files: run it with --format parquet,vcf to load it.\n", t.name)
}

func (f files) pattern() string {
	if f.folder {
		return f.path + "/**/*." + f.ending
	}
	return f.path
}
