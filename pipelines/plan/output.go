package plan

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// output resolves the target and the formats. The command line takes precedence over the spec.
func (c *compiler) output(s spec.Settings) {
	c.plan.Target, c.plan.targetPos = c.spec.Load.To, c.spec.Load.At("to")
	if s.Out != "" {
		c.plan.Target, c.plan.targetPos = s.Out, document.Pos{Flag: "--out"}
		spec.CheckTarget(c.Decoder, c.plan.targetPos, "this", s.Out)
	}
	if s.Endpoint != "" {
		c.spec.Source.Endpoint = s.Endpoint
		spec.CheckEndpoint(c.Decoder, document.Pos{Flag: "--endpoint"}, "this", s.Endpoint)
	}
	formats := c.spec.Load.Formats
	switch {
	case len(s.Formats) > 0:
		formats = c.chosen(s.Formats)
	case !c.spec.Load.Has("formats"):
		formats = []spec.Format{{Format: format.Format{Name: "parquet"}}}
	}
	c.formats = formats
	for i := range formats {
		c.checkFormat(&formats[i])
		c.plan.Formats = append(c.plan.Formats, formats[i].Format)
	}
}

// JoinOut is the folder of one of several pipelines in an output folder.
func JoinOut(out, name string) string {
	if strings.Contains(out, "://") || name == "" {
		return out // reported as a fault
	}
	return filepath.Join(out, name)
}

// chosen returns the formats named on the command line, with the spec's options.
func (c *compiler) chosen(names []string) []spec.Format {
	var list []spec.Format
	named := func(name string) func(spec.Format) bool {
		return func(f spec.Format) bool { return f.Name == name }
	}
	for _, name := range names {
		f, ok := spec.NewFormat(c.Decoder, name)
		switch {
		case !ok:
			continue
		case slices.ContainsFunc(list, named(name)):
			c.Fault(f.Pos, "name it once", "%s is named twice", wording.Quote(name))
			continue
		}
		if i := slices.IndexFunc(c.spec.Load.Formats, named(name)); i >= 0 {
			f = c.spec.Load.Formats[i]
		}
		list = append(list, f)
	}
	return list
}

func (c *compiler) checkFormat(f *spec.Format) {
	name := wording.Join("load.formats", f.Name)
	var wrong *format.Error
	if errors.As(f.Check(), &wrong) {
		c.Fault(f.At("level"), wrong.Hint, "%s: %s", name, wrong.What)
	}
	if strings.ContainsAny(f.Null, "\t\r\n\"") {
		c.Fault(f.At("null"), "use a text such as NA", "%s.null cannot hold tabs, quotes or line breaks", name)
	}
}

// checkShapes checks that each table can be written in each format.
func (c *compiler) checkShapes() {
	for i := range c.formats {
		for _, t := range c.plan.Tables {
			var wrong *format.Error
			if errors.As(c.formats[i].CheckTable(t), &wrong) {
				c.Fault(c.formats[i].Pos, wrong.Hint, "%s", wrong.What)
			}
		}
	}
}
