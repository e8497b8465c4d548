package synthetic

import (
	"fmt"
	"slices"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// kind is a type of record. Its number is part of the seed of the records' dice.
type kind uint8

const (
	noKind kind = iota
	featureKind
	variantKind
	profileKind
	evidenceKind
	assertionKind
	groupKind
	sourceKind
	commentKind
	flagKind
	revisionKind
	revisionSetKind
	approvalKind
	suggestionKind
	diseaseKind
	therapyKind
	phenotypeKind
	trialKind
	typeKind
	userKind
	organizationKind
	guidelineKind
)

// kinds holds what all records of a kind have in common.
var kinds = [...]struct {
	gap     int    // about one id in gap is never used; 0: all are used
	object  string // type in the schema, where an interface or union is asked for
	subject string // name in filters by subject; only subjects have curated fields
	name    string // formats of the fields name and link, with the id
	link    string
}{
	featureKind:      {9, "Feature", "FEATURE", "", "/features/%d"},
	variantKind:      {7, "", "VARIANT", "", "/variants/%d"},
	profileKind:      {10, "MolecularProfile", "MOLECULAR_PROFILE", "", "/molecular-profiles/%d"},
	evidenceKind:     {13, "EvidenceItem", "EVIDENCE_ITEM", "EID%d", "/evidence/%d"},
	assertionKind:    {6, "Assertion", "ASSERTION", "AID%d", "/assertions/%d"},
	groupKind:        {3, "VariantGroup", "VARIANT_GROUP", "Synthetic Group %d", "/variant-groups/%d"},
	sourceKind:       {8, "Source", "SOURCE", "", "/sources/%d"},
	commentKind:      {9, "Comment", "COMMENT", "Comment %d", "/comments/%d"},
	flagKind:         {9, "Flag", "FLAG", "Flag %d", "/flags/%d"},
	revisionKind:     {9, "Revision", "REVISION", "Revision %d", "/revisions/%d"},
	revisionSetKind:  {9, "RevisionSet", "REVISION_SET", "Revision set %d", "/revision-sets/%d"},
	approvalKind:     {9, "", "", "", ""},
	suggestionKind:   {9, "SourceSuggestion", "SOURCE_SUGGESTION", "Source suggestion %d", "/source-suggestions/%d"},
	diseaseKind:      {5, "", "", "", "/diseases/%d"},
	therapyKind:      {4, "", "", "", "/therapies/%d"},
	phenotypeKind:    {2, "", "", "Invented sign %d, demo", "/phenotypes/%d"},
	trialKind:        {5, "", "", "Imaginary Trial of Nothing, Part %d", "/clinical-trials/%d"},
	typeKind:         {0, "", "", "Demo Variant Kind %d", "/variant-types/%d"},
	userKind:         {6, "User", "", "", ""},
	organizationKind: {12, "", "", "Demo Institute, Synthetic Unit %d", ""},
	guidelineKind:    {0, "", "", "Synthetic Guideline %d, Demo", ""},
}

// base is the part that all records of the data set share.
type base struct {
	d    *Data
	kind kind
	i    int // place in its table
	id   int
}

// entity is a record with a base, whose address is its identity.
type entity interface {
	record.Record
	header() *base
}

func (b *base) header() *base { return b }

// TypeName is the object type of the record's kind.
func (b *base) TypeName(string) string { return kinds[b.kind].object }

func (b *base) name() string { return fmt.Sprintf(kinds[b.kind].name, b.id) }

func (b *base) dice(salt uint64) *dice.Dice { return dice.New(b.d.seed, uint64(b.kind), b.id, salt) }

// value generates a field: by the type's own table, else as all records of the kind have it.
func value[T entity](own record.Fields[T], r T, name string) any {
	if generate := own[name]; generate != nil {
		return generate(r)
	}
	b := r.header()
	k := &kinds[b.kind]
	switch {
	case name == "id":
		return b.id
	case name == "name" && k.name != "":
		return b.name()
	case name == "link" && k.link != "":
		return fmt.Sprintf(k.link, b.id)
	case k.subject != "":
		return curatedFields.Value(b, name)
	}
	return record.Unknown{}
}

// curatedFields are what curators said about a record and did to it.
var curatedFields = record.NewFields(map[string]func(*base) any{
	"comments":  func(b *base) any { return record.RowsOf(b.d.log().comments.of[b]) },
	"flags":     func(b *base) any { return record.RowsOf(b.d.log().flags.of[b]) },
	"revisions": func(b *base) any { return record.RowsOf(b.d.log().revisions.of[b]) },
	"events":    func(b *base) any { return record.RowsOf(eventsOf(backward(b.d.log().acts.of[b]))) },
	"flagged": func(b *base) any {
		return slices.ContainsFunc(b.d.log().flags.of[b], func(f *flag) bool { return f.open })
	},
	"openRevisionCount": func(b *base) any {
		return count(b.d.log().revisions.of[b], func(r *revision) bool { return r.status == newRevision })
	},
	"lastCommentEvent":           func(b *base) any { return b.lastEvent(commented) },
	"lastSubmittedRevisionEvent": func(b *base) any { return b.lastEvent(suggestRevisions) },
	"lastAcceptedRevisionEvent":  func(b *base) any { return b.lastEvent(acceptRevisions) },
	"submissionEvent":            func(b *base) any { return b.lastEvent(submitEvidence, submitAssertion) },
	"acceptanceEvent":            func(b *base) any { return b.lastEvent(acceptEvidence, acceptAssertion) },
	"rejectionEvent":             func(b *base) any { return b.lastEvent(rejectEvidence, rejectAssertion) },
})

// when returns v under a condition, else null.
func when(is bool, v any) any {
	if is {
		return v
	}
	return nil
}

// optional returns a record, or null for a nil pointer.
func optional[T any](r *T) any {
	if r == nil {
		return nil
	}
	return r
}

func count[T any](list []T, is func(T) bool) int {
	n := 0
	for _, v := range list {
		if is(v) {
			n++
		}
	}
	return n
}
