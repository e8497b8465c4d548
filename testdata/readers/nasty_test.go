package readers

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// texts are what a careless writer, escaper or reader would change. Each is a
// statement, an alias, a therapy's name and, where it may be, a partition.
var texts = []string{
	"plain",
	"",
	" ",
	"tab\tand\ttabs\t",
	"line\nbreak",
	"carriage\rreturn",
	"both\r\n",
	"\r",
	"\n",
	"\t",
	` "quoted" `,
	`"`,
	`""`,
	`a "" b`,
	"back\\slash\\",
	`\N`,
	`\t`,
	"NULL",
	"null",
	"NA",
	"NaN",
	"true",
	"1",
	"-0",
	"1e5",
	"2015-06-21",
	"a,b;c|d",
	"#comment",
	"<b>&amp;</b>",
	"bell\x07 escape\x1b unit\x1f delete\x7f",
	"next\u0085line separators\u2028\u2029",
	"\ufeffbyte order mark",
	"emoji \U0001f9ec\U0001f468\u200d\U0001f52c and café and cafe\u0301",
	"rtl \u05d0\u05d1 \u202eflip",
	"nonbreaking\u00a0space",
	"replacement \ufffd highest \U0010ffff private \ue000",
	" leading and trailing ",
	"a/b/../c",
	"..",
	".",
	"_hidden",
	".hidden",
	"a=b",
	"100%",
	"%41",
	"a+b c",
	"{x}[y]^z",
	"c:\\d*?",
	"'single'",
	"__HIVE_DEFAULT_PARTITION__x", "__HIVE_DEFAULT_PARTITION__",
	"ünïcode/Ångström",
	"trailing dot.",
	"A",
	"a",
	strings.Repeat("long ", 40),
}

// nastyNodes are evidence items made of the texts, with every shape of null,
// empty and repeated list, and numbers and times at the edges of their types.
func nastyNodes() []object {
	var nodes []object
	for i, text := range texts {
		nodes = append(nodes, nastyNode(i+1, text))
	}
	long := nastyNode(len(texts)+1, "very long")
	long["description"] = strings.Repeat("a \"long\"\tstatement\n", 100_000)
	return append(nodes, long)
}

func nastyNode(id int, text string) object {
	return object{
		"__typename":     "EvidenceItem",
		"id":             id * 7, // gaps, as real ids have
		"status":         pick(id, "ACCEPTED", "SUBMITTED", "REJECTED"),
		"description":    text,
		"evidenceLevel":  pick(id, "A", "B", "C", "D", "E"),
		"significance":   pick(id, "SENSITIVITYRESPONSE", "NA", "POOR_OUTCOME", "GAIN_OF_FUNCTION"),
		"evidenceRating": pick[any](id, nil, 1, 2, 3, 4, 5),
		"flagged":        id%2 == 0,
		"molecularProfile": object{
			"id":                    id,
			"molecularProfileScore": pick(id, 0.1, 1e300, 5e-324, -0.5, 123456789.125, 2.0/3),
			"variants":              nastyVariants(id),
		},
		"acceptanceEvent": pick[any](id, nil,
			object{"createdAt": "2015-06-21T00:00:00Z"},
			object{"createdAt": "1969-12-31T23:59:59Z"},
			object{"createdAt": "2024-02-29T12:34:56.123456Z"},
			object{"createdAt": "2262-12-31T23:59:59Z"}),
		"disease":   nastyDisease(id, text),
		"therapies": nastyTherapies(id, text),
		"source": object{
			"publicationDate": pick[any](id, nil, "2015-06-21", "1969-12-31", "2024-02-29"),
			"clinicalTrials":  pick[any](id, nil, []any{}, []any{object{"nctId": text}}),
		},
	}
}

func nastyVariants(id int) []any {
	gene := object{"__typename": "GeneVariant", "id": id,
		"coordinates":               pick[any](id, nil, object{"start": 2147483647}, object{"start": nil}),
		"openCravatAnnotations":     pick[any](id, nil, object{"deep": []any{1, nil, "x\ty"}}, []any{}, "text", 12.5),
		"myVariantInfo":             pick[any](id, nil, object{"gnomadExomeAlleleFrequency": 0.00025}),
		"lastAcceptedRevisionEvent": pick[any](id, nil, object{"createdAt": "2020-01-01T00:00:00Z"}),
	}
	fusion := object{"__typename": "FusionVariant", "id": id + 1000, "lastAcceptedRevisionEvent": nil}
	return pick(id, []any{gene, fusion}, []any{}, []any{fusion}, []any{gene, gene})
}

func nastyDisease(id int, text string) any {
	if id%11 == 0 {
		return nil
	}
	return object{
		"name": text,
		"doid": pick[any](id, "0050905", nil, ""),
		"diseaseAliases": pick(id, []any{}, []any{text, "other"}, []any{""}, []any{"twice", text, "twice", ""},
			[]any{"a,b", "c;d|e"}),
	}
}

func nastyTherapies(id int, text string) []any {
	one := object{"id": 100 + id, "name": text, "ncitId": pick[any](id, nil, "C1", ""), "deprecated": id%3 == 0,
		"therapyAliases": pick(id, []any{}, []any{text, text}, []any{"x"})}
	two := object{"id": 900 + id, "name": "second", "ncitId": nil, "deprecated": false, "therapyAliases": []any{}}
	return pick(id, []any{}, []any{one}, []any{one, two}, []any{two, one, two})
}

// pick takes turns, at a pace that differs with the number of values.
func pick[T any](i int, values ...T) T { return values[i%len(values)] }

var writeNasty = sync.OnceValues(func() (string, error) {
	path := filepath.Join(shared, "nasty.ndjson")
	var b strings.Builder
	for _, n := range nastyNodes() {
		text, err := marshal(n)
		if err != nil {
			return "", err
		}
		b.WriteString(text + "\n")
	}
	return path, os.WriteFile(path, []byte(b.String()), 0o600)
})

