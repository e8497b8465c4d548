package readers

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

const alkNodes = "alk-evidence-graphql-2025-10.ndjson.gz"

// alk restates specs/alk.yaml.
func alk(table string, parted ...string) wanted {
	return wanted{table: table, parted: parted, columns: []wantedColumn{
		col("id", "BIGINT", "id"),
		col("status", "VARCHAR", "status"),
		col("status_label", "VARCHAR", "status").as(labelled),
		col("significance", "VARCHAR", "significance"),
		col("significance_label", "VARCHAR", "significance").as(labelled),
		col("evidence_type", "VARCHAR", "evidenceType"),
		col("evidence_type_label", "VARCHAR", "evidenceType").as(labelled),
		col("evidence_level", "VARCHAR", "evidenceLevel"),
		col("rating", "BIGINT", "evidenceRating"),
		col("rating_32", "INTEGER", "evidenceRating"),
		col("evidence_direction", "VARCHAR", "evidenceDirection"),
		col("direction_label", "VARCHAR", "evidenceDirection").as(labelled),
		col("statement", "VARCHAR", "description"),
		col("molecular_profile_id", "BIGINT", "molecularProfile.id"),
		col("molecular_profile", "VARCHAR", "molecularProfile.name"),
		col("variants", "VARCHAR[]", "molecularProfile.variants.name"),
		col("features", "VARCHAR[]", "molecularProfile.variants.feature.name").as(distinct),
		col("allele_registry_ids", "VARCHAR[]", "molecularProfile.variants.GeneVariant.alleleRegistryId"),
		col("therapies", "VARCHAR[]", "therapies.name"),
		col("therapy_names", "VARCHAR", "therapies.name").as(joined("; ")),
		col("therapy_count", "BIGINT", "therapies.name").as(count),
		col("therapy_json", "VARCHAR", "therapies.name").as(asJSON),
		col("first_therapy", "VARCHAR", "therapies.name").as(first),
		col("ncit_ids", "VARCHAR[]", "therapies.ncitId"),
		col("doid", "VARCHAR", "disease.doid"),
		col("disease", "VARCHAR", "disease.name"),
		col("disease_aliases", "VARCHAR[]", "disease.diseaseAliases"),
		col("asco_abstract_id", "BIGINT", "source.ascoAbstractId"),
		col("citation_id", "VARCHAR", "source.citationId"),
		col("pmc_id", "VARCHAR", "source.pmcId"),
		col("source_type", "VARCHAR", "source.sourceType"),
		col("source_label", "VARCHAR", "source.sourceType").as(labelled),
		col("title", "VARCHAR", "source.title"),
		col("publication_year", "BIGINT", "source.publicationYear"),
		computed("url", "VARCHAR", func(row object) any {
			return fmt.Sprintf("https://civicdb.org/links/evidence_items/%d", integer(row["id"]))
		}),
	}}
}

// realJobs run the main job over the 146 nodes that CIViC itself returned:
// every value of every column is compared with them.
func realJobs() []job {
	flags := func(t *testing.T) []string {
		return []string{"--demo-nodes", "evidenceItems=" + sharedFile(t, alkNodes)}
	}
	nodes := func(t *testing.T) []object {
		all := readNodes(t, sharedFile(t, alkNodes))
		if len(all) != 146 {
			t.Fatalf("%d nodes", len(all))
		}
		return all
	}
	return []job{
		{"alk.yaml", flags, nodes, []wanted{alk("alk")}},
		{"alk_parted.yaml", flags, nodes, []wanted{alk("alk_parted", "evidence_level", "disease")}},
	}
}

// readNodes reads the nodes of an NDJSON file, gzipped or not, sorted by id.
func readNodes(t *testing.T, path string) []object {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var from io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if from, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 64<<20)
	var nodes []object
	for lines.Scan() {
		var n object
		if err := decode(lines.Bytes(), &n); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		nodes = append(nodes, n)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	sortByID(nodes)
	return nodes
}
