package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// record is one evidence item, its fields in the order that the query derived
// from evidence.yaml asks for them.
type record struct {
	ID               int     `json:"id"`
	Status           string  `json:"status"`
	Level            string  `json:"evidenceLevel"`
	Type             string  `json:"evidenceType"`
	Direction        string  `json:"evidenceDirection"`
	Significance     string  `json:"significance"`
	Rating           *int    `json:"evidenceRating"`
	Origin           string  `json:"variantOrigin"`
	Interaction      *string `json:"therapyInteractionType"`
	Flagged          bool    `json:"flagged"`
	OpenRevisions    int     `json:"openRevisionCount"`
	Description      string  `json:"description"`
	MolecularProfile profile `json:"molecularProfile"`
	Disease          *term   `json:"disease"`
	Therapies        []named `json:"therapies"`
	Phenotypes       []hpo   `json:"phenotypes"`
	Source           source  `json:"source"`
	SubmissionEvent  event   `json:"submissionEvent"`
	AcceptanceEvent  *event  `json:"acceptanceEvent"`
}

type profile struct {
	ID       int     `json:"id"`
	Name     string  `json:"name"`
	Score    float64 `json:"molecularProfileScore"`
	Variants []named `json:"variants"`
}

type named struct {
	Name string `json:"name"`
}

type hpo struct {
	HPO string `json:"hpoId"`
}

type term struct {
	ID      int      `json:"id"`
	Name    string   `json:"name"`
	DOID    *string  `json:"doid"`
	Aliases []string `json:"diseaseAliases"`
}

type source struct {
	ID         int    `json:"id"`
	CitationID string `json:"citationId"`
	Citation   string `json:"citation"`
	Type       string `json:"sourceType"`
	Title      string `json:"title"`
	Year       *int   `json:"publicationYear"`
}

type event struct {
	CreatedAt string `json:"createdAt"`
}

// generator makes records. The same seed gives the same records.
type generator struct {
	r        *rand.Rand
	zipf     *rand.Zipf
	words    []string
	terms    []term
	profiles []profile
	drugs    []string
}

func newGenerator(seed uint64) *generator {
	r := rand.New(rand.NewPCG(seed, 1))
	g := &generator{r: r, zipf: rand.NewZipf(r, 1.07, 4, 7999)}
	for range 8000 {
		g.words = append(g.words, g.word())
	}
	slices.SortStableFunc(g.words, func(a, b string) int { return len(a) - len(b) }) // common words are short
	for i := range 350 {
		g.terms = append(g.terms, g.term(i))
	}
	for i := range 4000 {
		g.profiles = append(g.profiles, g.profile(i))
	}
	for range 600 {
		g.drugs = append(g.drugs, title(g.word()+g.pick("tinib", "mab", "platin", "ciclib", " Acetate", ", Liposomal")))
	}
	return g
}

func (g *generator) record(id int) record {
	out := record{
		ID:               id,
		Status:           g.pick("ACCEPTED", "ACCEPTED", "SUBMITTED"),
		Level:            g.pick("A", "B", "B", "C", "C", "C", "D", "D", "E"),
		Type:             g.pick("PREDICTIVE", "PREDICTIVE", "PROGNOSTIC", "DIAGNOSTIC", "ONCOGENIC", "PREDISPOSING"),
		Direction:        g.pick("SUPPORTS", "SUPPORTS", "DOES_NOT_SUPPORT"),
		Significance:     g.pick("SENSITIVITYRESPONSE", "RESISTANCE", "POOR_OUTCOME", "POSITIVE", "NA", "ONCOGENICITY"),
		Rating:           maybe(g, 8, 1+g.r.IntN(5)),
		Origin:           g.pick("SOMATIC", "SOMATIC", "RARE_GERMLINE", "UNKNOWN", "NA"),
		Flagged:          g.r.IntN(60) == 0,
		OpenRevisions:    g.r.IntN(4) / 3,
		Description:      g.statement(),
		MolecularProfile: g.profiles[g.r.IntN(len(g.profiles))],
		Therapies:        []named{},
		Phenotypes:       []hpo{},
		Source:           g.source(),
		SubmissionEvent:  event{g.moment()},
		AcceptanceEvent:  maybe(g, 4, event{g.moment()}),
	}
	if g.r.IntN(40) > 0 {
		out.Disease = &g.terms[g.r.IntN(len(g.terms))]
	}
	for range g.r.IntN(5) / 2 {
		out.Therapies = append(out.Therapies, named{g.drugs[g.r.IntN(len(g.drugs))]})
	}
	if len(out.Therapies) > 1 {
		combination := g.pick("COMBINATION", "SEQUENTIAL", "SUBSTITUTES")
		out.Interaction = &combination
	}
	for range max(0, g.r.IntN(12)-9) {
		out.Phenotypes = append(out.Phenotypes, hpo{fmt.Sprintf("HP:%07d", g.r.IntN(9000))})
	}
	return out
}

