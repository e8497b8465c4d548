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

// checkRules reports faults of a spec beyond the shape of its values: keys that exclude each other, and
// names of unknown columns.
func (s *Spec) checkRules() {
	s.checkTables()
	s.checkLookups()
	if s.Source.Endpoint != "" {
		CheckEndpoint(s.Decoder, s.Source.At("endpoint"), "source.endpoint", s.Source.Endpoint)
	}
	if s.Load.To != "" {
		CheckTarget(s.Decoder, s.Load.At("to"), "load.to", s.Load.To)
	}
}

func (s *Spec) checkTables() {
	d := s.Decoder
	if !s.Has("tables") {
		if !s.Has("columns") && !s.Misspelt("columns") && !s.Misspelt("tables") {
			d.Fault(s.At(""), "write `columns: {id: id}`, or `tables:` for several", "there are no columns")
		}
		if strings.HasPrefix(s.Name, "_") {
			d.Fault(s.At("name"), "begin it with a letter or digit",
				"the name of the only table begins with _, which hides its files from Spark")
		}
	}
	for _, key := range document.FieldKeys(tableFields) {
		if s.Has("tables") && s.Has(key) {
			d.Fault(s.At(key), "move it into one of the tables", "%s cannot be beside tables", key)
		}
	}
	for i := range s.Tables {
		s.Tables[i].checkRules(d, s.Prefix(&s.Tables[i]))
	}
}

// Prefix returns the key path of a table, with its dot.
func (s *Spec) Prefix(t *Table) string {
	if s.Has("tables") {
		return wording.Join("tables", t.Name) + "."
	}
	return ""
}

func (t *Table) checkRules(d *document.Decoder, prefix string) {
	repeats := ""
	for i := range t.Columns {
		c := &t.Columns[i]
		c.checkRules(d, prefix)
		if c.Repeat && repeats != "" {
			d.Fault(c.At("repeat"), "count the rows in one column", "%s.repeat: %s repeats the rows already",
				prefix+wording.Join("columns", c.Name), wording.Quote(repeats))
		}
		if c.Repeat {
			repeats = c.Name
		}
		if c.Whole && c.Has("path") && !t.Has("rows") {
			d.Fault(c.At("whole"), "add rows, or remove it",
				"%s.whole does nothing without rows", prefix+wording.Join("columns", c.Name))
		}
	}
	if t.Outer && !t.Has("rows") {
		d.Fault(t.At("outer"), "add rows, or remove it", "%souter does nothing without rows", prefix)
	}
	if !t.Has("columns") {
		return
	}
	written := len(t.Written())
	if written == 0 && len(t.Columns) > 0 {
		d.Fault(t.At("columns"), "leave at least one that is not hidden",
			"%scolumns are all hidden, so that no column is left to write", prefix)
	}
	t.checkNames(d, prefix, "key", t.Key...)
	t.checkNames(d, prefix, "partition_by", t.PartitionBy...)
	t.checkPartitionNames(d, prefix)
	if len(t.PartitionBy) > 0 && len(t.PartitionBy) >= written {
		d.Fault(t.At("partition_by"), "leave at least one column out",
			"%spartition_by names every column, so that no column is left to write", prefix)
	}
	for i := range t.Checks {
		c := &t.Checks[i]
		t.checkNames(d, prefix, "checks.unique", c.Unique...)
		t.checkNames(d, prefix, "checks.not_null", c.NotNull...)
		for _, v := range c.Values {
			t.checkNames(d, prefix, "checks.values", v.Column)
		}
		t.checkNames(d, prefix, "checks.references", c.References.Columns...)
	}
}

// checkPartitionNames reports columns whose folders readers skip or misread: Spark and pyarrow skip hidden folders, and
// DuckDB does not decode the names of columns in paths.
func (t *Table) checkPartitionNames(d *document.Decoder, prefix string) {
	const encoded = "\"#%'*/:=?\\{[]^" // in paths
	for _, w := range t.PartitionBy {
		name := w.Text
		at := strings.IndexAny(name, encoded)
		switch {
		case name == "":
		case name[0] == '_' || name[0] == '.':
			d.Fault(w.Node.Pos, "rename the column", "%spartition_by names %s: Spark and pyarrow skip folders that begin "+
				"with %c", prefix, wording.Quote(name), name[0])
		case at >= 0:
			d.Fault(w.Node.Pos, "rename the column", "%spartition_by names %s: readers do not find columns with %c in "+
				"folder names", prefix, wording.Quote(name), name[at])
		}
	}
}

