package pipelines

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/schemas"
)

// checkRules says what is wrong with a spec by itself, beyond the shape of its
// values: what excludes what, and names that stand for nothing.
func (s *Spec) checkRules() {
	d := s.decoder
	s.checkTables()
	if s.Source.Endpoint != "" {
		checkEndpoint(d, s.Source.at("endpoint"), "source.endpoint", s.Source.Endpoint)
	}
	if s.Load.To != "" {
		checkTarget(d, s.Load.at("to"), "load.to", s.Load.To)
	}
}

func (s *Spec) checkTables() {
	d := s.decoder
	if !s.has("tables") {
		if !s.has("columns") && !s.has("meant columns") && !s.has("meant tables") {
			d.fault(s.at(""), "write `columns: {id: id}`, or `tables:` for several", "there are no columns")
		}
		if strings.HasPrefix(s.Name, "_") {
			d.fault(s.at("name"), "begin it with a letter or digit", "the name of the only table begins with _, which hides its files from Spark")
		}
	}
	for _, key := range fieldKeys(tableFields) {
		if s.has("tables") && s.has(key) {
			d.fault(s.at(key), "move it into one of the tables", "%s stands beside tables", key)
		}
	}
	for i := range s.Tables {
		s.Tables[i].checkRules(d, s.prefix(&s.Tables[i]))
	}
}

// prefix is the key path of a table, with its dot.
func (s *Spec) prefix(t *tableSpec) string {
	if s.has("tables") {
		return join("tables", t.Name) + "."
	}
	return ""
}

func (t *tableSpec) checkRules(d *decoder, prefix string) {
	for i := range t.Columns {
		t.Columns[i].checkRules(d, prefix)
		if c := &t.Columns[i]; c.Whole && c.has("path") && !t.has("rows") {
			d.fault(c.at("whole"), "add rows, or remove it", "%s.whole does nothing without rows", prefix+join("columns", c.Name))
		}
	}
	if t.Outer && !t.has("rows") {
		d.fault(t.at("outer"), "add rows, or remove it", "%souter does nothing without rows", prefix)
	}
	if !t.has("columns") {
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
		d.fault(t.at("columns"), "leave at least one that is not hidden", "%scolumns are all hidden, so that nothing is left for the files", prefix)
	}
	r.known("key", t.key)
	r.known("partition_by", t.partitionBy)
	if len(t.partitionBy) > 0 && len(t.partitionBy) >= len(r.names) {
		d.fault(t.at("partition_by"), "leave at least one column that is not in it", "%spartition_by takes every column, so that nothing is left for the files", prefix)
	}
	for i := range t.checks {
		r.checkNames(&t.checks[i])
	}
}

// nameRule holds the names of columns against those there are.
type nameRule struct {
	decoder *decoder
	prefix  string
	names   []string
	hidden  []string
}

func (r nameRule) checkNames(c *checkSpec) {
	r.known("checks.unique", c.unique)
	r.known("checks.not_null", c.notNull)
	for _, v := range c.values {
		r.one("checks.values", v.pos, v.column)
	}
	r.known("checks.references", c.references.columns)
}

func (r nameRule) known(name string, words []word) {
	for _, w := range words {
		r.one(name, w.node.pos, w.Text)
	}
}

func (r nameRule) one(name string, pos Pos, column string) {
	if slices.Contains(r.names, column) {
		return
	}
	if slices.Contains(r.hidden, column) {
		r.decoder.fault(pos, "write the column, or name another", "%s%s names the column %s, which is hidden", r.prefix, name, quote(column))
		return
	}
	hint := nearest(column, r.names, "columns are "+list(r.names, mostNames))
	r.decoder.fault(pos, hint, "%s%s names a column %s that is not there", r.prefix, name, quote(column))
}

func (c *columnSpec) checkRules(d *decoder, prefix string) {
	name := prefix + join("columns", c.Name)
	switch {
	case !c.has("path") && !c.has("expr") && (c.has("meant path") || c.has("meant expr")):
	case !c.has("path") && !c.has("expr"):
		d.fault(c.at(""), "give it a path, such as {path: disease.name}, or an expr", "%s has neither path nor expr", name)
	case c.has("path") && c.has("expr"):
		d.fault(c.at("expr"), "keep one of them", "%s has both path and expr", name)
	}
	if c.has("expr") {
		for _, key := range []string{"list", "separator", "labels", "whole"} {
			if c.has(key) {
				d.fault(c.at(key), "remove it, and put it into the expression", "%s.%s is for columns with a path", name, key)
			}
		}
		return
	}
	if c.has("separator") && c.List != schemas.Join.String() {
		d.fault(c.at("separator"), "add `list: join`, or remove it", "%s.separator is for `list: join`", name)
	}
}

// checkEndpoint says what is wrong with an address, without showing it: it may
// hold a key.
func checkEndpoint(d *decoder, pos Pos, name, address string) {
	const example = "write it like " + defaultEndpoint
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		d.fault(pos, example, "%s is no http or https address", name)
	case u.User != nil:
		d.fault(pos, "put an API key into the variable that source.api_key_env names", "%s holds a user name or password", name)
	case u.RawQuery != "" || u.ForceQuery:
		d.fault(pos, "remove what follows the ?; a key belongs into the variable that source.api_key_env names", "%s holds a query", name)
	case u.Fragment != "":
		d.fault(pos, "remove what follows the #", "%s holds a fragment", name)
	}
}

// checkTarget says what cannot be the folder of an output, which every run
// replaces as a whole.
func checkTarget(d *decoder, pos Pos, name, to string) {
	clean := filepath.Clean(to)
	switch {
	case strings.Contains(to, "://"):
		d.fault(pos, "name a local folder and copy it from there", "%s is an address, and only folders are written to", name)
	case strings.ContainsFunc(to, func(r rune) bool { return r < ' ' || r == 0x7f }):
		d.fault(pos, "leave them out", "%s holds control characters", name)
	case strings.HasPrefix(to, "~"):
		d.fault(pos, "write ${HOME}/… or an absolute path", "%s begins with ~, which only a shell knows", name)
	case clean == "." || clean == ".." || clean == string(filepath.Separator) || strings.HasSuffix(clean, string(filepath.Separator)+".."):
		d.fault(pos, "name a folder of its own, such as out/evidence", "%s is a folder that holds other things, and a run replaces it", name)
	}
}
