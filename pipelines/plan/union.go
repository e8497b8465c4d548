package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
)

// All are the plans of the spec's connections, the plan itself first.
func (p *Plan) All() []*Plan { return append([]*Plan{p}, p.parts...) }

// Unfolded are the plans of all connections of some plans.
func Unfolded(plans []*Plan) []*Plan {
	var list []*Plan
	for _, p := range plans {
		list = append(list, p.All()...)
	}
	return list
}

// From names the connections, in their order.
func (p *Plan) From() string {
	var names []string
	for _, part := range p.All() {
		names = append(names, part.Connection.Name)
	}
	return strings.Join(names, ", ")
}

// Queries are the texts of all queries.
func (p *Plan) Queries() string {
	var texts []string
	for _, part := range p.All() {
		texts = append(texts, part.Query.Text())
	}
	return strings.Join(texts, "\n")
}

// QueriesSum is what a manifest says of the queries.
func (p *Plan) QueriesSum() string {
	sum := sha256.Sum256([]byte(p.Queries()))
	return hex.EncodeToString(sum[:])
}

// Folder is the name of what is kept of the plan's answers, among those of others.
func (p *Plan) Folder() string {
	if p.Further {
		return p.Spec.Name + "." + p.Connection.Name // a pipeline's name holds no dot
	}
	return p.Spec.Name
}

// unite makes the columns of all parts the same: one that can be null in any
// can be in all.
func unite(p *Plan) error {
	for _, part := range p.parts {
		for i := range p.Decode.Tables {
			ours, theirs := p.Decode.Tables[i].Columns, part.Decode.Tables[i].Columns
			for j := range ours {
				a, b := &ours[j].Type, &theirs[j].Type
				if a.Kind != b.Kind || a.List != b.List {
					spec := p.Spec.Tables[i].Columns[j]
					return document.Faults{{File: p.Spec.File, Pos: spec.At(""), Hint: "give it a type, or make it of an expression, so that it is the same in both",
						What: p.Spec.Prefix(&p.Spec.Tables[i]) + wording.Join("columns", spec.Name) + " is " + a.String() + " in " + p.Connection.Name + " and " + b.String() + " in " + part.Connection.Name}}
				}
				a.Nullable = a.Nullable || b.Nullable
				a.ElementNullable = a.ElementNullable || b.ElementNullable
			}
		}
	}
	for _, part := range p.All() {
		for i, t := range p.Decode.Tables {
			written := part.Tables[i].Columns[:0]
			for j, c := range t.Columns {
				part.Decode.Tables[i].Columns[j].Type = c.Type
				if !c.Hidden {
					written = append(written, schemas.Column{Name: c.Name, Type: c.Type, Doc: part.Tables[i].Columns[len(written)].Doc})
				}
			}
		}
	}
	return nil
}
