// Package synthetic generates the data set that the demo API serves: as many records of each type as
// CIViC has, invented and named so (SYN1 V600X-demo), with every legal value that has ever broken a reader. Some genes
// and variants have well-known names and their real places (BRAF V600E); all that is said of them is invented too.
//
// It takes a seed and gives tables of records; the same seed gives the same bytes. Each type has a table of its fields
// and their generators. The package never filters, orders or pages records, and never reads or writes a file.
package synthetic

import (
	"sort"
	"strings"
	"sync"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/genome"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// Data is a data set. References between records are drawn when it is made; texts are generated at each request; the
// curation log and the reverse indexes are made at their first use. Any number of goroutines may use it.
type Data struct {
	seed  uint64
	genes []*genome.Gene // the well-known ones

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

	tables tables
}

// tables are lists of records by the API's connections.
type tables map[string][]record.Record

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
	d := &Data{seed: seed, genes: genome.Genes(), tables: tables{}}
	fill(d, d.tables, &d.organizations, "organization", organizationFields, 140, drawOrganization)
	fill(d, d.tables, &d.users, "user", userFields, 420, drawUser)
	fill(d, d.tables, &d.features, "feature", featureFields, featureCount+partnerCount, drawFeature)
	d.joinPartners()
	fill(d, d.tables, &d.types, "variantType", typeFields, 120, func(t *variantType, _ *dice.Dice) { t.id = 2*t.i + 1 })
	fill(d, d.tables, &d.variants, "variant", variantFields, 4000, drawVariant)
	fill(d, d.tables, &d.profiles, "molecularProfile", profileFields, len(d.variants)+complexProfiles, drawProfile)
	fill(d, d.tables, &d.groups, "variantGroup", groupFields, 30, drawGroup)
	fill(d, d.tables, &d.diseases, "disease", diseaseFields, diseaseCount, drawDisease)
	fill(d, d.tables, &d.therapies, "therapy", therapyFields, therapyCount, drawTherapy)
	fill(d, d.tables, &d.phenotypes, "phenotype", phenotypeFields, 310, func(*phenotype, *dice.Dice) {})
	fill(d, d.tables, &d.trials, "clinicalTrial", trialFields, 260, func(*trial, *dice.Dice) {})
	fill(d, d.tables, &d.sources, "source", sourceFields, 3200, drawSource)
	d.acmgCodes = d.codes("acmgCode", words["ACMG code"])
	d.clingenCodes = d.codes("clingenCode", words["ClinGen code"])
	fill(d, d.tables, &d.guidelines, "nccnGuideline", nil, 12, func(*guideline, *dice.Dice) {})
	fill(d, d.tables, &d.evidence, "evidenceItem", evidenceFields, evidenceCount+waitingCount, drawEvidence)
	d.reportUnusedTrials()
	fill(d, d.tables, &d.assertions, "assertion", assertionFields, 152, drawAssertion)
	for _, f := range d.features {
		table := strings.ToLower(f.featureType) + "s"
		d.tables[table] = append(d.tables[table], f)
	}
	d.log = sync.OnceValue(func() *log { return newLog(d) })
	d.scores = sync.OnceValue(d.score)
	d.makeIndexes()
	return d
}

// fill draws n records of a table, with ascending ids, and lists it. draw sees the records before its own.
func fill[T any, P interface {
	*T
	entity
}](d *Data, list tables, table *[]P, kind string, own fields, n int, draw func(r P, x *dice.Dice)) {
	k := kinds[kind]
	nextID := d.ids(k)
	for i := range n {
		r := P(new(T))
		*r.header() = base{d: d, kind: k, i: i, id: nextID(), own: own, self: r}
		draw(r, r.header().dice(2))
		*table = append(*table, r)
	}
	list[k.table] = record.List(*table)
}

func (d *Data) codes(kind string, names []string) (out []*code) {
	fill(d, d.tables, &out, kind, codeFields, len(names), func(c *code, _ *dice.Dice) { c.named = names[c.i] })
	return out
}

// ids returns a source of ascending ids for a kind of record, with gaps.
func (d *Data) ids(k *kind) func() int {
	x, last := dice.New(d.seed, k.number, 0, 1), 0
	return func() int {
		last++
		for k.gap > 0 && x.N(k.gap) == 0 {
			last++
		}
		return last
	}
}

func (d *Data) makeIndexes() {
	d.evidenceOf = invert(d.evidence, func(e *evidence) []*base {
		return append(e.topics(), &e.profile.base, &e.source.base)
	})
	d.assertionsOf = invert(d.assertions, func(a *assertion) []*base {
		return append(append(a.topics(), &a.profile.base), headers(a.evidence)...)
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

func headers[T entity](list []T) []*base { return record.Map(list, T.header) }

// Table returns all records that a root connection lists, in ascending order of their ids.
func (d *Data) Table(connection string) []record.Record {
	if table, ok := d.tables[connection]; ok {
		return table
	}
	return d.log().tables[connection]
}

// tableOf names the table of a root field that returns one record; "" for other fields.
func tableOf(field string) string {
	if k := kinds[strings.TrimSuffix(field, "Popover")]; k != nil {
		return k.table
	}
	return ""
}

// ReturnsOne reports whether a root field returns one record by its id.
func ReturnsOne(field string) bool { return tableOf(field) != "" }

// One returns the record of a root field with the id, or nil.
func (d *Data) One(field string, id int) record.Record {
	table := d.Table(tableOf(field))
	idOf := func(i int) int { return table[i].(entity).header().id }
	i := sort.Search(len(table), func(i int) bool { return idOf(i) >= id })
	if i < len(table) && idOf(i) == id {
		return table[i]
	}
	return nil
}

// Curator returns the user that API keys belong to.
func (d *Data) Curator() record.Record { return d.users[0] }
