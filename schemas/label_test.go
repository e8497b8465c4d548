package schemas

import "testing"

func TestLabel(t *testing.T) {
	tests := []struct{ enum, code, want string }{
		{"EvidenceSignificance", "SENSITIVITYRESPONSE", "Sensitivity/Response"},
		{"AssertionSignificance", "SENSITIVITYRESPONSE", "Sensitivity/Response"},
		{"EvidenceSignificance", "POOR_OUTCOME", "Poor Outcome"},
		{"EvidenceSignificance", "GAIN_OF_FUNCTION", "Gain of Function"},
		{"EvidenceSignificance", "LOSS_OF_FUNCTION", "Loss of Function"},
		{"EvidenceSignificance", "NA", "N/A"},
		{"EvidenceDirection", "DOES_NOT_SUPPORT", "Does Not Support"},
		{"VariantOrigin", "RARE_GERMLINE", "Rare Germline"},
		{"VariantOrigin", "NA", "N/A"},
		{"AmpLevel", "NA", "Not Applicable"},
		{"AmpLevel", "TIER_I_LEVEL_A", "Tier I - Level A"},
		{"AmpLevel", "TIER_II_LEVEL_D", "Tier II - Level D"},
		{"AmpLevel", "TIER_III", "Tier III"},
		{"AmpLevel", "TIER_IV", "Tier IV"},
		{"AmpLevel", "NOT_A_LEVEL_YET", "Not A Level Yet"},
		{"SourceSource", "PUBMED", "PubMed"},
		{"SourceSource", "ASCO", "ASCO"},
		{"SourceSource", "ASH", "ASH"},
		{"EvidenceStatus", "ACCEPTED", "accepted"},
		{"EvidenceStatus", "ON_HOLD", "on hold"},
		{"EvidenceLevel", "A", "A"},
		{"ReferenceBuild", "GRCH37", "GRCh37"},
		{"ReferenceBuild", "GRCH38", "GRCh38"},
		{"ReferenceBuild", "NCBI36", "NCBI36"},
		{"FeatureInstanceTypes", "GENE", "Gene"},
		{"EvidenceSignificance", "Oncogenic", "Oncogenic"},
		{"EvidenceSignificance", "SOMETHING_NEW", "Something New"},
		{"EvidenceSignificance", "__", "  "},
		{"EvidenceSignificance", "", ""},
		{"NobodyKnows", "A_NEW_CODE", "A New Code"},
	}
	for _, test := range tests {
		if got := Label(test.enum, test.code); got != test.want {
			t.Errorf("%s.%s: %q, not %q", test.enum, test.code, got, test.want)
		}
	}
}

// Every label the official release printed is the label of a code.
func TestLabelsAreThoseOfTheRelease(t *testing.T) {
	enums := map[string]string{
		"evidence_type": "EvidenceType", "evidence_direction": "EvidenceDirection", "significance": "EvidenceSignificance",
		"therapy_interaction_type": "TherapyInteraction", "citation_source_type": "SourceSource",
		"evidence_status": "EvidenceStatus", "evidence_level": "EvidenceLevel",
	}
	labels := map[string]map[string]bool{}
	for column, enum := range enums {
		labels[column] = map[string]bool{}
		for _, value := range Embedded().AST().Types[enum].EnumValues {
			labels[column][Label(enum, value.Name)] = true
		}
	}
	items := lines[map[string]any](t, unzip(t, sharedFile(t, "accepted-evidence-2026-04-25.ndjson.gz")))
	if len(items) != 4842 {
		t.Fatalf("%d items", len(items))
	}
	for _, item := range items {
		for column := range enums {
			text, ok := item[column].(string)
			if ok && !labels[column][text] || !ok && item[column] != nil {
				t.Fatalf("%s %q of item %v is no label", column, item[column], item["id"])
			}
		}
	}
}
