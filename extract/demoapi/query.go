package demoapi

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// query is the root of the answers.
type query struct{ x *exec }

func (q query) get(*data, string) any { return unset{} }

// root gives the value of a root field.
func (q query) root(a *asked) any {
	name := a.def.Name
	switch name {
	case "viewer":
		if q.x.viewer == nil {
			return nil
		}
		return q.x.viewer
	case "__schema":
		return schemaView{q.x.schema}
	case "__type":
		return typeNamed(q.x.schema, a.args["name"].(string))
	}
	if nodes := q.x.server.nodes[name]; nodes != nil {
		return rows{of: nodes, all: true}
	}
	if l, ok := listings[name]; ok {
		return rows{of: q.x.server.tables.get(name, func() []record { return l.table(q.x.d) }), all: true}
	}
	if id, ok := a.args.int("id"); ok {
		return q.one(a, id)
	}
	if len(a.field.Arguments) > 0 && !a.pages {
		return notImplemented("field "+name, "Query")
	}
	return unset{}
}

// one gives the record with an id, unless it is one the server cannot resolve.
func (q query) one(a *asked, id int) any {
	if slices.Contains(q.x.poison, id) {
		return q.x.unresolved(a, id)
	}
	r := q.byID(a, id)
	if r == nil {
		return nil
	}
	return q.x.recoded(r)
}

// byID finds a record, in a file of nodes where there is one.
func (q query) byID(a *asked, id int) record {
	for connection, nodes := range q.x.server.nodes {
		if q.x.server.singles[connection] == a.def.Name {
			for _, r := range nodes {
				if number(r.get(q.x.d, "id")) == id {
					return r
				}
			}
			return nil
		}
	}
	return q.x.d.byID(a.def.Name, id)
}

// single tells whether a root field that gives one record takes the argument.
func single(a *asked, arg string) bool {
	if a.pages || a.def.Name == "__type" {
		return a.def.Name == "__type"
	}
	return arg == "id" && isSingle(a.def.Name)
}

func isSingle(field string) bool {
	switch field {
	case "feature", "gene", "factor", "fusion", "region", "variant", "molecularProfile", "evidenceItem", "assertion",
		"variantGroup", "source", "sourcePopover", "disease", "diseasePopover", "therapy", "therapyPopover", "phenotype",
		"phenotypePopover", "clinicalTrial", "variantType", "variantTypePopover", "user", "organization", "comment", "flag",
		"revision", "activity", "acmgCode", "clingenCode", "nccnGuideline":
		return true
	}
	return false
}

// byID finds the record of a root field that gives one, or nil.
func (d *data) byID(field string, id int) record {
	switch field {
	case "feature", "gene", "factor", "fusion", "region":
		return d.featureByID(field, id)
	case "variant":
		return find(d.variants, id, func(r *variant) int { return r.id })
	case "molecularProfile":
		return find(d.profiles, id, func(r *profile) int { return r.id })
	case "evidenceItem":
		return find(d.evidence, id, func(r *evidence) int { return r.id })
	case "assertion":
		return find(d.assertions, id, func(r *assertion) int { return r.id })
	case "variantGroup":
		return find(d.groups, id, func(r *group) int { return r.id })
	case "source", "sourcePopover":
		return find(d.sources, id, func(r *source) int { return r.id })
	case "disease", "diseasePopover":
		return find(d.diseases, id, func(r *disease) int { return r.id })
	case "therapy", "therapyPopover":
		return find(d.therapies, id, func(r *therapy) int { return r.id })
	case "phenotype", "phenotypePopover":
		return find(d.phenotypes, id, func(r *phenotype) int { return r.id })
	case "clinicalTrial":
		return find(d.trials, id, func(r *trial) int { return r.id })
	case "variantType", "variantTypePopover":
		return find(d.types, id, func(r *variantType) int { return r.id })
	case "user":
		return find(d.users, id, func(r *user) int { return r.id })
	case "organization":
		return find(d.orgs, id, func(r *organization) int { return r.id })
	}
	return d.curationByID(field, id)
}

func (d *data) curationByID(field string, id int) record {
	switch field {
	case "comment":
		return find(d.log().comments, id, func(r *comment) int { return r.id })
	case "flag":
		return find(d.log().flags, id, func(r *flag) int { return r.id })
	case "revision":
		return find(d.log().revisions, id, func(r *revision) int { return r.id })
	case "activity":
		return find(d.log().acts, id, func(r *act) int { return r.id })
	case "acmgCode":
		return codeByID(acmgCodes, id)
	case "clingenCode":
		return codeByID(clingenCodes, id)
	case "nccnGuideline":
		if id >= 1 && id <= 12 {
			return guideline(id)
		}
	}
	return nil
}

func (d *data) featureByID(field string, id int) record {
	r := find(d.features, id, func(r *feature) int { return r.id })
	f, ok := r.(*feature)
	if !ok {
		return nil
	}
	kinds := map[string]uint8{"gene": geneFeature, "factor": factorFeature, "fusion": fusionFeature, "region": regionFeature}
	if kind, ok := kinds[field]; ok && kind != f.kind {
		return nil
	}
	return f
}

func codeByID(codes []string, id int) record {
	if id < 1 || id > len(codes) {
		return nil
	}
	return code{id, codes[id-1]}
}

// typeNamed gives a type for introspection, or nil.
func typeNamed(schema *ast.Schema, name string) any {
	if def := schema.Types[name]; def != nil {
		return typeView{schema, ast.NamedType(name, nil)}
	}
	return nil
}
