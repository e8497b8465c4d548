package spec

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
)

// checkRules says what is wrong with a spec by itself, beyond the shape of its
// values: what excludes what, and names that stand for nothing.
func (s *Spec) checkRules() {
	d := s.Decoder
	s.checkTables()
	if s.Source.Endpoint != "" {
		CheckEndpoint(d, s.Source.At("endpoint"), "source.endpoint", s.Source.Endpoint)
	}
	if s.Load.To != "" {
		CheckTarget(d, s.Load.At("to"), "load.to", s.Load.To)
	}
}

func (s *Spec) checkTables() {
	d := s.Decoder
	if !s.Has("tables") {
		if !s.Has("columns") && !s.Has("meant columns") && !s.Has("meant tables") {
			d.Fault(s.At(""), "write `columns: {id: id}`, or `tables:` for several", "there are no columns")
		}
		if strings.HasPrefix(s.Name, "_") {
			d.Fault(s.At("name"), "begin it with a letter or digit", "the name of the only table begins with _, which hides its files from Spark")
		}
	}
	for _, key := range document.FieldKeys(tableFields) {
		if s.Has("tables") && s.Has(key) {
			d.Fault(s.At(key), "move it into one of the tables", "%s stands beside tables", key)
		}
	}
	for i := range s.Tables {
		s.Tables[i].checkRules(d, s.Prefix(&s.Tables[i]))
	}
}

// Prefix is the key path of a table, with its dot.
func (s *Spec) Prefix(t *Table) string {
	if s.Has("tables") {
		return wording.Join("tables", t.Name) + "."
	}
	return ""
}

func (t *Table) checkRules(d *document.Decoder, prefix string) {
	for i := range t.Columns {
		t.Columns[i].checkRules(d, prefix)
		if c := &t.Columns[i]; c.Whole && c.Has("path") && !t.Has("rows") {
			d.Fault(c.At("whole"), "add rows, or remove it", "%s.whole does nothing without rows", prefix+wording.Join("columns", c.Name))
		}
	}
	if t.Outer && !t.Has("rows") {
		d.Fault(t.At("outer"), "add rows, or remove it", "%souter does nothing without rows", prefix)
	}
	if !t.Has("columns") {
		return
	}
	r := nameRule{decoder: d, prefix: prefix}
	for _, c := range t.Columns {
		if c.Hidden {
			r.hidden = append(r.hidden, c.Name)
		} else {
			r.names = append(r.names, c.Name)
		}
	}
	if len(r.names) == 0 && len(t.Columns) > 0 {
		d.Fault(t.At("columns"), "leave at least one that is not hidden", "%scolumns are all hidden, so that nothing is left for the files", prefix)
	}
	r.known("key", t.Key)
	r.known("partition_by", t.PartitionBy)
	if len(t.PartitionBy) > 0 && len(t.PartitionBy) >= len(r.names) {
		d.Fault(t.At("partition_by"), "leave at least one column that is not in it", "%spartition_by takes every column, so that nothing is left for the files", prefix)
	}
	for i := range t.Checks {
		r.checkNames(&t.Checks[i])
	}
}

// nameRule holds the names of columns against those there are.
type nameRule struct {
	decoder *document.Decoder
	prefix  string
	names   []string
	hidden  []string
}

func (r nameRule) checkNames(c *Check) {
	r.known("checks.unique", c.Unique)
	r.known("checks.not_null", c.NotNull)
	for _, v := range c.Values {
		r.one("checks.values", v.pos, v.Column)
	}
	r.known("checks.references", c.References.Columns)
}

func (r nameRule) known(name string, words []document.Word) {
	for _, w := range words {
		r.one(name, w.Node.Pos, w.Text)
	}
}

func (r nameRule) one(name string, pos document.Pos, column string) {
	if slices.Contains(r.names, column) {
		return
	}
	if slices.Contains(r.hidden, column) {
		r.decoder.Fault(pos, "write the column, or name another", "%s%s names the column %s, which is hidden", r.prefix, name, wording.Quote(column))
		return
	}
	hint := wording.Nearest(column, r.names, "columns are "+wording.List(r.names, wording.MostNames))
	r.decoder.Fault(pos, hint, "%s%s names a column %s that is not there", r.prefix, name, wording.Quote(column))
}

func (c *Column) checkRules(d *document.Decoder, prefix string) {
	name := prefix + wording.Join("columns", c.Name)
	switch {
	case !c.Has("path") && !c.Has("expr") && (c.Has("meant path") || c.Has("meant expr")):
	case !c.Has("path") && !c.Has("expr"):
		d.Fault(c.At(""), "give it a path, such as {path: disease.name}, or an expr", "%s has neither path nor expr", name)
	case c.Has("path") && c.Has("expr"):
		d.Fault(c.At("expr"), "keep one of them", "%s has both path and expr", name)
	}
	if c.Has("expr") {
		for _, key := range []string{"list", "separator", "labels", "whole"} {
			if c.Has(key) {
				d.Fault(c.At(key), "remove it, and put it into the expression", "%s.%s is for columns with a path", name, key)
			}
		}
		return
	}
	if c.Has("separator") && c.List != schemas.Join.String() {
		d.Fault(c.At("separator"), "add `list: join`, or remove it", "%s.separator is for `list: join`", name)
	}
}

// CheckEndpoint says what is wrong with an address, without showing it: it may
// hold a key.
func CheckEndpoint(d *document.Decoder, pos document.Pos, name, address string) {
	const example = "write it like " + defaultEndpoint
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		d.Fault(pos, example, "%s is not an http or https address", name)
	case u.User != nil:
		d.Fault(pos, "put an API key into the variable that source.api_key_env names", "%s holds a user name or password", name)
	case u.RawQuery != "" || u.ForceQuery:
		d.Fault(pos, "remove what follows the ?; a key belongs into the variable that source.api_key_env names", "%s holds a query", name)
	case u.Fragment != "":
		d.Fault(pos, "remove what follows the #", "%s holds a fragment", name)
	}
}

// CheckTarget says what cannot be the folder of an output, which every run
// replaces as a whole.
func CheckTarget(d *document.Decoder, pos document.Pos, name, to string) {
	clean := filepath.Clean(to)
	switch {
	case strings.Contains(to, "://"):
		d.Fault(pos, "name a local folder and copy it from there", "%s is an address, and only folders are written to", name)
	case strings.ContainsFunc(to, func(r rune) bool { return r < ' ' || r == 0x7f }):
		d.Fault(pos, "leave them out", "%s holds control characters", name)
	case strings.HasPrefix(to, "~"):
		d.Fault(pos, "write ${HOME}/… or an absolute path", "%s begins with ~, which only a shell knows", name)
	case clean == "." || clean == ".." || clean == string(filepath.Separator) || strings.HasSuffix(clean, string(filepath.Separator)+".."):
		d.Fault(pos, "name a folder of its own, such as out/evidence", "%s is a folder that holds other things, and a run replaces it", name)
	}
}