// statement is a few sentences in an invented language whose words are as
// unevenly common as a real one's; one in twenty has what needs escaping.
func (g *generator) statement() string {
	var b strings.Builder
	for range 3 + g.r.IntN(6) {
		b.WriteString(title(g.words[g.zipf.Uint64()]))
		for range 8 + g.r.IntN(22) {
			b.WriteByte(' ')
			b.WriteString(g.words[g.zipf.Uint64()])
			if g.r.IntN(14) == 0 {
				fmt.Fprintf(&b, " (%d.%d%%)", g.r.IntN(100), g.r.IntN(10))
			}
		}
		b.WriteString(". ")
	}
	if g.r.IntN(20) == 0 {
		b.WriteString(g.pick("\n\t\"quoted\"", "α ≥ 5 µg", "back\\slash", "tab\there", "\U0001f9ec"))
	}
	return strings.TrimSuffix(b.String(), " ")
}

func (g *generator) word() string {
	var b strings.Builder
	for range 1 + g.r.IntN(4) {
		b.WriteString(g.pick("b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "tr", "st", "ch", "v"))
		b.WriteString(g.pick("a", "e", "i", "o", "u", "ia", "ea"))
		b.WriteString(g.pick("", "", "n", "r", "s", "t"))
	}
	return b.String()
}

func (g *generator) term(i int) term {
	out := term{ID: i + 1, Name: title(g.word()) + " " + title(g.word()) + " Carcinoma", Aliases: []string{}}
	out.DOID = maybe(g, 12, fmt.Sprintf("%07d", g.r.IntN(90000)))
	for range g.r.IntN(4) {
		out.Aliases = append(out.Aliases, title(g.word())+" Tumor, "+title(g.word()))
	}
	return out
}

func (g *generator) profile(i int) profile {
	gene, change := strings.ToUpper(g.word()), fmt.Sprintf("V%dE", g.r.IntN(1200))
	out := profile{ID: i + 1, Name: gene + " " + change, Score: float64(g.r.IntN(4000)) / 4, Variants: []named{{change}}}
	if g.r.IntN(5) == 0 {
		out.Name += " AND " + gene + " Amplification"
		out.Variants = append(out.Variants, named{"Amplification"})
	}
	return out
}

func (g *generator) source() source {
	year := 1990 + g.r.IntN(36)
	return source{
		ID:         1 + g.r.IntN(9000),
		CitationID: fmt.Sprint(7000000 + g.r.IntN(30000000)),
		Citation:   fmt.Sprintf("%s et al., %d", title(g.word()), year),
		Type:       g.pick("PUBMED", "PUBMED", "PUBMED", "ASCO", "ASH"),
		Title:      title(g.words[g.zipf.Uint64()]) + " " + g.words[g.zipf.Uint64()] + " in " + g.words[g.zipf.Uint64()] + " " + g.word() + ".",
		Year:       maybe(g, 30, year),
	}
}

func (g *generator) moment() string {
	return time.Date(2015, 6, 21, 0, 0, 0, 0, time.UTC).Add(time.Duration(g.r.Int64N(10*365*86400)) * time.Second).Format(time.RFC3339)
}

func (g *generator) pick(of ...string) string { return of[g.r.IntN(len(of))] }

// maybe is the value, or nothing one time in n.
func maybe[T any](g *generator, n int, v T) *T {
	if g.r.IntN(n) == 0 {
		return nil
	}
	return &v
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