func nastyFile(t *testing.T) string {
	t.Helper()
	path, err := writeNasty()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// seal makes the values of the JSON type opaque.
func seal(nodes []object) []object {
	for _, n := range nodes {
		for _, v := range n["molecularProfile"].(object)["variants"].([]any) {
			if data := v.(object)["openCravatAnnotations"]; data != nil {
				v.(object)["openCravatAnnotations"] = opaque{data}
			}
		}
	}
	return nodes
}

// nasty restates specs/nasty.yaml.
func nasty(table string, parted ...string) wanted {
	const variants = "molecularProfile.variants"
	w := wanted{table: table, parted: parted, columns: []wantedColumn{
		col("id", "BIGINT", "id"),
		col("statement", "VARCHAR", "description"),
		col("level", "VARCHAR", "evidenceLevel"),
		col("significance", "VARCHAR", "significance").as(labelled),
		col("rating", "INTEGER", "evidenceRating"),
		col("flagged", "BOOLEAN", "flagged"),
		col("score", "DOUBLE", "molecularProfile.molecularProfileScore"),
		col("accepted_at", "TIMESTAMP WITH TIME ZONE", "acceptanceEvent.createdAt"),
		col("accepted_on", "DATE", "source.publicationDate"),
		col("disease", "VARCHAR", "disease.name"),
		col("doid", "VARCHAR", "disease.doid"),
		col("aliases", "VARCHAR[]", "disease.diseaseAliases"),
		col("alias_text", "VARCHAR", "disease.diseaseAliases").as(joined("|")),
		col("alias_json", "VARCHAR", "disease.diseaseAliases").as(asJSON),
		col("alias_count", "BIGINT", "disease.diseaseAliases").as(count),
		col("first_alias", "VARCHAR", "disease.diseaseAliases").as(first),
		col("distinct_aliases", "VARCHAR[]", "disease.diseaseAliases").as(distinct),
		col("therapies", "VARCHAR[]", "therapies.name"),
		col("ncit_ids", "VARCHAR[]", "therapies.ncitId"),
		col("therapy_flags", "BOOLEAN[]", "therapies.deprecated"),
		col("therapy_ids", "BIGINT[]", "therapies.id"),
		col("trials", "VARCHAR[]", "source.clinicalTrials.nctId"),
		col("starts", "BIGINT[]", variants+".GeneVariant.coordinates.start"),
		col("annotations", "VARCHAR[]", variants+".GeneVariant.openCravatAnnotations").as(eachJSON),
		col("allele_frequencies", "DOUBLE[]", variants+".GeneVariant.myVariantInfo.gnomadExomeAlleleFrequency"),
		col("revisions", "TIMESTAMP WITH TIME ZONE[]", variants+".lastAcceptedRevisionEvent.createdAt"),
		computed("starred", "BOOLEAN", func(row object) any { return row["rating"] != nil && integer(row["rating"]) >= 4 }),
		computed("double_id", "BIGINT", func(row object) any { return integer(row["id"]) * 2 }),
	}}
	if len(parted) == 0 {
		w.keep = func(row object) bool { return row["rating"] == nil || integer(row["rating"]) != 1 }
	}
	return w
}

// eachJSON is a list of JSON values as a list of their compact texts.
func eachJSON(v any, _ bool) any {
	list, ok := v.([]any)
	if !ok {
		return nil
	}
	out := make([]any, len(list))
	for i, e := range list {
		out[i] = asJSON(e, false)
	}
	return out
}

func nastyTables() []wanted {
	return []wanted{
		{table: "evidence", columns: []wantedColumn{
			col("id", "BIGINT", "id"),
			col("statement", "VARCHAR", "description"),
			col("therapies", "VARCHAR[]", "therapies.name"),
		}},
		{table: "evidence_therapies", rows: "therapies", columns: []wantedColumn{
			col("evidence_id", "BIGINT", "id"),
			col("therapy_id", "BIGINT", "therapies.id"),
			col("therapy", "VARCHAR", "therapies.name"),
			col("ncit_id", "VARCHAR", "therapies.ncitId"),
			col("aliases", "VARCHAR[]", "therapies.therapyAliases"),
			col("all_therapies", "BIGINT", "disease.diseaseAliases").as(count),
		}},
		{table: "evidence_therapies_outer", rows: "therapies", outer: true, columns: []wantedColumn{
			col("evidence_id", "BIGINT", "id"),
			col("statement", "VARCHAR", "description"),
			col("therapy", "VARCHAR", "therapies.name"),
			col("aliases", "VARCHAR[]", "therapies.therapyAliases"),
		}},
		{table: "evidence_aliases", rows: "disease.diseaseAliases", parted: []string{"disease"}, columns: []wantedColumn{
			col("evidence_id", "BIGINT", "id"),
			col("disease", "VARCHAR", "disease.name"),
			col("alias", "VARCHAR", "disease.diseaseAliases"),
		}, keep: func(row object) bool { return row["alias"] != "" }},
	}
}

// nastyJobs carry the hard nodes through every column type, list mode and kind
// of table.
func nastyJobs() []job {
	flags := func(t *testing.T) []string { return []string{"--demo-nodes", "evidenceItems=" + nastyFile(t)} }
	nodes := func(t *testing.T) []object { return seal(readNodes(t, nastyFile(t))) }
	return []job{
		{"nasty.yaml", flags, nodes, []wanted{nasty("nasty")}},
		{"nasty_parted.yaml", flags, nodes, []wanted{nasty("nasty_parted", "disease")}},
		{"nasty_tables.yaml", flags, nodes, nastyTables()},
	}
}
