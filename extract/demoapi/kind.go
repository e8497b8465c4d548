package demoapi

// objectName is the object type of a record where abstract is asked for; ""
// for a record without one of its own, which takes any.
func objectName(abstract string, rec record) string {
	switch r := rec.(type) {
	case altered:
		return objectName(abstract, r.record)
	case *feature:
		if abstract == "FeatureInstance" {
			return featureObjects[r.kind]
		}
		return "Feature"
	case *variant:
		if abstract == "MolecularProfileSegment" {
			return "Variant"
		}
		return variantObjects[r.kind]
	case *profile:
		return "MolecularProfile"
	case *evidence:
		return "EvidenceItem"
	case *assertion:
		return "Assertion"
	case *group:
		return "VariantGroup"
	case *source:
		return "Source"
	case textSegment:
		if abstract == "CommentBodySegment" {
			return "CommentTextSegment"
		}
		return "MolecularProfileTextSegment"
	case *user:
		return "User"
	case *act:
		return actNames[r.kind].object
	}
	return curationName(rec)
}

func curationName(rec record) string {
	switch rec.(type) {
	case *comment:
		return "Comment"
	case *flag:
		return "Flag"
	case *revision:
		return "Revision"
	case *revisionSet:
		return "RevisionSet"
	case *suggestion:
		return "SourceSuggestion"
	}
	return ""
}

// blank is an object nobody cares for, where one must be.
type blank struct{}

func (blank) get(*data, string) any { return unset{} }

// fallback gives a field that no record knows: null where that may be, else
// the emptiest value of its type.
func (x *exec) fallback(a *asked) any {
	t := a.def.Type
	switch {
	case a.pages:
		return rows{}
	case !t.NonNull:
		return nil
	case t.Elem != nil:
		return []record{}
	}
	switch a.leaf {
	case noLeaf:
		return blank{}
	case intLeaf:
		return 0
	case floatLeaf:
		return 0.0
	case boolLeaf:
		return false
	case timeLeaf:
		return moment(0)
	case jsonLeaf:
		return jsonValue("{}")
	case enumLeaf:
		return a.element.EnumValues[0].Name
	}
	return ""
}

// altered is a record one of whose fields answers something else.
type altered struct {
	record
	field string
	value any
}

func (r altered) get(d *data, field string) any {
	if field == r.field {
		return r.value
	}
	return r.record.get(d, field)
}
