package demoapi

import "fmt"

type source struct {
	i          int32
	id         int
	kind       uint8
	trials     []int32
	deprecated bool
	retracted  bool
}

var sourceTypes = []string{"PUBMED", "ASCO", "ASH"}

const (
	pubmed uint8 = iota
	asco
	ash
)

func makeSources(d *data) []source {
	seq := ids{dice: d.throw(sourceKind, 0, 1), gap: 8}
	out := make([]source, 3200)
	for i := range out {
		s := source{i: int32(i), id: seq.next()}
		x := d.throw(sourceKind, s.id, 2)
		s.kind = x.weighted(92, 6, 2)
		s.trials = x.some(int(x.weighted(80, 14, 6)), len(d.trials)-10)
		s.deprecated, s.retracted = x.chance(1), x.chance(1)
		out[i] = s
	}
	return out
}

// drawSource draws one that is neither deprecated nor retracted.
func (d *data) drawSource(x *dice) int32 {
	for {
		if s := int32(x.n(len(d.sources))); !d.sources[s].deprecated && !d.sources[s].retracted {
			return s
		}
	}
}

// drawRetracted draws one that was retracted after it was curated.
func (d *data) drawRetracted(x *dice) int32 {
	for {
		if s := int32(x.n(len(d.sources))); !d.sources[s].deprecated && d.sources[s].retracted {
			return s
		}
	}
}

// citationID is unique and of varying length, so that text order and number
// order differ.
func (s *source) citationID() string {
	if s.i%5 == 0 {
		return fmt.Sprint(900000 + s.id)
	}
	return fmt.Sprint(99000000 + 7*s.id)
}

func (s *source) citation() string {
	return fmt.Sprintf("Example et al., %d, J Synth Demo, “%d”", 1990+s.id%35, s.id)
}

func (s *source) get(d *data, field string) any {
	switch field {
	case "id":
		return s.id
	case "citationId":
		return digits(s.citationID())
	case "name":
		return fmt.Sprintf("%s: %s", []string{"PubMed", "ASCO", "ASH"}[s.kind], s.citation())
	case "link":
		return fmt.Sprintf("/sources/%d", s.id)
	case "sourceType":
		return sourceTypes[s.kind]
	case "displayType":
		return []string{"PubMed", "ASCO", "ASH"}[s.kind]
	case "citation":
		return s.citation()
	case "title":
		return []any{fmt.Sprintf("A synthetic study, number %d: \"demo\" data in 🧪", s.id), nil}[boolean(s.id%50 == 0)]
	case "abstract":
		return []any{d.statement(sourceKind, s.id, "nothing"), nil, ""}[s.id%3]
	case "authorString":
		x := d.throw(sourceKind, s.id, 3)
		return fmt.Sprintf("Ada %s, Béla %s", x.of(surnames), x.of(surnames))
	case "authors":
		return []string{"Ada Example", "Béla Placeholder"}
	case "ascoAbstractId":
		return []any{nil, 100 + s.id}[boolean(s.kind == asco)]
	case "pmcId":
		return []any{nil, fmt.Sprintf("PMC99%05d", s.id)}[boolean(s.kind == pubmed && s.id%2 == 0)]
	case "journal":
		return "J Synth Demo"
	case "fullJournalTitle":
		return "Journal of Synthetic Demonstration"
	case "sourceUrl":
		return fmt.Sprintf("https://demo.invalid/citations/%s", s.citationID())
	case "clinicalTrials":
		return pick(d.trials, s.trials)
	case "deprecated":
		return s.deprecated
	case "retracted":
		return s.retracted
	case "openAccess", "fullyCurated":
		return s.id%2 == 0
	case "evidenceItemCount":
		return len(d.evidenceOf.source()[s.i])
	}
	if v := s.published(field); v != (unset{}) {
		return v
	}
	return d.curated(row{sourceKind, s.i}, field)
}

// published gives the parts of the date of publication, and of a retraction.
func (s *source) published(field string) any {
	switch field {
	case "publicationYear":
		return 1990 + s.id%35
	case "publicationMonth":
		return []any{1 + s.id%12, nil}[boolean(s.id%4 == 0)]
	case "publicationDay":
		return []any{1 + s.id%28, nil}[boolean(s.id%3 == 0)]
	case "publicationDate":
		return fmt.Sprintf("%d-%d", 1990+s.id%35, 1+s.id%12)
	case "retractionNature", "retractionReasons":
		return []any{nil, "Retraction of a synthetic study"}[boolean(s.retracted)]
	case "retractionDate":
		return []any{nil, moment(86400 * s.id)}[boolean(s.retracted)]
	}
	return unset{}
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

type trial struct {
	i  int32
	id int
}

// makeTrials makes 260, of which sources never name the last ten.
func makeTrials(d *data) []trial {
	seq := ids{dice: d.throw(trialKind, 0, 1), gap: 5}
	out := make([]trial, 260)
	for i := range out {
		out[i] = trial{int32(i), seq.next()}
	}
	return out
}

func (t *trial) get(d *data, field string) any {
	switch field {
	case "id":
		return t.id
	case "nctId":
		return fmt.Sprintf("NCT99%06d", t.id)
	case "name":
		return fmt.Sprintf("Imaginary Trial of Nothing, Part %d", t.id)
	case "description":
		return d.statement(trialKind, t.id, "nothing")
	case "link":
		return fmt.Sprintf("/clinical-trials/%d", t.id)
	case "url":
		return fmt.Sprintf("https://demo.invalid/trials/%d", t.id)
	case "sourceCount":
		return len(d.sourcesOf.trial()[t.i])
	case "evidenceCount":
		n := 0
		for _, s := range d.sourcesOf.trial()[t.i] {
			n += len(d.evidenceOf.source()[s])
		}
		return n
	}
	return unset{}
}
