package synthetic

import (
	"fmt"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// source is a publication.
type source struct {
	base
	kind       uint8
	trials     []*trial
	deprecated bool
	retracted  bool
}

var (
	sourceTypes     = []string{"PUBMED", "ASCO", "ASH"}
	sourceTypeNames = []string{"PubMed", "ASCO", "ASH"}
)

const (
	pubmed uint8 = iota
	asco
)

func drawSource(s *source, x *dice.Dice) {
	s.kind = x.Weighted(92, 6, 2)
	s.trials = dice.Some(x, int(x.Weighted(80, 14, 6)), s.d.trials[:len(s.d.trials)-unusedTrials])
	s.deprecated, s.retracted = x.Chance(1), x.Chance(1)
}

// sourceWhere draws a source that is not deprecated, and was retracted after its curation or not.
func (d *Data) sourceWhere(x *dice.Dice, retracted bool) *source {
	for {
		if s := dice.Of(x, d.sources); !s.deprecated && s.retracted == retracted {
			return s
		}
	}
}

// someSources draws up to two.
func (d *Data) someSources(x *dice.Dice) []record.Record {
	return record.List(dice.Some(x, x.N(3), d.sources))
}

// citationID is unique and of varying length, so that text order and number order differ.
func (s *source) citationID() string {
	if s.i%5 == 0 {
		return fmt.Sprint(900000 + s.id)
	}
	return fmt.Sprint(99000000 + 7*s.id)
}

func (s *source) year() int { return 1990 + s.id%35 }

func (s *source) citation() string {
	return fmt.Sprintf("Example et al., %d, J Synth Demo, “%d”", s.year(), s.id)
}

// Field implements record.Record.
func (s *source) Field(name string) any { return value(sourceFields, s, name) }

var sourceFields = record.NewFields(map[string]func(*source) any{
	"citationId":  func(s *source) any { return record.Digits(s.citationID()) },
	"name":        func(s *source) any { return sourceTypeNames[s.kind] + ": " + s.citation() },
	"sourceType":  func(s *source) any { return sourceTypes[s.kind] },
	"displayType": func(s *source) any { return sourceTypeNames[s.kind] },
	"citation":    func(s *source) any { return s.citation() },
	"title": func(s *source) any {
		return when(s.id%50 != 0, fmt.Sprintf("A synthetic study, number %d: \"demo\" data in 🧪", s.id))
	},
	"abstract": func(s *source) any { return []any{s.statement("nothing"), nil, ""}[s.id%3] },
	"authorString": func(s *source) any {
		x := s.dice(3)
		return fmt.Sprintf("Ada %s, Béla %s", dice.Of(x, surnames), dice.Of(x, surnames))
	},
	"authors":        func(*source) any { return []string{"Ada Example", "Béla Placeholder"} },
	"ascoAbstractId": func(s *source) any { return when(s.kind == asco, 100+s.id) },
	"pmcId": func(s *source) any {
		return when(s.kind == pubmed && s.id%2 == 0, fmt.Sprintf("PMC99%05d", s.id))
	},
	"journal":                 func(*source) any { return "J Synth Demo" },
	"fullJournalTitle":        func(*source) any { return "Journal of Synthetic Demonstration" },
	"sourceUrl":               func(s *source) any { return "https://demo.invalid/citations/" + s.citationID() },
	"clinicalTrials":          func(s *source) any { return record.List(s.trials) },
	"deprecated":              func(s *source) any { return s.deprecated },
	"retracted":               func(s *source) any { return s.retracted },
	"openAccess fullyCurated": func(s *source) any { return s.id%2 == 0 },
	"evidenceItemCount":       func(s *source) any { return len(s.d.evidenceOf()[&s.base]) },
	"publicationYear":         func(s *source) any { return s.year() },
	"publicationMonth":        func(s *source) any { return when(s.id%4 != 0, 1+s.id%12) },
	"publicationDay":          func(s *source) any { return when(s.id%3 != 0, 1+s.id%28) },
	"publicationDate":         func(s *source) any { return fmt.Sprintf("%d-%d", s.year(), 1+s.id%12) },
	"retractionNature retractionReasons": func(s *source) any {
		return when(s.retracted, "Retraction of a synthetic study")
	},
	"retractionDate": func(s *source) any { return when(s.retracted, moment(day*s.id)) },
})

// trial is a clinical trial.
type trial struct{ base }

// unusedTrials at the end of the table are those that no source names.
const unusedTrials = 10

// Field implements record.Record.
func (t *trial) Field(name string) any { return value(trialFields, t, name) }

var trialFields = record.NewFields(map[string]func(*trial) any{
	"nctId":       func(t *trial) any { return fmt.Sprintf("NCT99%06d", t.id) },
	"description": func(t *trial) any { return t.statement("nothing") },
	"url":         func(t *trial) any { return fmt.Sprintf("https://demo.invalid/trials/%d", t.id) },
	"sourceCount": func(t *trial) any { return len(t.d.sourcesOf()[&t.base]) },
	"evidenceCount": func(t *trial) any {
		n := 0
		for _, s := range t.d.sourcesOf()[&t.base] {
			n += len(t.d.evidenceOf()[&s.base])
		}
		return n
	},
})

// suggestion is a source that somebody suggests for curation.
type suggestion struct {
	base
	source  *source
	disease *disease // may be nil
	profile *profile // may be nil
	user    *user
	when    int
	status  uint8
}

const suggestions = 160

func (l *log) drawSuggestion(s *suggestion, x *dice.Dice) {
	s.when = s.i * (decade / suggestions)
	s.source = s.d.sourceWhere(x, false)
	if n := x.N(100) - 10; n >= 0 {
		s.disease = s.d.diseases[n]
	}
	if n := x.N(60) - 10; n >= 0 {
		s.profile = s.d.profiles[n]
	}
	s.status = x.Weighted(50, 40, 10)
	s.user = l.add(x, suggestSource, s.when, s.source, s).user
}

// Field implements record.Record.
func (s *suggestion) Field(name string) any { return value(suggestionFields, s, name) }

var suggestionFields = record.NewFields(map[string]func(*suggestion) any{
	"createdAt":        func(s *suggestion) any { return moment(s.when) },
	"source":           func(s *suggestion) any { return s.source },
	"disease":          func(s *suggestion) any { return optional(s.disease) },
	"molecularProfile": func(s *suggestion) any { return optional(s.profile) },
	"user":             func(s *suggestion) any { return s.user },
	"status":           func(s *suggestion) any { return []string{"NEW", "CURATED", "REJECTED"}[s.status] },
	"initialComment":   func(s *suggestion) any { return s.statement("a source") },
	"reason":           func(s *suggestion) any { return when(s.id%2 == 1, "A synthetic reason") },
	"creationActivity": func(s *suggestion) any { return s.firstFrom(suggestSource) },
})
