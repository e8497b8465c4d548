package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// Parts returns the plans of the connections in extract.from, whose rows are written, the plan itself first.
func (p *Plan) Parts() []*Plan { return append([]*Plan{p}, p.parts...) }

// All returns the plans of all connections that a run reads: those of lookups last.
func (p *Plan) All() []*Plan {
	all := p.Parts()
	for _, l := range p.Lookups {
		all = append(all, l.Plan)
	}
	return all
}

// Unfolded returns the plans of all connections of the plans.
func Unfolded(plans []*Plan) []*Plan {
	var list []*Plan
	for _, p := range plans {
		list = append(list, p.All()...)
	}
	return list
}

// From lists the connections, in order.
func (p *Plan) From() string {
	var names []string
	for _, part := range p.Parts() {
		names = append(names, part.Connection.Name)
	}
	return strings.Join(names, ", ")
}

// Queries returns the texts of all queries.
func (p *Plan) Queries() string {
	var texts []string
	for _, part := range p.All() {
		texts = append(texts, part.Query.Text())
	}
	return strings.Join(texts, "\n")
}

// QueriesSum is the checksum of all queries, for the manifest.
func (p *Plan) QueriesSum() string { return checksum(p.Queries()) }

func checksum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Folder is the name of the folder that keeps the answers to the plan's query.
func (p *Plan) Folder() string {
	if p.lookup != "" {
		return p.Spec.Name + ".lookup." + p.lookup
	}
	if p.Further {
		return p.Spec.Name + "." + p.Connection.Name // a pipeline's name has no dot
	}
	return p.Spec.Name
}

// unite gives the columns of all parts the same types: a column that can be null in one part can be null in all.
func (p *Plan) unite() error {
	for _, part := range p.parts {
		for i := range p.Decode.Tables {
			for j := range p.Decode.Tables[i].Columns {
				a, b := &p.Decode.Tables[i].Columns[j].Type, part.Decode.Tables[i].Columns[j].Type
				if a.Kind != b.Kind || a.List != b.List {
					return p.typeConflict(part, i, j)
				}
				a.Nullable = a.Nullable || b.Nullable
				a.ElementNullable = a.ElementNullable || b.ElementNullable
			}
		}
	}
	for _, part := range p.Parts() {
		for i, t := range p.Decode.Tables {
			written := part.Tables[i].Columns
			for j, c := range t.Columns {
				part.Decode.Tables[i].Columns[j].Type = c.Type
				if !c.Hidden {
					written[0].Type = c.Type
					written = written[1:]
				}
			}
		}
	}
	return nil
}

// typeConflict is the fault of a column with different types in two parts.
func (p *Plan) typeConflict(part *Plan, table, column int) error {
	t := &p.Spec.Tables[table]
	spec := t.Columns[column]
	a, b := p.Decode.Tables[table].Columns[column].Type, part.Decode.Tables[table].Columns[column].Type
	return document.Faults{{
		File: p.Spec.File, Pos: spec.At(""), Hint: "give it a type, or use an expression, so that both types are the same",
		What: fmt.Sprintf("%s is %s in %s and %s in %s", p.Spec.Prefix(t)+wording.Join("columns", spec.Name),
			a, p.Connection.Name, b, part.Connection.Name),
	}}
}
