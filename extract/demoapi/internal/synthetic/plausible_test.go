package synthetic

import (
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/genome"
)

// TestEvidenceIsPlausible: most evidence is submitted, and accepted evidence cites sources of every nature.
func TestEvidenceIsPlausible(t *testing.T) {
	d := Of(0)
	status, natures := map[string]int{}, map[string]int{}
	for _, e := range d.evidence {
		status[e.status]++
		if e.status == "ACCEPTED" && e.source.retracted {
			natures[e.source.nature()]++
		}
	}
	if share := 100 * status["SUBMITTED"] / len(d.evidence); share < 60 || share > 67 {
		t.Errorf("%d %% of evidence is submitted: %v", share, status)
	}
	if len(natures) != 4 {
		t.Errorf("natures of the sources of accepted evidence: %v", natures)
	}
}

// TestVariantsArePlausible: a variant's HGVS texts and coordinates name the same place, some ids and lists hold words
// for none, and some texts have white space around them.
func TestVariantsArePlausible(t *testing.T) {
	d := Of(0)
	found := map[string]int{}
	for _, v := range d.variants {
		c := coordinate{v, 0}
		start, stop := c.Field("start"), c.Field("stop")
		reference, _ := c.Field("referenceBases").(string)
		bases, _ := c.Field("variantBases").(string)
		if reference != "" && reference == bases && bases != "-" {
			t.Errorf("variant %d replaces %s by %s", v.id, reference, bases)
		}
		if strings.Trim(reference, "-") != "" && stop.(int)-start.(int)+1 != len(reference) {
			t.Errorf("variant %d: %s at %d to %d", v.id, reference, start, stop)
		}
		for _, text := range v.hgvs() {
			trimmed := strings.TrimSpace(text)
			found["outer spaces"] += boolean(text != trimmed)
			found["outer no-break spaces"] += boolean(strings.Contains(text, "\u00a0"))
			if start != nil && strings.HasPrefix(trimmed, "NC_") && v.build != genome.NCBI36 {
				found[v.build] += boolean(trimmed == v.change.HGVS(v.build))
			}
		}
		id, _ := v.alleleRegistryID(v.dice(4)).(string)
		found[id]++
		found[strings.Join(v.clinvarIDs(v.dice(4)), " ")]++
		found["rs"] += boolean(slices.ContainsFunc(v.aliases(), func(a string) bool { return strings.HasPrefix(a, "rs") }))
		found["RS"] += boolean(slices.ContainsFunc(v.aliases(), func(a string) bool { return strings.HasPrefix(a, "RS") }))
	}
	for _, want := range []string{"outer spaces", "outer no-break spaces", genome.GRCh37, genome.GRCh38, "unregistered", "_:CA", "N/A",
		"NONE FOUND", "rs", "RS"} {
		if found[want] < 5 {
			t.Errorf("%d variants have %s", found[want], want)
		}
	}
}

// TestProfilesArePlausible: profiles nest AND and OR, some have both side by side, and some variants have accepted
// evidence in complex profiles only.
func TestProfilesArePlausible(t *testing.T) {
	d := Of(0)
	nested, ambiguous, evidence := 0, 0, map[*variant][2]bool{}
	for _, p := range d.profiles {
		if strings.Count(p.name(), "demo") > 9 || len(p.variants) != strings.Count(p.rawName(), "#VID") {
			t.Errorf("profile %d has %d variants: %s", p.id, len(p.variants), p.rawName())
		}
		nested += boolean(slices.Contains(p.words, "("))
		inside := p.words[max(0, slices.Index(p.words, "(")):]
		ambiguous += boolean(slices.Contains(inside, "AND") && slices.Contains(inside, "OR"))
		accepted, _ := p.EvidenceStatus()
		for _, v := range p.variants {
			e := evidence[v]
			e[min(len(p.variants), 2)-1] = e[min(len(p.variants), 2)-1] || accepted
			evidence[v] = e
		}
	}
	complexOnly := 0
	for _, e := range evidence {
		complexOnly += boolean(e[1] && !e[0])
	}
	if nested < 50 || ambiguous < 10 || complexOnly < 50 {
		t.Errorf("%d nested and %d ambiguous profiles, %d variants with evidence in complex ones only", nested, ambiguous, complexOnly)
	}
}

// TestPartners: well-known fusions exist, and some partners have no variants of their own.
func TestPartners(t *testing.T) {
	d := Of(0)
	alone := map[*feature]bool{}
	for _, f := range d.features {
		for _, partner := range []*feature{f.five, f.three} {
			if partner != nil && len(partner.variants()) == 0 {
				alone[partner] = true
			}
		}
	}
	if len(alone) != partnerCount {
		t.Errorf("%d partners have no variants", len(alone))
	}
	if name := d.features[firstFusion].named; name != "EML4::ALK" {
		t.Errorf("the first fusion is %s", name)
	}
	v := d.variants[firstKnown]
	c := coordinate{v, 0}
	if v.feature.named != "BRAF" || v.named != "V600E" || c.Field("start") != 140453136 || c.Field("referenceBases") != "A" {
		t.Errorf("%s %s is at %v", v.feature.named, v.named, c.Field("start"))
	}
}
