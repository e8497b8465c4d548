package readers

import (
	"testing"
)

// evidence restates specs/evidence.yaml.
func evidence(table string, parted ...string) wanted {
	const variants = "molecularProfile.variants"
	return wanted{table: table, parted: parted, columns: []wantedColumn{
		col("id", "BIGINT", "id"),
		col("status", "VARCHAR", "status").as(labelled),
		col("level", "VARCHAR", "evidenceLevel"),
		col("type", "VARCHAR", "evidenceType"),
		col("significance", "VARCHAR", "significance").as(labelled),
		col("rating", "BIGINT", "evidenceRating"),
		col("flagged", "BOOLEAN", "flagged"),
		col("statement", "VARCHAR", "description"),
		col("profile_id", "BIGINT", "molecularProfile.id"),
		col("profile", "VARCHAR", "molecularProfile.name"),
		col("score", "DOUBLE", "molecularProfile.molecularProfileScore"),
		col("variant_ids", "BIGINT[]", variants+".id"),
		col("variants", "VARCHAR[]", variants+".name"),
		col("features", "VARCHAR[]", variants+".feature.name").as(distinct),
		col("starts", "BIGINT[]", variants+".GeneVariant.coordinates.start"),
		col("entrez_ids", "BIGINT[]", variants+".feature.featureInstance.Gene.entrezId"),
		col("disease", "VARCHAR", "disease.name"),
		col("doid", "VARCHAR", "disease.doid"),
		col("disease_aliases", "VARCHAR[]", "disease.diseaseAliases"),
		col("therapies", "VARCHAR[]", "therapies.name"),
		col("ncit_ids", "VARCHAR[]", "therapies.ncitId"),
		col("interaction", "VARCHAR", "therapyInteractionType"),
		col("phenotypes", "VARCHAR[]", "phenotypes.hpoId"),
		col("citation_id", "VARCHAR", "source.citationId"),
		col("year", "INTEGER", "source.publicationYear"),
		col("trials", "VARCHAR[]", "source.clinicalTrials.nctId"),
		col("submitted_at", "TIMESTAMP WITH TIME ZONE", "submissionEvent.createdAt"),
		col("accepted_at", "TIMESTAMP WITH TIME ZONE", "acceptanceEvent.createdAt"),
	}}
}

func groups() []wanted {
	return []wanted{
		{table: "groups", shuffle: true, columns: []wantedColumn{
			col("id", "BIGINT", "id"),
			col("name", "VARCHAR", "name"),
			col("description", "VARCHAR", "description"),
			col("variant_ids", "BIGINT[]", "variants.id"),
			col("members", "BIGINT", "variants.id").as(count),
			col("chromosomes", "VARCHAR[]", "variants.GeneVariant.coordinates.chromosome").as(distinct),
			col("flagged", "BOOLEAN", "flagged"),
		}},
		{table: "members", rows: "variants", shuffle: true, columns: []wantedColumn{
			col("group_id", "BIGINT", "id"),
			col("variant_id", "BIGINT", "variants.id"),
			col("variant", "VARCHAR", "variants.name"),
			col("kind", "VARCHAR", "variants.__typename"),
			col("chromosome", "VARCHAR", "variants.GeneVariant.coordinates.chromosome"),
			col("aliases", "VARCHAR[]", "variants.variantAliases"),
		}},
	}
}

func variants() []wanted {
	return []wanted{{table: "variants", parted: []string{"kind"}, columns: []wantedColumn{
		col("id", "BIGINT", "id"),
		col("kind", "VARCHAR", "__typename"),
		col("name", "VARCHAR", "name"),
		col("feature", "VARCHAR", "feature.name"),
		col("entrez_id", "BIGINT", "feature.featureInstance.Gene.entrezId"),
		col("aliases", "VARCHAR[]", "variantAliases"),
		col("types", "VARCHAR[]", "variantTypes.name"),
		col("clinvar_ids", "VARCHAR[]", "GeneVariant.clinvarIds"),
		col("hgvs", "VARCHAR[]", "GeneVariant.hgvsDescriptions"),
		col("build", "VARCHAR", "GeneVariant.coordinates.referenceBuild").as(labelled),
		col("chromosome", "VARCHAR", "GeneVariant.coordinates.chromosome"),
		col("start", "BIGINT", "GeneVariant.coordinates.start"),
		col("flagged", "BOOLEAN", "flagged"),
	}}}
}

// demoJobs run over the demo API's own data; what they must give is fetched
// from the same API by the test's own paging.
func demoJobs() []job {
	all := from("evidenceItems", "status: ALL", "evidence.graphql")
	return []job{
		{"evidence.yaml", nil, all, []wanted{evidence("evidence")}},
		{"evidence_parted.yaml", nil, all, []wanted{evidence("evidence_parted", "level", "rating")}},
		{"evidence_split.yaml", nil, all, []wanted{evidence("evidence_split")}},
		{"variants.yaml", nil, from("variants", "", "variants.graphql"), variants()},
		{"variant_groups.yaml", nil, wholeGroups, groups()},
	}
}

// fetched keeps what was fetched: several jobs start from the same nodes.
var fetched = map[string][]object{}

func from(connection, args, selection string) func(t *testing.T) []object {
	return func(t *testing.T) []object {
		t.Helper()
		key := connection + args
		if fetched[key] == nil {
			fetched[key] = fetch(t, demoAPI(t), connection, args, selection)
		}
		return fetched[key]
	}
}

// wholeGroups are the variant groups with all pages of their members.
func wholeGroups(t *testing.T) []object {
	t.Helper()
	nodes := from("variantGroups", "", "variant_groups.graphql")(t)
	if fetched["whole groups"] != nil {
		return nodes
	}
	paged := false
	for _, n := range nodes {
		members := n["variants"].(object)
		for {
			info := members["pageInfo"].(object)
			if info["hasNextPage"] != true {
				break
			}
			paged = true
			more := ask(t, demoAPI(t), `query($id: Int!, $after: String) { variantGroup(id: $id) {
				variants(first: 100, after: $after) { pageInfo { hasNextPage endCursor }
				nodes { __typename id name variantAliases ... on GeneVariant { coordinates { chromosome } } } } } }`,
				object{"id": n["id"], "after": info["endCursor"]})["variantGroup"].(object)["variants"].(object)
			members["nodes"] = append(members["nodes"].([]any), more["nodes"].([]any)...)
			members["pageInfo"] = more["pageInfo"]
		}
	}
	if !paged {
		t.Fatal("no group of the demo data has more than 100 members, so nested paging is not tested")
	}
	fetched["whole groups"] = nodes
	return nodes
}
