package plan

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// output settles where the plan writes to and in which formats; the command
// line goes before the spec.
func (c *compiler) output(s spec.Settings) {
	c.plan.Target, c.plan.targetPos = c.spec.Load.To, c.spec.Load.At("to")
	if s.Out != "" {
		c.plan.Target, c.plan.targetPos = s.Out, document.Pos{Flag: "--out"}
		spec.CheckTarget(c.Decoder, document.Pos{Flag: "--out"}, "this", s.Out)
	}
	if s.Endpoint != "" {
		c.spec.Source.Endpoint = s.Endpoint
		spec.CheckEndpoint(c.Decoder, document.Pos{Flag: "--endpoint"}, "this", s.Endpoint)
	}
	formats := c.spec.Load.Formats
	if len(s.Formats) > 0 {
		formats = c.chosen(s.Formats)
	}
	if len(formats) == 0 && !c.spec.Load.Has("formats") {
		formats = []spec.Format{{Name: "parquet"}}
	}
	for i := range formats {
		c.plan.Formats = append(c.plan.Formats, c.format(&formats[i]))
	}
}

// JoinOut is the folder of one of several pipelines in an output folder.
func JoinOut(out, name string) string {
	if strings.Contains(out, "://") || name == "" {
		return out // a fault already
	}
	return filepath.Join(out, name)
}

// chosen are the formats named on the command line, with the spec's options.
func (c *compiler) chosen(names []string) []spec.Format {
	var list []spec.Format
	seen := map[string]bool{}
	for _, name := range names {
		f, ok := spec.NewFormat(c.Decoder, name)
		if seen[name] {
			c.Fault(f.Pos, "name it once", "%s stands twice", wording.Quote(name))
		}
		if !ok || seen[name] {
			continue
		}
		seen[name] = true
		for _, own := range c.spec.Load.Formats {
			if own.Name == name {
				f = own
			}
		}
		list = append(list, f)
	}
	return list
}

func (c *compiler) format(f *spec.Format) format.Format {
	made := format.Format{
		Name: f.Name, Compression: f.Compression, Level: f.Level, RowGroupRows: f.RowGroupRows, Squish: f.Squish, Null: f.Null,
	}
	name := wording.Join("load.formats", f.Name)
	var wrong *format.Error
	if errors.As(made.Check(), &wrong) {
		c.Fault(f.At("level"), wrong.Hint, "%s: %s", name, wrong.What)
	}
	if strings.ContainsAny(f.Null, "\t\r\n\"") {
		c.Fault(f.At("null"), "use a text such as NA", "%s.null cannot hold tabs, quotes or line breaks", name)
	}
	return made
}
