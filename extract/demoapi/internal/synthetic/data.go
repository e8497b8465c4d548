// Package synthetic generates the data set that the stand-in of CIViC's API serves: as many records of each type as
// CIViC has, invented and named so (SYN1 V600X-demo), with every legal value that has ever broken a reader.
//
// It takes a seed and gives tables of records; the same seed gives the same bytes. Each type has a table of its fields
// and their generators. The package never filters, orders or pages records, and never reads or writes a file.
package synthetic

import (
	"sort"
	"sync"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// Data is a data set. References between records are drawn when it is made; texts are generated at each request; the
// curation log and the reverse indexes are made at their first use. Any number of goroutines may use it.
type Data struct {
	seed uint64

	features      []*feature
	variants      []*variant
	profiles      []*profile
	evidence      []*evidence
	assertions    []*assertion
	groups        []*group
	sources       []*source
	diseases      []*disease
	therapies     []*therapy
	phenotypes    []*phenotype
	trials        []*trial
	types         []*variantType
	users         []*user
	organizations []*organization
	acmgCodes     []*code
	clingenCodes  []*code
	guidelines    []*guideline

	log    func() *log
	scores func() map[*profile]float64

	// Records that refer to a record.
	evidenceOf   func() map[*base][]*evidence
	assertionsOf func() map[*base][]*assertion
	variantsOf   func() map[*base][]*variant
	profilesOf   func() map[*base][]*profile
	sourcesOf    func() map[*base][]*source
	usersOf      func() map[*base][]*user

	tables map[string]func() []record.Record
}

// newest is the last data set made, for servers that share a seed.
var newest struct {
	sync.Mutex
	*Data
}

// Of returns the data set of a seed.
func Of(seed uint64) *Data {
	newest.Lock()
	defer newest.Unlock()
	if newest.Data == nil || newest.seed != seed {
		newest.Data = generate(seed)
	}
	return newest.Data
}

// generate draws the tables, each after those that it refers to.
func generate(seed uint64) *Data {
	d := &Data{seed: seed}
	fill(d, &d.organizations, organizationKind, 140, drawOrganization)
	fill(d, &d.users, userKind, 420, drawUser)
	fill(d, &d.features, featureKind, featureCount, drawFeature)
	fill(d, &d.types, typeKind, 120, func(t *variantType, _ *dice.Dice) { t.id = 2*t.i + 1 })
	fill(d, &d.variants, variantKind, 4000, drawVariant)
	fill(d, &d.profiles, profileKind, len(d.variants)+complexProfiles, drawProfile)
	fill(d, &d.groups, groupKind, 30, drawGroup)
	fill(d, &d.diseases, diseaseKind, diseaseCount, drawDisease)
	fill(d, &d.therapies, therapyKind, therapyCount, drawTherapy)
	fill(d, &d.phenotypes, phenotypeKind, 310, func(*phenotype, *dice.Dice) {})
	fill(d, &d.trials, trialKind, 260, func(*trial, *dice.Dice) {})
	fill(d, &d.sources, sourceKind, 3200, drawSource)
	fill(d, &d.acmgCodes, noKind, len(acmgCodes), func(c *code, _ *dice.Dice) { c.code = acmgCodes[c.i] })
	fill(d, &d.clingenCodes, noKind, len(clingenCodes), func(c *code, _ *dice.Dice) { c.code = clingenCodes[c.i] })
	fill(d, &d.guidelines, guidelineKind, 12, func(*guideline, *dice.Dice) {})
	fill(d, &d.evidence, evidenceKind, 12000, drawEvidence)
	fill(d, &d.assertions, assertionKind, 152, drawAssertion)
	d.log = sync.OnceValue(func() *log { return newLog(d) })
	d.scores = sync.OnceValue(d.score)
	d.makeIndexes()
	d.makeTables()
	return d
}

// fill draws n records of a table, with ascending ids. draw sees the records before its own.
func fill[T any, P interface {
	*T
	entity
}](d *Data, table *[]P, k kind, n int, draw func(r P, x *dice.Dice)) {
	nextID := d.ids(k)
	for i := range n {
		r := P(new(T))
		*r.header() = base{d, k, i, nextID()}
		draw(r, r.header().dice(2))
		*table = append(*table, r)
	}
}

// ids returns a source of ascending ids for a kind of record, with gaps.
func (d *Data) ids(k kind) func() int {
	x, gap, last := dice.New(d.seed, uint64(k), 0, 1), kinds[k].gap, 0
	return func() int {
		last++
		for gap > 0 && x.N(gap) == 0 {
			last++
		}
		return last
	}
}

func (d *Data) makeIndexes() {
	d.evidenceOf = invert(d.evidence, func(e *evidence) []*base {
		out := append(headers(e.therapies), headers(e.phenotypes)...)
		if e.disease != nil {
			out = append(out, &e.disease.base)
		}
		return append(out, &e.profile.base, &e.source.base)
	})
	d.assertionsOf = invert(d.assertions, func(a *assertion) []*base {
		out := append(headers(a.therapies), headers(a.phenotypes)...)
		if a.disease != nil {
			out = append(out, &a.disease.base)
		}
		return append(append(out, &a.profile.base), headers(a.evidence)...)
	})
	d.variantsOf = invert(d.variants, func(v *variant) []*base { return append(headers(v.types), &v.feature.base) })
	d.profilesOf = invert(d.profiles, func(p *profile) []*base { return headers(p.variants) })
	d.sourcesOf = invert(d.sources, func(s *source) []*base { return headers(s.trials) })
	d.usersOf = invert(d.users, func(u *user) []*base { return headers(u.organizations) })
}

// invert makes the reverse index of a table's references, at its first use.
func invert[T any](table []T, references func(T) []*base) func() map[*base][]T {
	return sync.OnceValue(func() map[*base][]T {
		out := map[*base][]T{}
		for _, r := range table {
			for _, to := range references(r) {
				out[to] = append(out[to], r)
			}
		}
		return out
	})
}

func headers[T entity](list []T) []*base {
	out := make([]*base, len(list))
	for i, r := range list {
		out[i] = r.header()
	}
	return out
}

func (d *Data) makeTables() {
	d.tables = map[string]func() []record.Record{
		"evidenceItems": listed(d.evidence), "assertions": listed(d.assertions), "molecularProfiles": listed(d.profiles),
		"variants": listed(d.variants), "variantGroups": listed(d.groups), "variantTypes": listed(d.types),
		"features": listed(d.features), "genes": d.featuresOf(geneFeature), "factors": d.featuresOf(factorFeature),
		"fusions": d.featuresOf(fusionFeature), "regions": d.featuresOf(regionFeature),
		"sources": listed(d.sources), "clinicalTrials": listed(d.trials), "diseases": listed(d.diseases),
		"therapies": listed(d.therapies), "phenotypes": listed(d.phenotypes),
		"users": listed(d.users), "organizations": listed(d.organizations),
		"acmgCodes": listed(d.acmgCodes), "clingenCodes": listed(d.clingenCodes), "nccnGuidelines": listed(d.guidelines),
		"activities":        logged(d, func(l *log) []*act { return l.acts.all }),
		"comments":          logged(d, func(l *log) []*comment { return l.comments.all }),
		"flags":             logged(d, func(l *log) []*flag { return l.flags.all }),
		"revisions":         logged(d, func(l *log) []*revision { return l.revisions.all }),
		"revisionSets":      logged(d, func(l *log) []*revisionSet { return l.sets }),
		"approvals":         logged(d, func(l *log) []*approval { return l.approvals.all }),
		"sourceSuggestions": logged(d, func(l *log) []*suggestion { return l.suggestions }),
		"events":            logged(d, func(l *log) []event { return eventsOf(l.acts.all) }),
	}
}

func listed[T record.Record](table []T) func() []record.Record {
	return sync.OnceValue(func() []record.Record { return record.List(table) })
}

func logged[T record.Record](d *Data, table func(*log) []T) func() []record.Record {
	return sync.OnceValue(func() []record.Record { return record.List(table(d.log())) })
}

// Table returns all records that a root connection lists, in ascending order of their ids.
func (d *Data) Table(connection string) []record.Record {
	if table := d.tables[connection]; table != nil {
		return table()
	}
	return nil
}

// tableOf names the table of each root field that returns one record.
var tableOf = map[string]string{
	"feature": "features", "gene": "genes", "factor": "factors", "fusion": "fusions", "region": "regions",
	"variant": "variants", "molecularProfile": "molecularProfiles", "evidenceItem": "evidenceItems",
	"assertion": "assertions", "variantGroup": "variantGroups", "source": "sources", "sourcePopover": "sources",
	"disease": "diseases", "diseasePopover": "diseases", "therapy": "therapies", "therapyPopover": "therapies",
	"phenotype": "phenotypes", "phenotypePopover": "phenotypes", "clinicalTrial": "clinicalTrials",
	"variantType": "variantTypes", "variantTypePopover": "variantTypes", "user": "users",
	"organization": "organizations", "comment": "comments", "flag": "flags", "revision": "revisions",
	"activity": "activities", "acmgCode": "acmgCodes", "clingenCode": "clingenCodes", "nccnGuideline": "nccnGuidelines",
}

// ReturnsOne reports whether a root field returns one record by its id.
func ReturnsOne(field string) bool { return tableOf[field] != "" }

// One returns the record of a root field with the id, or nil.
func (d *Data) One(field string, id int) record.Record {
	table := d.Table(tableOf[field])
	idOf := func(i int) int { return table[i].(entity).header().id }
	i := sort.Search(len(table), func(i int) bool { return idOf(i) >= id })
	if i < len(table) && idOf(i) == id {
		return table[i]
	}
	return nil
}

// Curator returns the user that API keys belong to.
func (d *Data) Curator() record.Record { return d.users[0] }
