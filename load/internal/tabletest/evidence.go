package tabletest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

// Evidence is a table like CIViC's evidence: about 1.5 KB of JSON a row, thirty columns, four of them lists.
func Evidence() *schemas.Table {
	col := func(name string, k schemas.Kind, nullable bool) schemas.Column {
		return schemas.Column{Name: name, Type: schemas.Type{Kind: k, Nullable: nullable}}
	}
	list := func(name string, k schemas.Kind) schemas.Column {
		typ := schemas.Type{Kind: k, List: true, ElementNullable: true, Nullable: name == "nct_ids"}
		return schemas.Column{Name: name, Type: typ}
	}
	return &schemas.Table{Name: "evidence", Key: []string{"id"}, Columns: []schemas.Column{
		col("id", schemas.Int64, false), col("name", schemas.String, false),
		col("status", schemas.Enum, false), col("evidence_level", schemas.Enum, false),
		col("evidence_type", schemas.Enum, false), col("evidence_direction", schemas.Enum, true),
		col("significance", schemas.Enum, true), col("significance_label", schemas.String, true),
		col("variant_origin", schemas.Enum, true), col("rating", schemas.Int32, true),
		col("statement", schemas.String, false), col("flagged", schemas.Bool, false),
		col("score", schemas.Float64, true), col("molecular_profile_id", schemas.Int64, false),
		col("molecular_profile", schemas.String, false), col("disease_id", schemas.Int64, true),
		col("disease", schemas.String, true), col("doid", schemas.String, true),
		list("therapy_ids", schemas.Int64), list("therapies", schemas.String), list("phenotypes", schemas.String),
		col("source_id", schemas.Int64, false), col("citation_id", schemas.String, true),
		col("citation", schemas.String, true), col("source_title", schemas.String, true),
		col("source_journal", schemas.String, true), col("source_year", schemas.Date, true),
		list("nct_ids", schemas.String), col("submitted_at", schemas.Timestamp, false),
		col("url", schemas.String, false),
	}}
}

// Generator makes rows of the Evidence table, the same for the same seed.
type Generator struct {
	rng   *rand.Rand
	words []string
	zipf  *rand.Zipf
}

// NewGenerator makes a generator.
func NewGenerator(seed uint64) *Generator {
	g := &Generator{rng: rand.New(rand.NewPCG(seed, 1))}
	g.words = make([]string, 6000)
	for i := range g.words {
		b := make([]byte, 2+g.rng.IntN(10))
		for j := range b {
			b[j] = "eeetaaoinnshrdlucmfwypvbgkq"[g.rng.IntN(27)]
		}
		g.words[i] = string(b)
	}
	g.zipf = rand.NewZipf(g.rng, 1.1, 8, uint64(len(g.words)-1))
	return g
}

// text makes a text of common words and some percentages.
func (g *Generator) text(words int) string {
	text := make([]string, words)
	for i := range text {
		if g.rng.IntN(12) == 0 {
			text[i] = fmt.Sprintf("%d.%d%%", g.rng.IntN(100), g.rng.IntN(10))
		} else {
			text[i] = g.words[g.zipf.Uint64()]
		}
	}
	return strings.Join(text, " ")
}

// value makes the value of a column in row id. A disease and its id repeat together.
func (g *Generator) value(c schemas.Column, id int) any {
	source, profile, disease := id/3%4000, id*7919%3000, id*31%350
	switch c.Name {
	case "id":
		return int64(id + 1)
	case "name":
		return fmt.Sprintf("EID%d", id+1)
	case "status":
		return "ACCEPTED"
	case "evidence_level":
		return string("ABBCCDDE"[g.rng.IntN(8)])
	case "statement":
		return g.text(50 + g.rng.IntN(110))
	case "molecular_profile_id":
		return int64(profile)
	case "molecular_profile":
		return fmt.Sprintf("GENE%d V%dE", profile/4, 100+profile)
	case "disease_id", "disease", "doid":
		if disease == 0 {
			return nil
		}
		return map[string]any{"disease_id": int64(disease), "disease": "Disease " + g.words[disease],
			"doid": fmt.Sprintf("%07d", disease*37)}[c.Name]
	case "source_id":
		return int64(source)
	case "citation_id":
		return fmt.Sprint(10000000 + source*131)
	case "citation":
		return fmt.Sprintf("%s et al., %d", g.words[source%len(g.words)], 1990+source%35)
	case "source_title":
		return strings.Join(g.words[source:source+12], " ")
	case "source_journal":
		return strings.Join(g.words[source%200:source%200+3], " ")
	case "source_year":
		return arrow.Date32(7000 + source%35*365)
	case "submitted_at":
		return arrow.Timestamp(1434844800_000000 + int64(id)*1733_000000 + int64(g.rng.IntN(1e9)))
	case "url":
		return fmt.Sprintf("https://civicdb.org/links/evidence_items/%d", id+1)
	}
	return g.other(c)
}

func (g *Generator) other(c schemas.Column) any {
	if c.Type.Nullable && g.rng.IntN(10) == 0 {
		return nil
	}
	if !c.Type.List {
		return g.scalar(c.Type.Kind)
	}
	out := make([]any, g.rng.IntN(4))
	for i := range out {
		out[i] = g.scalar(c.Type.Kind)
	}
	return out
}

func (g *Generator) scalar(k schemas.Kind) any {
	switch k {
	case schemas.Enum:
		return pick(g.rng.IntN(4), "SUPPORTS", "PREDICTIVE", "SENSITIVITYRESPONSE", "SOMATIC")
	case schemas.Int32:
		return int32(1 + g.rng.IntN(5))
	case schemas.Int64:
		return int64(g.rng.IntN(600))
	case schemas.Float64:
		return float64(g.rng.IntN(1000)) / 8
	case schemas.Bool:
		return g.rng.IntN(50) == 0
	}
	return "Name of " + g.words[g.rng.IntN(600)]
}

// Batch makes rows [from, from+n).
func (g *Generator) Batch(t *schemas.Table, from, n int) arrow.RecordBatch {
	return batch(memory.DefaultAllocator, t, from, n, func(row, column int) any { return g.value(t.Columns[column], row) })
}
