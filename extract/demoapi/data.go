package demoapi

import (
	"sort"
	"sync"
)

// data is the synthetic data set. What records refer to is drawn once, when it
// is made; texts are computed when they are asked for; the curation log and the
// reverse indexes are made at their first use. It is read only, so any number
// of requests may share it.
type data struct {
	seed uint64

	features   []feature
	variants   []variant
	profiles   []profile
	evidence   []evidence
	assertions []assertion
	groups     []group
	sources    []source
	diseases   []disease
	therapies  []therapy
	phenotypes []phenotype
	trials     []trial
	types      []variantType
	users      []user
	orgs       []organization

	log func() *curation

	evidenceOf struct{ profile, source, disease, therapy, phenotype func() index }
	assertedOf struct{ profile, evidence, disease, therapy, phenotype func() index }

	variantsOf struct{ feature, kind func() index }
	profilesOf struct{ variant func() index }
	sourcesOf  struct{ trial func() index }
	membersOf  struct{ org func() index }
	scores     func() []float64
}

// record is one object of the data set, or of the files given instead of it.
// get gives a field's value: nil, bool, int, float64, string, digits, record,
// []record, []string, rows (what a connection pages through), an error, or
// unset where the record knows no such field.
type record interface {
	get(d *data, field string) any
}

// rows is what a connection pages through, in the server's own order. all says
// that they are the whole table, which default filters apply to.
type rows struct {
	of  []record
	all bool
}

// unset is the answer of a record that does not know the field asked for.
type unset struct{}

// digits is text of digits that some types show as String and others as Int.
type digits string

// index lists, for each row of one table, the rows of another that refer to it.
type index [][]int32

// drawn is the newest data set, for servers that share a seed.
var drawn struct {
	sync.Mutex
	*data
}

// dataOf gives the data set of a seed.
func dataOf(seed uint64) *data {
	drawn.Lock()
	defer drawn.Unlock()
	if drawn.data == nil || drawn.seed != seed {
		drawn.data = generate(seed)
	}
	return drawn.data
}

// generate draws the data set. The order of the steps is part of its identity:
// each draws from what those before it made.
func generate(seed uint64) *data {
	d := &data{seed: seed}
	d.users = makeUsers(d)
	d.orgs = makeOrganizations(d)
	d.features = makeFeatures(d)
	d.types = makeVariantTypes()
	d.variants = makeVariants(d)
	d.profiles = makeProfiles(d)
	d.groups = makeGroups(d)
	d.diseases = makeDiseases(d)
	d.therapies = makeTherapies(d)
	d.phenotypes = makePhenotypes(d)
	d.trials = makeTrials(d)
	d.sources = makeSources(d)
	d.evidence = makeEvidence(d)
	d.assertions = makeAssertions(d)
	d.indexes()
	return d
}

// indexes names the reverse indexes; each is built at its first use.
func (d *data) indexes() {
	d.log = sync.OnceValue(func() *curation { return makeCuration(d) })
	of := func(to, from int, refs func(i int) []int32) func() index {
		return sync.OnceValue(func() index { return invert(to, from, refs) })
	}
	ev, as := len(d.evidence), len(d.assertions)
	one := func(i int32) []int32 {
		if i < 0 {
			return nil
		}
		return []int32{i}
	}
	d.evidenceOf.profile = of(len(d.profiles), ev, func(i int) []int32 { return one(d.evidence[i].profile) })
	d.evidenceOf.source = of(len(d.sources), ev, func(i int) []int32 { return one(d.evidence[i].source) })
	d.evidenceOf.disease = of(len(d.diseases), ev, func(i int) []int32 { return one(d.evidence[i].disease) })
	d.evidenceOf.therapy = of(len(d.therapies), ev, func(i int) []int32 { return d.evidence[i].therapies })
	d.evidenceOf.phenotype = of(len(d.phenotypes), ev, func(i int) []int32 { return d.evidence[i].phenotypes })
	d.assertedOf.profile = of(len(d.profiles), as, func(i int) []int32 { return one(d.assertions[i].profile) })
	d.assertedOf.evidence = of(ev, as, func(i int) []int32 { return d.assertions[i].evidence })
	d.assertedOf.disease = of(len(d.diseases), as, func(i int) []int32 { return one(d.assertions[i].disease) })
	d.assertedOf.therapy = of(len(d.therapies), as, func(i int) []int32 { return d.assertions[i].therapies })
	d.assertedOf.phenotype = of(len(d.phenotypes), as, func(i int) []int32 { return d.assertions[i].phenotypes })
	d.variantsOf.feature = of(len(d.features), len(d.variants), func(i int) []int32 { return one(d.variants[i].feature) })
	d.variantsOf.kind = of(len(d.types), len(d.variants), func(i int) []int32 { return d.variants[i].types })
	d.profilesOf.variant = of(len(d.variants), len(d.profiles), func(i int) []int32 { return d.profiles[i].variants })
	d.sourcesOf.trial = of(len(d.trials), len(d.sources), func(i int) []int32 { return d.sources[i].trials })
	d.membersOf.org = of(len(d.orgs), len(d.users), func(i int) []int32 { return d.users[i].orgs })
	d.scores = sync.OnceValue(d.score)
}

func invert(to, from int, refs func(i int) []int32) index {
	out := make(index, to)
	for i := range from {
		for _, r := range refs(i) {
			out[r] = append(out[r], int32(i))
		}
	}
	return out
}

// pick gives the records at the given rows of a table.
func pick[T any, P interface {
	*T
	record
}](table []T, at []int32) []record {
	out := make([]record, len(at))
	for i, r := range at {
		out[i] = P(&table[r])
	}
	return out
}

// every gives all records of a table.
func every[T any, P interface {
	*T
	record
}](table []T) []record {
	out := make([]record, len(table))
	for i := range table {
		out[i] = P(&table[i])
	}
	return out
}

// find gives the record of a table with the id, or nil. Ids ascend.
func find[T any, P interface {
	*T
	record
}](table []T, id int, idOf func(P) int) record {
	i := sort.Search(len(table), func(i int) bool { return idOf(&table[i]) >= id })
	if i < len(table) && idOf(&table[i]) == id {
		return P(&table[i])
	}
	return nil
}

// row names one record of the data set by kind and place.
type row struct {
	kind kind
	i    int32
}

// kind is a kind of record that curation can be about.
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
	orgKind
)

// at gives the record of a row, or nil.
func (d *data) at(r row) any {
	switch r.kind {
	case featureKind:
		return &d.features[r.i]
	case variantKind:
		return &d.variants[r.i]
	case profileKind:
		return &d.profiles[r.i]
	case evidenceKind:
		return &d.evidence[r.i]
	case assertionKind:
		return &d.assertions[r.i]
	case groupKind:
		return &d.groups[r.i]
	case sourceKind:
		return &d.sources[r.i]
	case commentKind:
		return &d.log().comments[r.i]
	case flagKind:
		return &d.log().flags[r.i]
	case revisionKind:
		return &d.log().revisions[r.i]
	case revisionSetKind:
		return &d.log().sets[r.i]
	case suggestionKind:
		return &d.log().suggestions[r.i]
	}
	return nil
}

// size is how many records of a kind curation can be about there are.
func (d *data) size(k kind) int {
	switch k {
	case featureKind:
		return len(d.features)
	case variantKind:
		return len(d.variants)
	case profileKind:
		return len(d.profiles)
	case evidenceKind:
		return len(d.evidence)
	case assertionKind:
		return len(d.assertions)
	case groupKind:
		return len(d.groups)
	case sourceKind:
		return len(d.sources)
	}
	return 0
}
