package pipelines

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
)

// officialHeaders are those of the release files, in order.
var officialHeaders = map[string]string{
	"clinical_evidence": "molecular_profile, molecular_profile_id, disease, doid, phenotypes, therapies, therapy_interaction_type, evidence_type, evidence_direction, evidence_level, significance, evidence_statement, citation_id, source_type, asco_abstract_id, citation, nct_ids, rating, evidence_status, evidence_id, variant_origin, last_review_date, evidence_civic_url, molecular_profile_civic_url, is_flagged",
	"assertion":         "molecular_profile, molecular_profile_id, disease, doid, phenotypes, therapies, assertion_type, assertion_direction, significance, acmg_codes, amp_category, clingen_codes, nccn_guideline, nccn_guideline_version, regulatory_approval, fda_companion_test, assertion_summary, assertion_description, assertion_id, evidence_item_ids, last_review_date, assertion_civic_url, evidence_items_civic_url, molecular_profile_civic_url, is_flagged",
	"feature":           "feature_id, feature_civic_url, feature_type, name, feature_aliases, description, last_review_date, is_flagged, entrez_id, ncit_id, five_prime_partner_status, three_prime_partner_status, five_prime_gene_id, five_prime_gene_name, five_prime_gene_entrez_id, three_prime_gene_id, three_prime_gene_name, three_prime_gene_entrez_id",
	"variant":           "variant_id, variant_civic_url, feature_type, feature_id, feature_name, feature_civic_url, variant, variant_aliases, is_flagged, variant_groups, variant_types, single_variant_molecular_profile_id, last_review_date, gene, entrez_id, chromosome, start, stop, reference_bases, variant_bases, representative_transcript, ensembl_version, reference_build, hgvs_descriptions, allele_registry_id, clinvar_ids, ncit_id, 5_prime_partner_status, 5_prime_partner, 3_prime_partner_status, 3_prime_partner, vicc_compliant_name, 5_prime_transcript, 5_prime_end_exon, 5_prime_exon_offset, 5_prime_exon_offset_direction, 3_prime_transcript, 3_prime_start_exon, 3_prime_exon_offset, 3_prime_exon_offset_direction, iscn_name",
	"molecular_profile": "name, molecular_profile_id, summary, variant_ids, variants_civic_url, evidence_score, evidence_item_ids, evidence_items_civic_url, assertion_ids, assertions_civic_url, aliases, last_review_date, is_flagged",
	"variant_group":     "variant_group_id, variant_group_civic_url, variant_group, description, last_review_date, is_flagged",
}

func TestReleaseHeaders(t *testing.T) {
	seen := map[string]int{}
	for _, plan := range shippedPlans(t) {
		name, isRelease := strings.CutPrefix(plan.Spec.File, "releases/")
		if !isRelease {
			continue
		}
		kind, _, isTable := strings.Cut(name, "_summaries")
		if !isTable {
			continue // variants_vcf is no file of the release
		}
		kind = strings.TrimPrefix(strings.TrimPrefix(kind, "accepted_"), "and_submitted_")
		var header []string
		for _, c := range plan.Tables[0].Columns {
			header = append(header, c.Name)
		}
		if got := strings.Join(header, ", "); got != officialHeaders[kind] {
			t.Errorf("%s:\n got %s\nwant %s", name, got, officialHeaders[kind])
		}
		seen[kind]++
	}
	for kind := range officialHeaders {
		if seen[kind] == 0 {
			t.Errorf("no release of %s", kind)
		}
	}
}

// releasedItem is a row of the official release of accepted evidence, as far as it is at hand.
type releasedItem struct {
	ID           int             `json:"id"`
	Profile      string          `json:"molecular_profile"`
	Disease      *string         `json:"disease"`
	DOID         json.RawMessage `json:"doid"`
	Therapies    []string        `json:"therapies"`
	Interaction  *string         `json:"therapy_interaction_type"`
	Level        string          `json:"evidence_level"`
	Type         string          `json:"evidence_type"`
	Direction    string          `json:"evidence_direction"`
	Significance string          `json:"significance"`
	Citation     string          `json:"citation_id"`
	SourceType   string          `json:"citation_source_type"`
	Rating       *int            `json:"rating"`
	Status       string          `json:"evidence_status"`
}

