package synthetic

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestSizes: as many records as CIViC has, with gaps between ids.
func TestSizes(t *testing.T) {
	d := Of(0)
	for name, n := range map[string][3]int{
		"evidence": {len(d.evidence), 14400, 14400}, "profiles": {len(d.profiles), 4500, 4500}, "variants": {len(d.variants), 4000, 4000},
		"features": {len(d.features), 620, 620}, "assertions": {len(d.assertions), 150, 160}, "revisions": {len(d.log().revisions), 1000, 3000},
		"comments": {len(d.log().comments), 900, 900}, "acts": {len(d.log().acts), 20000, 30000}, "approvals": {len(d.log().approvals), 101, 300},
	} {
		if n[0] < n[1] || n[0] > n[2] {
			t.Errorf("%d %s", n[0], name)
		}
	}
	if last := d.evidence[len(d.evidence)-1].id; last < 15500 || last > 15700 {
		t.Errorf("evidence ids go up to %d", last)
	}
	byType := map[string]int{}
	for _, v := range d.variants {
		byType[v.feature.featureType]++
	}
	if len(byType) != 4 {
		t.Errorf("variants by type of feature: %v", byType)
	}
}

// TestReferencesClose: nothing that is listed by default refers to what is not,
// but that some evidence rests on sources since retracted.
func TestReferencesClose(t *testing.T) {
	d := Of(0)
	retracted := map[string]int{}
	for _, e := range d.evidence {
		if e.profile.deprecated || e.source.deprecated {
			t.Errorf("evidence %d refers to a deprecated record", e.id)
		}
		if e.source.retracted {
			retracted[e.status]++
		}
		if e.disease != nil && e.disease.deprecated {
			t.Errorf("evidence %d is of a deprecated disease", e.id)
		}
		for _, th := range e.therapies {
			if th.deprecated {
				t.Errorf("evidence %d is of a deprecated therapy", e.id)
			}
		}
		if (len(e.therapies) > 1) != (e.interaction != "") {
			t.Errorf("evidence %d: %d therapies, interaction %q", e.id, len(e.therapies), e.interaction)
		}
	}
	if n := retracted["ACCEPTED"]; n < 5 || n > 50 {
		t.Errorf("%d accepted evidence items rest on retracted sources", n)
	}
	for _, p := range d.profiles {
		for _, v := range p.variants {
			if !p.deprecated && v.deprecated {
				t.Errorf("profile %d has a deprecated variant", p.id)
			}
		}
	}
	for _, a := range d.log().acts {
		if a.about == nil {
			t.Errorf("activity %d is about nothing", a.id)
		}
	}
}

// TestAwkwardValues: what has broken readers is there, in accepted evidence
// too, and all of it is UTF-8 without NUL, as the real database's is.
func TestAwkwardValues(t *testing.T) {
	d := Of(0)
	found := map[string]int{}
	for _, e := range d.evidence {
		text := e.statement("x")
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			t.Fatalf("evidence %d: %q", e.id, text)
		}
		if e.status != "ACCEPTED" {
			continue
		}
		for _, sign := range []string{"\t", "\r\n", "\n", `"`, ",", `\`, "é", "\u2028", "\x01", "🧬", "\ufeff", "<b>"} {
			if strings.Contains(text, sign) {
				found[sign]++
			}
		}
		found["empty"] += boolean(text == "")
		found["null-like"] += boolean(text == "NULL" || text == "NA" || text == `\N`)
		found["spaces"] += boolean(text != strings.TrimSpace(text))
		found["long"] += boolean(len(text) > 15000)
		found["no disease"] += boolean(e.disease == nil)
		found["no rating"] += boolean(e.rating == 0)
		found["no therapies"] += boolean(len(e.therapies) == 0 && e.evidenceType == "PREDICTIVE")
	}
	for _, want := range []string{"\t", "\r\n", "\n", `"`, ",", `\`, "\u2028", "\x01", "🧬", "\ufeff", "<b>",
		"empty", "spaces", "long", "no disease", "no rating", "no therapies", "null-like"} {
		if found[want] == 0 {
			t.Errorf("no accepted evidence has %q: %v", want, found)
		}
	}
	zero, comma := 0, 0
	for i := range d.diseases {
		if id := d.diseases[i].doid(); id != "" && id[0] == '0' {
			zero++
		}
	}
	for i := range d.therapies {
		comma += boolean(strings.Contains(d.therapies[i].named, ","))
	}
	if zero == 0 || comma == 0 {
		t.Errorf("%d DOIDs with leading zeros, %d therapies with commas", zero, comma)
	}
}

// TestSaysItIsSynthetic: nobody can take the data for CIViC's, although some genes have well-known names.
func TestSaysItIsSynthetic(t *testing.T) {
	d := Of(0)
	wellKnown := func(f *feature) bool { return f != nil && f.gene != nil }
	for _, f := range d.features {
		n := strings.ToLower(f.named)
		if !strings.Contains(n, "syn") && !strings.Contains(n, "demo") && !wellKnown(f) && !wellKnown(f.five) && !wellKnown(f.three) {
			t.Errorf("feature %q", f.named)
		}
	}
	synthetic := 0
	for i := range d.evidence {
		synthetic += boolean(strings.Contains(d.evidence[i].statement("x"), "synthetic"))
	}
	if synthetic < len(d.evidence)*95/100 {
		t.Errorf("%d statements say that they are synthetic", synthetic)
	}
}

func boolean(is bool) int {
	if is {
		return 1
	}
	return 0
}
