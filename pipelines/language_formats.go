package pipelines

import (
	"strings"

	"github.com/civic-etl/civic-etl/load/format"
)

// formatsShape is a list of names, or a map from names to options.
var formatsShape = shape[[]formatSpec]{
	schema: map[string]any{"oneOf": []any{
		map[string]any{"type": "array", "minItems": 1, "uniqueItems": true, "items": choice(format.Names()).schema},
		map[string]any{"type": "object", "minProperties": 1, "additionalProperties": false, "properties": formatSchemas()},
	}},
	read: readFormats,
}

func formatSchemas() map[string]any {
	properties := map[string]any{}
	for _, name := range format.Names() {
		properties[name] = formatShape(name).schema
	}
	return properties
}

func readFormats(d *decoder, n *node, name string) ([]formatSpec, bool) {
	switch {
	case n.kind == listNode && len(n.items) > 0:
		return formatList(d, n, name), true
	case n.kind == mapNode && len(n.entries) > 0:
		return formatMap(d, n, name), true
	}
	d.fault(n.pos, "write a list, such as [parquet, tsv], or a map with options", "%s is %s", name, describeEmpty(n))
	return nil, false
}

func formatList(d *decoder, n *node, name string) []formatSpec {
	var list []formatSpec
	seen := map[string]bool{}
	for _, item := range n.items {
		v, ok := choice(format.Names()).read(d, item, name)
		switch {
		case !ok:
		case seen[v]:
			d.fault(item.pos, "name it once", "%s names %s twice", name, v)
		default:
			seen[v] = true
			list = append(list, formatSpec{name: v, pos: item.pos})
		}
	}
	return list
}

func formatMap(d *decoder, n *node, name string) []formatSpec {
	var list []formatSpec
	d.unknownKeys(n, name, format.Names())
	for _, e := range n.entries {
		fields := formatFields(e.key)
		if fields == nil {
			continue
		}
		f, ok := formatShape(e.key).read(d, e.value, join(name, e.key))
		if ok {
			f.name, f.pos = e.key, e.pos
			list = append(list, f)
		}
	}
	return list
}

func formatShape(name string) shape[formatSpec] {
	return object(strings.ToUpper(name[:1])+name[1:]+" files.", formatFields(name))
}

// formatFields are the options of a format, nil for one there is not.
func formatFields(name string) []field[formatSpec] {
	compression := func(names ...string) []field[formatSpec] {
		return []field[formatSpec]{
			{key: "compression", doc: "How the bytes are compressed; the first is the default: " + strings.Join(names, ", ") + ".",
				to: into(choice(names), func(f *formatSpec) *string { return &f.compression })},
			{key: "level", doc: "How hard to compress: zstd 1 to 22, gzip 1 to 9, brotli 1 to 11.",
				to: into(integer[int](1, 22), func(f *formatSpec) *int { return &f.level })},
		}
	}
	switch name {
	case "parquet":
		return append(compression("zstd", "snappy", "gzip", "lz4_raw", "brotli", "none"), field[formatSpec]{
			key: "row_group_rows", doc: "Rows in a row group; 122880 without it.",
			to: into(integer[int](1, 100_000_000), func(f *formatSpec) *int { return &f.rowGroupRows })})
	case "ndjson":
		return compression("none", "gzip", "zstd")
	case "tsv":
		return append(compression("none", "gzip", "zstd"),
			field[formatSpec]{key: "squish", doc: "Squeeze runs of white space to one space, as the official files do.", absent: "false",
				to: into(boolean(), func(f *formatSpec) *bool { return &f.squish })},
			field[formatSpec]{key: "null", doc: "Text of a null, such as NA; empty without it.",
				to: into(anyText(nil), func(f *formatSpec) *string { return &f.null })})
	}
	return nil
}

// newFormat is a format named on the command line.
func newFormat(d *decoder, name string) (formatSpec, bool) {
	pos := Pos{Flag: "--format"}
	if formatFields(name) != nil {
		return formatSpec{name: name, pos: pos}, true
	}
	hint := nearest(name, format.Names(), "use "+strings.Join(format.Names(), ", "))
	d.fault(pos, hint, "there is no format %s", quote(name))
	return formatSpec{}, false
}
