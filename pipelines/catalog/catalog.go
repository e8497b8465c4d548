// Package catalog describes the published outputs of several pipelines as one data set: a data dictionary with a
// diagram of the references, and SQL scripts that load all tables. It reads manifests and specs, and never the tables.
package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
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

// catalog is the content of a folder of outputs: all tables, and the references between them.
type catalog struct {
	tables []*table // by pipeline, in the order of its spec
	absent []string // pipelines of the run without an output
	others []string // folders of other specs
}

type table struct {
	*schemas.Table
	plan    *plan.Plan
	spec    *spec.Table
	sources []spec.Column // of the columns
	checks  []plan.Check
	name    string // of the table in a database
	links   []link
	files   files
}

// link is a reference to another table of the catalog.
type link struct {
	columns, keys []string
	to            *table
	optional      bool   // not every value has a match
	why           string // some values have no match
}

// mark is in the head of every file of a catalog. Only a file with it is replaced.
const mark = "Written by civic-etl"

// Write writes the catalog of the folder dir: README.md, and load.duckdb.sql and load.spark.sql. It covers the plans
// with an up-to-date output, and shipped pipelines that an earlier run published there. Its text has no counts and no
// times. kept are files of these names that civic-etl did not write: they stay.
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
		err := load.Replace(dir, f.name, mark, f.text)
		switch {
		case errors.Is(err, fs.ErrExist):
			kept = append(kept, filepath.Join(dir, f.name))
		case err != nil:
			return kept, fmt.Errorf("the tables are published, but not their catalog: %w", err)
		}
	}
	return kept, load.RemoveMarked(dir, "relations.svg", mark) // of version 0.5
}

func newCatalog(dir string, plans []*plan.Plan) (*catalog, error) {
	c := &catalog{}
	plans = append(slices.Clone(plans), c.beside(dir, plans)...)
	slices.SortStableFunc(plans, func(a, b *plan.Plan) int { return cmp.Compare(a.Spec.Name, b.Spec.Name) })
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
		for i, t := range p.Tables {
			spec := &p.Spec.Tables[i]
			c.tables = append(c.tables, &table{
				Table: t, plan: p, spec: spec, sources: spec.Written(), checks: p.Checks[i],
				files: filesOf(p, i, filepath.ToSlash(folder), m.Tables[t.Name].Files),
			})
		}
	}
	c.nameTables()
	c.link(plans)
	return c, nil
}

// nameTables gives every table a unique name that any database accepts. If two have the same name, it is prefixed with
// that of the pipeline.
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
		name = strings.ReplaceAll(name, "-", "_") // Spark accepts no other punctuation
		t.name = name
		for n := 2; taken[t.name]; n++ {
			t.name = fmt.Sprintf("%s_%d", name, n)
		}
		taken[t.name] = true
	}
}

func (c *catalog) link(plans []*plan.Plan) {
	m := checks.NewReferences(plans, nil)
	for _, t := range c.tables {
		for _, check := range t.checks {
			plan := m.TargetOf(t.plan, check)
			if plan == nil {
				continue
			}
			if to := c.find(plan, plan.TableOf(check)); to != nil {
				t.links = append(t.links, link{check.Columns, check.Keys, to, check.Optional, check.Why})
			}
		}
	}
}

func (c *catalog) find(plan *plan.Plan, table int) *table {
	for _, t := range c.tables {
		if t.plan == plan && table >= 0 && t.Table == plan.Tables[table] {
			return t
		}
	}
	return nil
}

// unique reports whether a check makes the table's key unique.
func (t *table) unique() bool {
	return len(t.Key) > 0 && slices.ContainsFunc(t.checks, func(c plan.Check) bool {
		return c.Kind == "unique" && slices.Equal(c.Columns, t.Key)
	})
}

func (t *table) nullableKey() bool {
	return slices.ContainsFunc(t.Key, func(name string) bool { return t.nullable(t.Columns[t.Index(name)]) })
}

// nullable reports whether readers may find a null in the column. An empty text in the path of a partition is one.
func (t *table) nullable(c schemas.Column) bool {
	return c.Type.Nullable || c.Type.Kind == schemas.String && slices.Contains(t.PartitionBy, c.Name)
}

func (t *table) doc() string {
	return wording.OneLine(cmp.Or(t.spec.Doc, t.plan.Spec.Description))
}