func releasedItems(t *testing.T) []releasedItem {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "shared", "civic", "accepted-evidence-2026-04-25.ndjson.gz"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no real release here: ", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var items []releasedItem
	for lines := bufio.NewScanner(z); lines.Scan(); {
		var item releasedItem
		if err := json.Unmarshal(lines.Bytes(), &item); err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	return items
}

// code gives the API's name of a label.
func code(t *testing.T, enum, label string) string {
	t.Helper()
	for _, value := range schemas.Embedded().AST().Types[enum].EnumValues {
		if schemas.Label(enum, value.Name) == label {
			return value.Name
		}
	}
	t.Fatalf("%s has no value with the label %s", enum, label)
	return ""
}

// doid is the text of the ontology id, which the file at hand has as a number where it can.
func (r releasedItem) doid() *string {
	if text := strings.Trim(string(r.DOID), `"`); text != "" && text != "null" {
		return &text
	}
	return nil
}

// node is the item as the API gives it: codes in place of labels, objects in place of names; what the
// release at hand lacks is empty.
func (r releasedItem) node(t *testing.T) map[string]any {
	therapies := []any{}
	for _, name := range r.Therapies {
		therapies = append(therapies, map[string]any{"name": name})
	}
	node := map[string]any{
		"id": r.ID, "status": code(t, "EvidenceStatus", r.Status), "evidenceLevel": r.Level, "evidenceType": code(t, "EvidenceType", r.Type),
		"evidenceDirection": code(t, "EvidenceDirection", r.Direction), "significance": code(t, "EvidenceSignificance", r.Significance),
		"evidenceRating": r.Rating, "therapies": therapies, "therapyInteractionType": nil, "disease": nil, "phenotypes": []any{},
		"molecularProfile": map[string]any{"id": 1, "name": r.Profile}, "description": "", "variantOrigin": "SOMATIC", "flagged": false,
		"source":                    map[string]any{"citationId": r.Citation, "sourceType": code(t, "SourceSource", r.SourceType), "ascoAbstractId": nil, "citation": nil, "clinicalTrials": nil},
		"lastAcceptedRevisionEvent": nil, "acceptanceEvent": nil, "rejectionEvent": nil, "submissionEvent": map[string]any{"createdAt": "2015-06-21T00:00:00Z"},
	}
	if r.Disease != nil {
		node["disease"] = map[string]any{"name": *r.Disease, "doid": r.doid()}
	}
	if r.Interaction != nil {
		node["therapyInteractionType"] = code(t, "TherapyInteraction", *r.Interaction)
	}
	return node
}

// columns are the values that the release has, as texts: a null and an empty text are the same in it.
func (r releasedItem) columns() map[string]string {
	or := func(text *string) string {
		if text == nil {
			return ""
		}
		return *text
	}
	rating := ""
	if r.Rating != nil {
		rating = strconv.Itoa(*r.Rating)
	}
	id := strconv.Itoa(r.ID)
	return map[string]string{
		"evidence_id": id, "molecular_profile": r.Profile, "disease": or(r.Disease), "doid": or(r.doid()), "therapies": strings.Join(r.Therapies, ","),
		"therapy_interaction_type": or(r.Interaction), "evidence_level": r.Level, "evidence_type": r.Type, "evidence_direction": r.Direction,
		"significance": r.Significance, "citation_id": r.Citation, "source_type": r.SourceType, "rating": rating, "evidence_status": r.Status,
		"evidence_civic_url": "https://civicdb.org/links/evidence_items/" + id,
	}
}

// TestRealRelease goes from the real rows of the release to what the API would say of them, and back
// through the shipped pipeline: value for value, in the release's order.
func TestRealRelease(t *testing.T) {
	items := releasedItems(t)
	var nodes strings.Builder
	encoder := json.NewEncoder(&nodes)
	for _, item := range items {
		if err := encoder.Encode(item.node(t)); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "nodes.ndjson")
	if err := os.WriteFile(file, []byte(nodes.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	specs, err := Find("releases/accepted_clinical_evidence_summaries")
	if err != nil {
		t.Fatal(err)
	}
	plans, err := CompileAll(specs, spec.Settings{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := testRunner(testkit.ServeDemo(t, demoapi.Options{Nodes: map[string]string{"evidenceItems": file}})).Run(t.Context(), plans); err != nil {
		t.Fatal(err)
	}
	compareRelease(t, filepath.Join(plans[0].Target, "accepted_clinical_evidence_summaries.tsv"), items)
}

func compareRelease(t *testing.T, file string, items []releasedItem) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	reader := csv.NewReader(f)
	reader.Comma = '\t'
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(items)+1 {
		t.Fatalf("%d rows of %d items", len(rows)-1, len(items))
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	for i, item := range items {
		for name, want := range item.columns() {
			if got := rows[i+1][at[name]]; got != want {
				t.Errorf("item %d, %s: %q, not %q", item.ID, name, got, want)
			}
		}
	}
}
