package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
)

// catalog is what a folder of several pipelines' outputs holds: the tables of
// all of them, and which columns of one lead to the rows of another.
type catalog struct {
	tables []*catalogTable // by pipeline, in the order of its spec
	absent []string        // pipelines of the run that it leaves out
	others []string        // folders beside them that other specs published
}

// catalogTable is one table of it.
type catalogTable struct {
	*schemas.Table
	plan    *plan.Plan
	spec    *spec.Table
	sources []spec.Column // of the columns
	checks  []plan.Check
	name    string // of the table in a database
	links   []catalogLink
	files   catalogFiles
}

// catalogLink is a reference to another table of the catalog.
type catalogLink struct {
	columns, keys []string
	to            *catalogTable
	optional      bool   // not every value needs a row there
	why           string // some have none
}

// catalogMark is in the head of every file of a catalog: what has it may be replaced.
const catalogMark = "Written by civic-etl"

// Write writes what makes the outputs of several pipelines one data set
// into the folder that holds them: README.md, a dictionary of all tables and
// columns with a diagram of their references; load.duckdb.sql and load.spark.sql,
// which load them with exact types. It covers the plans that are published as they
// say, by this run or an earlier one, and shipped pipelines that an earlier run
// published there. It changes only with them: it holds no count and no time. kept
// are files of these names that somebody else wrote: they stay.
func Write(dir string, plans []*plan.Plan) (kept []string, err error) {
	c, err := newCatalog(dir, plans)
	if err != nil || len(c.tables) == 0 {
		return nil, err
	}
	for _, f := range []struct{ name, text string }{
		{"README.md", c.readme()},
		{"load.duckdb.sql", c.duckdb()},
		{"load.spark.sql", c.spark()},
	} {
		err := load.Replace(dir, f.name, catalogMark, f.text)
		switch {
		case errors.Is(err, fs.ErrExist):
			kept = append(kept, filepath.Join(dir, f.name))
		case err != nil:
			return kept, fmt.Errorf("the tables are published, but not their catalog: %w", err)
		}
	}
	return kept, removeFormer(filepath.Join(dir, "relations.svg"))
}

// removeFormer removes a file that earlier versions wrote into a catalog. One without
// the mark at its head is somebody else's: it stays.
func removeFormer(path string) error {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil // it cannot be known whose it is
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, 512))
	if err != nil || !bytes.Contains(head, []byte(catalogMark)) {
		return nil
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove a file of the former catalog: %w", err)
	}
	return nil
}

func newCatalog(dir string, plans []*plan.Plan) (*catalog, error) {
	c := &catalog{}
	plans = append(slices.Clone(plans), c.beside(dir, plans)...)
	slices.SortStableFunc(plans, func(a, b *plan.Plan) int { return strings.Compare(a.Spec.Name, b.Spec.Name) })
	for _, p := range plans {
		m, err := manifest.Read(p.Target)
		if err != nil || !describes(p, m) {
			c.absent = append(c.absent, p.Spec.Name)
			continue
		}
		folder, err := filepath.Rel(dir, p.Target)
		if err != nil {
			return nil, fmt.Errorf("catalog of %s: %w", dir, err)
		}
		for i, table := range p.Tables {
			spec := &p.Spec.Tables[i]
			c.tables = append(c.tables, &catalogTable{
				Table: table, plan: p, spec: spec, sources: spec.Written(), checks: p.Checks[i],
				files: filesOf(p, i, filepath.ToSlash(folder), m.Tables[table.Name].Files),
			})
		}
	}
	c.nameTables()
	c.link(plans)
	return c, nil
}

// nameTables gives every table a name that is free in any database. Where two have
// one name, that of the pipeline stands before it.
func (c *catalog) nameTables() {
	named := map[string]int{}
	for _, t := range c.tables {
		named[t.Name]++
	}
	taken := map[string]bool{}
	for _, t := range c.tables {
		name := t.Name
		if named[name] > 1 && name != t.plan.Spec.Name {
			name = t.plan.Spec.Name + "_" + name
		}
		name = strings.ReplaceAll(name, "-", "_") // Spark takes no other sign
		t.name = name
		for n := 2; taken[t.name]; n++ {
			t.name = fmt.Sprintf("%s_%d", name, n)
		}
		taken[t.name] = true
	}
}

// link finds which columns lead to the rows of which table.
func (c *catalog) link(plans []*plan.Plan) {
	m := checks.NewReferences(plans, nil)
	for _, t := range c.tables {
		for _, check := range t.checks {
			plan := m.TargetOf(t.plan, check)
			if plan == nil {
				continue
			}
			if to := c.find(plan, plan.TableOf(check)); to != nil {
				t.links = append(t.links, catalogLink{check.Columns, check.Keys, to, check.Optional, check.Why})
			}
		}
	}
}

func (c *catalog) find(plan *plan.Plan, table int) *catalogTable {
	for _, t := range c.tables {
		if t.plan == plan && table >= 0 && t.Table == plan.Tables[table] {
			return t
		}
	}
	return nil
}

// unique says whether no two rows share the table's key, as a check of it holds.
func (t *catalogTable) unique() bool {
	return len(t.Key) > 0 && slices.ContainsFunc(t.checks, func(c plan.Check) bool { return c.Kind == "unique" && slices.Equal(c.Columns, t.Key) })
}

// nullableKey says whether a column of the key may be null.
func (t *catalogTable) nullableKey() bool {
	return slices.ContainsFunc(t.Key, func(name string) bool { return t.nullable(t.Columns[t.Index(name)]) })
}

// nullable says whether readers may find a null in the column: an empty text is one
// in the path of a partition.
func (t *catalogTable) nullable(c schemas.Column) bool {
	return c.Type.Nullable || c.Type.Kind == schemas.String && slices.Contains(t.PartitionBy, c.Name)
}

// doc is what the table's rows are, in a sentence or two.
func (t *catalogTable) doc() string {
	if t.spec.Doc != "" {
		return wording.OneLine(t.spec.Doc)
	}
	return wording.OneLine(t.plan.Spec.Description)
}
