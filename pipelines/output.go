package pipelines

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/civic-etl/civic-etl/load/format"
)

// output settles where the plan writes to and in which formats; the command
// line goes before the spec.
func (c *compiler) output(s Settings) {
	c.plan.Target, c.plan.targetPos = c.spec.Load.To, c.spec.Load.at("to")
	if s.Out != "" {
		c.plan.Target, c.plan.targetPos = s.Out, Pos{Flag: "--out"}
		checkTarget(c.decoder, Pos{Flag: "--out"}, "this", s.Out)
	}
	if s.Endpoint != "" {
		c.spec.Source.Endpoint = s.Endpoint
		checkEndpoint(c.decoder, Pos{Flag: "--endpoint"}, "this", s.Endpoint)
	}
	formats := c.spec.Load.formats
	if len(s.Formats) > 0 {
		formats = c.chosen(s.Formats)
	}
	if len(formats) == 0 && !c.spec.Load.has("formats") {
		formats = []formatSpec{{name: "parquet"}}
	}
	for i := range formats {
		c.plan.Formats = append(c.plan.Formats, c.format(&formats[i]))
	}
}

// joinOut is the folder of one of several pipelines in an output folder.
func joinOut(out, name string) string {
	if strings.Contains(out, "://") || name == "" {
		return out // a fault already
	}
	return filepath.Join(out, name)
}

// chosen are the formats named on the command line, with the spec's options.
func (c *compiler) chosen(names []string) []formatSpec {
	var list []formatSpec
	seen := map[string]bool{}
	for _, name := range names {
		f, ok := newFormat(c.decoder, name)
		if seen[name] {
			c.fault(f.pos, "name it once", "%s stands twice", quote(name))
		}
		if !ok || seen[name] {
			continue
		}
		seen[name] = true
		for _, own := range c.spec.Load.formats {
			if own.name == name {
				f = own
			}
		}
		list = append(list, f)
	}
	return list
}

func (c *compiler) format(f *formatSpec) format.Format {
	made := format.Format{
		Name: f.name, Compression: f.compression, Level: f.level, RowGroupRows: f.rowGroupRows, Squish: f.squish, Null: f.null,
	}
	name := join("load.formats", f.name)
	var wrong *format.Error
	if errors.As(made.Check(), &wrong) {
		c.fault(f.at("level"), wrong.Hint, "%s: %s", name, wrong.What)
	}
	if strings.ContainsAny(f.null, "\t\r\n\"") {
		c.fault(f.at("null"), "use a text such as NA", "%s.null cannot hold tabs, quotes or line breaks", name)
	}
	return made
}
