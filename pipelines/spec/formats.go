package spec

import (
	"strings"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

var formatName = document.Choice(format.Names())

// formatsShape is a list of names, or a map from names to options.
var formatsShape = document.Shape[[]Format]{
	Schema: map[string]any{"oneOf": []any{
		map[string]any{"type": "array", "minItems": 1, "uniqueItems": true, "items": formatName.Schema},
		map[string]any{"type": "object", "minProperties": 1, "additionalProperties": false, "properties": formatSchemas()},
	}},
	Read: func(d *document.Decoder, n *document.Node, name string) ([]Format, bool) {
		switch {
		case len(n.Items) > 0:
			return formatList(d, n, name), true
		case len(n.Entries) > 0:
			return formatMap(d, n, name), true
		}
		hint := "write a list, such as [parquet, tsv], or a map with options"
		d.Fault(n.Pos, hint, "%s is %s", name, document.Describe(n))
		return nil, false
	},
}

func formatSchemas() map[string]any {
	properties := map[string]any{}
	for _, name := range format.Names() {
		properties[name] = formatShape(name).Schema
	}
	return properties
}

func formatList(d *document.Decoder, n *document.Node, name string) []Format {
	var list []Format
	seen := map[string]bool{}
	for _, item := range n.Items {
		v, ok := formatName.Read(d, item, name)
		switch {
		case !ok:
		case seen[v]:
			d.Fault(item.Pos, "name it once", "%s names %s twice", name, v)
		default:
			seen[v] = true
			list = append(list, Format{Format: format.Format{Name: v}, Pos: item.Pos})
		}
	}
	return list
}

func formatMap(d *document.Decoder, n *document.Node, name string) []Format {
	var list []Format
	d.UnknownKeys(n, name, format.Names())
	for _, e := range n.Entries {
		if formatFields(e.Key) == nil {
			continue
		}
		if f, ok := formatShape(e.Key).Read(d, e.Value, wording.Join(name, e.Key)); ok {
			f.Name, f.Pos = e.Key, e.Pos
			list = append(list, f)
		}
	}
	return list
}

func formatShape(name string) document.Shape[Format] {
	return document.Object(strings.ToUpper(name[:1])+name[1:]+" files.", formatFields(name))
}

// formatFields are the options of a format, nil for an unknown one.
func formatFields(name string) []document.Field[Format] {
	switch name {
	case "parquet":
		return append(compression("zstd", "snappy", "gzip", "lz4_raw", "brotli", "none"),
			field("row_group_rows", "Rows in a row group; the default is 122880.",
				document.Integer[int](1, 100_000_000), func(f *Format) *int { return &f.RowGroupRows }))
	case "ndjson":
		return compression("none", "gzip", "zstd")
	case "tsv":
		return append(compression("none", "gzip", "zstd"),
			optional("false", field("squish", "Replace runs of white space by one space, as the official files do.",
				boolean, func(f *Format) *bool { return &f.Squish })),
			field("null", "Text of a null, such as NA; the default is empty.",
				emptyText, func(f *Format) *string { return &f.Null }),
			optional("quoted", field("empty",
				"How an empty text is written: quoted, as \"\", or bare, as nothing. Bare, it is a null to readers.",
				document.Choice([]string{"quoted", format.Bare}), func(f *Format) *string { return &f.Empty })))
	case "vcf":
		return append(compression("none", "bgzip"),
			field("reference_grch37", "FASTA file of GRCh37, for insertions and deletions. Without it they are left out.",
				path, func(f *Format) *string { return &f.ReferenceGRCh37 }),
			field("reference_grch38", "FASTA file of GRCh38, for insertions and deletions. Without it they are left out.",
				path, func(f *Format) *string { return &f.ReferenceGRCh38 }),
			field("contig_prefix", "Text before the names of chromosomes: chr for chr7 and chrM.",
				document.Choice([]string{"chr"}), func(f *Format) *string { return &f.ContigPrefix }))
	}
	return nil
}

func compression(names ...string) []document.Field[Format] {
	return []document.Field[Format]{
		field("compression", "Compression; the first is the default: "+strings.Join(names, ", ")+".",
			document.Choice(names), func(f *Format) *string { return &f.Compression }),
		field("level", "Level of the compression: zstd 1 to 22, gzip and bgzip 1 to 9, brotli 1 to 11.",
			document.Integer[int](1, 22), func(f *Format) *int { return &f.Level }),
	}
}

// NewFormat returns a format named on the command line.
func NewFormat(d *document.Decoder, name string) (Format, bool) {
	pos := document.Pos{Flag: "--format"}
	if formatFields(name) != nil {
		return Format{Format: format.Format{Name: name}, Pos: pos}, true
	}
	hint := wording.Nearest(name, format.Names(), "use "+strings.Join(format.Names(), ", "))
	d.Fault(pos, hint, "unknown format %s", wording.Quote(name))
	return Format{}, false
}
