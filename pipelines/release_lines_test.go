package pipelines

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// object is a node of the API, or a part of one.
type object = map[string]any

// TestRealLines goes from real lines of the official release to the nodes that the API has for them, and back through
// the shipped pipelines: byte for byte.
func TestRealLines(t *testing.T) {
	for _, tt := range []struct {
		file, pipeline, connection string
		node                       func(*testing.T, line) object
		others                     func([]line) map[string][]object
	}{
		{"ClinicalEvidenceSummaries.tsv", "accepted_clinical_evidence_summaries", "evidenceItems", evidenceNode, nil},
		{"MolecularProfileSummaries.tsv", "molecular_profile_summaries", "molecularProfiles", profileNode, noRejected},
		{"VariantSummaries.tsv", "variant_summaries", "variants", variantNode, variantLookups},
	} {
		t.Run(tt.pipeline, func(t *testing.T) {
			want, lines := releaseLines(t, tt.file)
			nodes := map[string][]object{tt.connection: {}}
			for _, l := range lines {
				nodes[tt.connection] = append(nodes[tt.connection], tt.node(t, l))
			}
			if tt.others != nil {
				for connection, list := range tt.others(lines) {
					nodes[connection] = list
				}
			}
			got := runRelease(t, tt.pipeline, nodes)
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// line is a line of a release by column.
type line map[string]string

func releaseLines(t *testing.T, name string) (text string, lines []line) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", "civic", "release-lines-2026-08", name))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no real release here: ", err)
	}
	rows := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	header := strings.Split(rows[0], "\t")
	for _, row := range rows[1:] {
		l := line{}
		for i, field := range strings.Split(row, "\t") {
			l[header[i]] = field
		}
		lines = append(lines, l)
	}
	return string(data), lines
}

// runRelease runs a shipped pipeline over nodes and returns its file.
func runRelease(t *testing.T, pipeline string, nodes map[string][]object) string {
	t.Helper()
	files := map[string]string{}
	for connection, list := range nodes {
		var text strings.Builder
		encoder := json.NewEncoder(&text)
		for _, node := range list {
			if err := encoder.Encode(node); err != nil {
				t.Fatal(err)
			}
		}
		files[connection] = filepath.Join(t.TempDir(), "nodes.ndjson")
		testkit.Write(t, files[connection], text.String())
	}
	specs, err := Find("releases/" + pipeline)
	if err != nil {
		t.Fatal(err)
	}
	plans, err := CompileAll(specs, spec.Settings{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := testRunner(testkit.ServeDemo(t, demoapi.Options{Nodes: files})).Run(t.Context(), plans); err != nil {
		t.Fatal(err)
	}
	return string(testkit.Read(t, filepath.Join(plans[0].Target, pipeline+".tsv")))
}

// text is a field, null if it is empty.
func (l line) text(column string) any {
	if l[column] == "" {
		return nil
	}
	return l[column]
}

func (l line) number(column string) any {
	n, err := strconv.Atoi(l[column])
	if err != nil {
		return nil
	}
	return n
}

// list is a field that was joined.
func (l line) list(column, separator string) []string {
	if l[column] == "" {
		return []string{}
	}
	return strings.Split(l[column], separator)
}

func (l line) named(column, key, separator string) []object {
	all := []object{}
	for _, name := range l.list(column, separator) {
		all = append(all, object{key: name})
	}
	return all
}

func (l line) ids(column string) []object {
	all := []object{}
	for _, text := range l.list(column, ", ") {
		id, _ := strconv.Atoi(text)
		all = append(all, object{"id": id, "status": "ACCEPTED"})
	}
	return all
}

// reviewed is an event at the time of last_review_date.
func (l line) reviewed() object {
	day, clock, _ := strings.Cut(strings.TrimSuffix(l["last_review_date"], " UTC"), " ")
	return object{"createdAt": day + "T" + clock + "Z"}
}

func (l line) code(t *testing.T, column, enum string) any {
	if l[column] == "" {
		return nil
	}
	return code(t, enum, l[column])
}

func evidenceNode(t *testing.T, l line) object {
	return object{
		"id": l.number("evidence_id"), "status": "ACCEPTED", "flagged": l["is_flagged"] == "true",
		"molecularProfile": object{"id": l.number("molecular_profile_id"), "name": l["molecular_profile"]},
		"disease":          object{"name": l["disease"], "doid": l.text("doid")},
		"phenotypes":       l.named("phenotypes", "name", ","), "therapies": l.named("therapies", "name", ","),
		"therapyInteractionType": l.code(t, "therapy_interaction_type", "TherapyInteraction"),
		"evidenceType":           l.code(t, "evidence_type", "EvidenceType"),
		"evidenceDirection":      l.code(t, "evidence_direction", "EvidenceDirection"),
		"significance":           l.code(t, "significance", "EvidenceSignificance"),
		"variantOrigin":          l.code(t, "variant_origin", "VariantOrigin"),
		"evidenceLevel":          l["evidence_level"], "evidenceRating": l.number("rating"),
		"description": " " + strings.Replace(l["evidence_statement"], " ", " \n\t", 1), // squeezed by the server
		"source": object{
			"citationId": l["citation_id"], "sourceType": l.code(t, "source_type", "SourceSource"),
			"ascoAbstractId": l.text("asco_abstract_id"), "citation": l["citation"], "clinicalTrials": l.named("nct_ids", "nctId", ","),
		},
		"lastAcceptedRevisionEvent": l.reviewed(), "acceptanceEvent": nil, "rejectionEvent": nil,
		"submissionEvent": object{"createdAt": "2015-06-21T00:00:00Z"},
	}
}

func profileNode(_ *testing.T, l line) object {
	score, _ := strconv.ParseFloat(l["evidence_score"], 64)
	return object{
		"id": l.number("molecular_profile_id"), "name": l["name"], "description": l["summary"], "molecularProfileScore": score,
		"variants": l.ids("variant_ids"), "evidenceItems": object{"nodes": l.ids("evidence_item_ids")},
		"assertions": object{"nodes": l.ids("assertion_ids")}, "molecularProfileAliases": l.list("aliases", ", "),
		"flagged": l["is_flagged"] == "true", "lastAcceptedRevisionEvent": l.reviewed(),
		"complexMolecularProfileCreationActivity": nil, "variantCreationActivity": nil,
	}
}

func noRejected([]line) map[string][]object {
	return map[string][]object{"evidenceItems": {}, "assertions": {}}
}

func variantNode(t *testing.T, l line) object {
	node := object{
		"__typename": l["feature_type"] + "Variant", "id": l.number("variant_id"), "name": l["variant"],
		"variantAliases": l.list("variant_aliases", ","), "variantTypes": l.named("variant_types", "name", ","),
		"flagged":                         l["is_flagged"] == "true",
		"singleVariantMolecularProfileId": l.number("single_variant_molecular_profile_id"),
		"lastAcceptedRevisionEvent":       l.reviewed(), "creationActivity": nil,
	}
	instance := object{"__typename": l["feature_type"], "name": l["feature_name"], "entrezId": l.number("entrez_id")}
	if l["feature_type"] == "Fusion" {
		instance = object{"__typename": "Fusion", "name": l["feature_name"]}
		for prefix, key := range map[string]string{"5_prime": "fivePrime", "3_prime": "threePrime"} {
			instance[key+"PartnerStatus"] = strings.ToUpper(l[prefix+"_partner_status"])
			instance[key+"Gene"] = object{"name": l[prefix+"_partner"]}
		}
		exon := func(prefix, exon string) object {
			return object{
				"exon": l.number(prefix + exon), "exonOffset": l.number(prefix + "_exon_offset"),
				"exonOffsetDirection": nil, "representativeTranscript": l.text(prefix + "_transcript"),
			}
		}
		node["fivePrimeEndExonCoordinates"] = exon("5_prime", "_end_exon")
		node["threePrimeStartExonCoordinates"] = exon("3_prime", "_start_exon")
		node["viccCompliantName"] = l["vicc_compliant_name"]
	} else {
		node["coordinates"] = object{
			"chromosome": l["chromosome"], "start": l.number("start"), "stop": l.number("stop"),
			"referenceBases": l["reference_bases"], "variantBases": l["variant_bases"],
			"representativeTranscript": l["representative_transcript"], "ensemblVersion": l.number("ensembl_version"),
			"referenceBuild": code(t, "ReferenceBuild", l["reference_build"]),
		}
		node["alleleRegistryId"], node["clinvarIds"] = l.text("allele_registry_id"), l.list("clinvar_ids", ",")
		node["hgvsDescriptions"] = l.list("hgvs_descriptions", ",")
	}
	node["feature"] = object{
		"id": l.number("feature_id"), "name": l["feature_name"], "featureType": strings.ToUpper(l["feature_type"]),
		"featureInstance": instance,
	}
	return node
}

// variantLookups are the groups of the variants, and an accepted item or assertion for each.
func variantLookups(lines []line) map[string][]object {
	groups, items, claims := []object{}, []object{}, []object{}
	for i, l := range lines {
		variants := []object{{"id": l.number("variant_id")}}
		for _, name := range l.list("variant_groups", ",") {
			groups = append(groups, object{"id": len(groups) + 1, "name": name, "variants": object{"nodes": variants}})
		}
		record := object{"id": i + 1, "status": "ACCEPTED", "molecularProfile": object{"variants": variants}}
		if i == 0 {
			claims = append(claims, record)
		} else {
			items = append(items, record)
		}
	}
	return map[string][]object{"variantGroups": groups, "evidenceItems": items, "assertions": claims}
}
