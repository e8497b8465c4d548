package synthetic

import (
	"fmt"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// source is a publication.
type source struct {
	base
	sourceType string
	trials     []*trial
	retracted  bool
}

func drawSource(s *source, x *dice.Dice) {
	s.sourceType = word(x, "source type")
	s.trials = dice.Some(x, int(x.Weighted(80, 14, 6)), s.d.trials[:len(s.d.trials)-unusedTrials])
	s.deprecated, s.retracted = x.Chance(1), x.Chance(1)
}

// nature says what happened to a source. The API calls every one of these retracted.
func (s *source) nature() string { return word(s.dice(6), "retraction nature") }

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

// displayType is the type in the usual letters.
func (s *source) displayType() string {
	if s.sourceType == "PUBMED" {
		return "PubMed"
	}
	return s.sourceType
}

func (s *source) year() int { return 1990 + s.id%35 }

func (s *source) citation() string {
	return fmt.Sprintf("Example et al., %d, J Synth Demo, “%d”", s.year(), s.id)
}

var sourceFields = fieldsOf(map[string]func(*source) any{
	"citationId":  func(s *source) any { return record.Digits(s.citationID()) },
	"name":        func(s *source) any { return s.displayType() + ": " + s.citation() },
	"sourceType":  func(s *source) any { return s.sourceType },
	"displayType": func(s *source) any { return s.displayType() },
	"citation":    func(s *source) any { return s.citation() },
	"title": func(s *source) any {
		return when(s.id%50 != 0, fmt.Sprintf("A synthetic study, number %d: \"demo\" data in 🧪", s.id))
	},
	"abstract": func(s *source) any { return []any{s.statement("nothing"), nil, ""}[s.id%3] },
	"authorString": func(s *source) any {
		x := s.dice(3)
		return fmt.Sprintf("Ada %s, Béla %s", word(x, "surname"), word(x, "surname"))
	},
	"authors":        func(*source) any { return []string{"Ada Example", "Béla Placeholder"} },
	"ascoAbstractId": func(s *source) any { return when(s.sourceType == "ASCO", 100+s.id) },
	"pmcId": func(s *source) any {
		return when(s.sourceType == "PUBMED" && s.id%2 == 0, fmt.Sprintf("PMC99%05d", s.id))
	},
	"journal":                 func(*source) any { return "J Synth Demo" },
	"fullJournalTitle":        func(*source) any { return "Journal of Synthetic Demonstration" },
	"sourceUrl":               func(s *source) any { return "https://demo.invalid/citations/" + s.citationID() },
	"clinicalTrials":          func(s *source) any { return record.List(s.trials) },
	"retracted":               func(s *source) any { return s.retracted },
	"openAccess fullyCurated": func(s *source) any { return s.id%2 == 0 },
	"publicationYear":         func(s *source) any { return s.year() },
	"publicationMonth":        func(s *source) any { return when(s.id%4 != 0, 1+s.id%12) },
	"publicationDay":          func(s *source) any { return when(s.id%3 != 0, 1+s.id%28) },
	"publicationDate":         func(s *source) any { return fmt.Sprintf("%d-%d", s.year(), 1+s.id%12) },
	"retractionNature":        func(s *source) any { return when(s.retracted, s.nature()) },
	"retractionReasons":       func(s *source) any { return when(s.retracted, "+"+s.nature()+" of a synthetic study;") },
	"retractionDate":          func(s *source) any { return when(s.retracted, moment(day*s.id)) },
})

// trial is a clinical trial.
type trial struct{ base }

// unusedTrials at the end of the table are those that no source with evidence names. Half of them are in no source.
const unusedTrials = 10

// reportUnusedTrials gives trials to sources that no evidence cites: the API does not list these trials.
func (d *Data) reportUnusedTrials() {
	cited := map[*source]bool{}
	for _, e := range d.evidence {
		cited[e.source] = true
	}
	trials := d.trials[len(d.trials)-unusedTrials:][:unusedTrials/2]
	for _, s := range d.sources {
		if !cited[s] && !s.deprecated && !s.retracted && len(trials) > 0 {
			s.trials, trials = append(s.trials, trials[0]), trials[1:]
		}
	}
}

var trialFields = fieldsOf(map[string]func(*trial) any{
	"nctId":       func(t *trial) any { return fmt.Sprintf("NCT99%06d", t.id) },
	"description": func(t *trial) any { return t.statement("nothing") },
	"sourceCount": func(t *trial) any { return len(t.d.sourcesOf()[&t.base]) },
	"evidenceCount": func(t *trial) any {
		return total(t.d.sourcesOf()[&t.base], func(s *source) int {
			return count(t.d.evidenceOf()[&s.base], func(e *evidence) bool { return e.status != "REJECTED" })
		})
	},
})

// suggestion is a source that somebody suggests for curation.
type suggestion struct {
	entry
	disease *disease // may be nil
	profile *profile // may be nil
	status  string
}

const suggestions = 160

func (l *log) drawSuggestion(s *suggestion, x *dice.Dice) {
	s.when = s.i * (decade / suggestions)
	source := s.d.sourceWhere(x, false)
	if n := x.N(100) - 10; n >= 0 {
		s.disease = s.d.diseases[n]
	}
	if n := x.N(60) - 10; n >= 0 {
		s.profile = s.d.profiles[n]
	}
	s.status = word(x, "suggestion status")
	l.enter(x, "PUBLICATION_SUGGESTED", &s.entry, source)
}

var suggestionFields = fieldsOf(map[string]func(*suggestion) any{
	"source":           func(s *suggestion) any { return s.about },
	"disease":          func(s *suggestion) any { return optional(s.disease) },
	"molecularProfile": func(s *suggestion) any { return optional(s.profile) },
	"status":           func(s *suggestion) any { return s.status },
	"initialComment":   func(s *suggestion) any { return s.statement("a source") },
	"reason":           func(s *suggestion) any { return when(s.id%2 == 1, "A synthetic reason") },
	"creationActivity": func(s *suggestion) any { return s.firstFrom("PUBLICATION_SUGGESTED") },
}, entryFields)
