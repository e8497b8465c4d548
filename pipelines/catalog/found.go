package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"

	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
)

// beside finds the shipped pipelines that an earlier run published in the folder, so that a run of a few does not
// remove the others from the catalog. It adds the folders of other specs to c.others.
func (c *catalog) beside(dir string, plans []*plan.Plan) []*plan.Plan {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // writing reports it
	}
	var found []*plan.Plan
	for _, e := range entries {
		target := filepath.Join(dir, e.Name())
		if slices.ContainsFunc(plans, func(p *plan.Plan) bool { return plan.RealPath(p.Target) == plan.RealPath(target) }) {
			continue
		}
		m, err := manifest.Read(target)
		if err != nil {
			continue
		}
		if p := shippedAs(m, target, plans[0].Settings); p != nil {
			found = append(found, p)
		} else {
			c.others = append(c.others, e.Name())
		}
	}
	return found
}

// shippedAs is the plan of the shipped pipeline that published a folder, nil if there is none.
func shippedAs(m *manifest.Manifest, target string, s spec.Settings) *plan.Plan {
	s.Set, s.Formats, s.Out = nil, nil, target
	for _, f := range pipelines.Shipped() {
		sum := sha256.Sum256(f.Data)
		if hex.EncodeToString(sum[:]) != m.Spec.SHA256 {
			continue
		}
		if p, err := pipelines.CompileFile(f, s, false); err == nil && describes(p, m) {
			return p
		}
	}
	return nil
}

// describes reports whether a manifest has the query, tables and columns of the plan.
func describes(p *plan.Plan, m *manifest.Manifest) bool {
	if len(m.Tables) != len(p.Tables) || m.Source.QuerySHA256 != p.QueriesSum() {
		return false
	}
	for _, t := range p.Tables {
		same := slices.EqualFunc(t.Columns, m.Tables[t.Name].Columns, func(c schemas.Column, r manifest.Column) bool {
			return c.Name == r.Name && c.Type.String() == r.Type && c.Type.Nullable == r.Nullable
		})
		if !same {
			return false
		}
	}
	return true
}