// checkNames reports names of columns that are hidden or do not exist.
func (t *Table) checkNames(d *document.Decoder, prefix, key string, words ...document.Word) {
	names := t.WrittenNames()
	for _, w := range words {
		pos, quoted := w.Node.Pos, wording.Quote(w.Text)
		switch {
		case slices.Contains(names, w.Text):
		case slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == w.Text }):
			d.Fault(pos, "write the column, or name another", "%s%s names the column %s, which is hidden", prefix, key, quoted)
		default:
			hint := wording.Nearest(w.Text, names, "columns are "+wording.List(names, wording.MostNames))
			d.Fault(pos, hint, "%s%s names a column %s that does not exist", prefix, key, quoted)
		}
	}
}

func (c *Column) checkRules(d *document.Decoder, prefix string) {
	name := prefix + wording.Join("columns", c.Name)
	switch {
	case c.Has("path") && c.Has("expr"):
		d.Fault(c.At("expr"), "keep one of them", "%s has both path and expr", name)
	case c.Has("lookup") && (c.Has("path") || c.Has("expr")):
		d.Fault(c.At("lookup"), "keep one of them", "%s has lookup beside path or expr", name)
	case c.Has("lookup") != c.Has("by"):
		d.Fault(c.At(""), "write {lookup: groups, by: variant_id}", "%s needs both lookup and by", name)
	case !c.Has("path") && !c.Has("expr") && !c.Has("lookup") && !c.Misspelt("path") && !c.Misspelt("expr"):
		d.Fault(c.At(""), "give it a path, such as {path: disease.name}, or an expr", "%s has neither path nor expr", name)
	}
	if c.Has("expr") || c.Has("lookup") {
		keys := []string{"list", "separator", "labels", "whole"}
		if c.Has("lookup") {
			keys = append(keys, "type")
		}
		for _, key := range keys {
			if c.Has(key) {
				d.Fault(c.At(key), "remove it, and put it into the expression", "%s.%s is for columns with a path", name, key)
			}
		}
		return
	}
	if c.Repeat {
		d.Fault(c.At("repeat"), "use an expr that gives the number of rows", "%s.repeat is for columns with an expr", name)
	}
	if joins := []string{schemas.Join.String(), schemas.JoinInner.String()}; c.Has("separator") &&
		!slices.Contains(joins, c.List) {
		d.Fault(c.At("separator"), "add `list: join`, or remove it", "%s.separator is for `list: join`", name)
	}
}

// CheckEndpoint reports faults of an address, without showing it: it may hold a key.
func CheckEndpoint(d *document.Decoder, pos document.Pos, name, address string) {
	const variable = "the variable that source.api_key_env names"
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		d.Fault(pos, "write it like "+defaultEndpoint, "%s is not an http or https address", name)
	case u.User != nil:
		d.Fault(pos, "put an API key into "+variable, "%s holds a user name or password", name)
	case u.RawQuery != "" || u.ForceQuery:
		d.Fault(pos, "remove the ? and the text after it; a key belongs into "+variable, "%s holds a query", name)
	case u.Fragment != "":
		d.Fault(pos, "remove the # and the text after it", "%s holds a fragment", name)
	}
}

// CheckTarget reports a name that cannot be the folder of an output, which every run replaces as a whole.
func CheckTarget(d *document.Decoder, pos document.Pos, name, to string) {
	const separator = string(filepath.Separator)
	clean := filepath.Clean(to)
	switch {
	case strings.Contains(to, "://"):
		d.Fault(pos, "name a local folder and copy it from there", "%s is an address, and only folders are supported", name)
	case strings.ContainsFunc(to, func(r rune) bool { return r < ' ' || r == 0x7f }):
		d.Fault(pos, "leave them out", "%s holds control characters", name)
	case strings.HasPrefix(to, "~"):
		d.Fault(pos, "write ${HOME}/… or an absolute path", "%s begins with ~, which only a shell knows", name)
	case slices.Contains([]string{".", "..", separator}, clean) || strings.HasSuffix(clean, separator+".."):
		d.Fault(pos, "name a subfolder, such as out/evidence",
			"%s is a folder that holds other files, and a run replaces it", name)
	}
}
