package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2"
)

// recordType is a record as DuckDB's JSON reader is told it: with the types
// given it has nothing to guess.
const recordType = `id BIGINT, status VARCHAR, evidenceLevel VARCHAR, evidenceType VARCHAR, evidenceDirection VARCHAR,
	significance VARCHAR, evidenceRating BIGINT, variantOrigin VARCHAR, therapyInteractionType VARCHAR,
	flagged BOOLEAN, openRevisionCount BIGINT, description VARCHAR,
	molecularProfile STRUCT(id BIGINT, name VARCHAR, molecularProfileScore DOUBLE, variants STRUCT(name VARCHAR)[]),
	disease STRUCT(id BIGINT, name VARCHAR, doid VARCHAR, diseaseAliases VARCHAR[]),
	therapies STRUCT(name VARCHAR)[], phenotypes STRUCT(hpoId VARCHAR)[],
	source STRUCT(id BIGINT, citationId VARCHAR, citation VARCHAR, sourceType VARCHAR, title VARCHAR, publicationYear BIGINT),
	submissionEvent STRUCT(createdAt TIMESTAMPTZ), acceptanceEvent STRUCT(createdAt TIMESTAMPTZ)`

// flattened is evidence.yaml in SQL, from a relation of records; %s is what
// becomes of a list.
const flattened = `SELECT id, status, evidenceLevel AS evidence_level, evidenceType AS evidence_type,
	evidenceDirection AS evidence_direction, significance, evidenceRating AS rating, variantOrigin AS variant_origin,
	therapyInteractionType AS interaction, flagged, openRevisionCount AS open_revisions, description AS statement,
	molecularProfile.id AS profile_id, molecularProfile.name AS profile, molecularProfile.molecularProfileScore AS score,
	%s(molecularProfile.variants.list_transform(lambda v: v.name)) AS variants,
	disease.id AS disease_id, disease.name AS disease, disease.doid AS doid, %[1]s(disease.diseaseAliases) AS disease_aliases,
	%[1]s(therapies.list_transform(lambda t: t.name)) AS therapies, %[1]s(phenotypes.list_transform(lambda p: p.hpoId)) AS phenotypes,
	source.id AS source_id, source.citationId AS citation_id, source.citation AS citation, source.sourceType AS source_type,
	source.title AS title, source.publicationYear AS year, submissionEvent.createdAt AS submitted_at,
	acceptanceEvent.createdAt AS accepted_at FROM (%[2]s)`

// fromRecords reads the records as they are, one a line.
func fromRecords(path string) string {
	return fmt.Sprintf("SELECT * FROM read_json(%s, format = 'newline_delimited', columns = {%s})",
		literal(path), columns(recordType))
}

// fromPages reads the recorded answers and unnests the records.
func fromPages(folder string) string {
	return fmt.Sprintf("SELECT unnest(data.evidenceItems.nodes, max_depth := 2) FROM read_json(%s, format = 'unstructured', "+
		"maximum_object_size = 16777216, columns = {data: 'STRUCT(evidenceItems STRUCT(nodes STRUCT(%s)[]))'})",
		literal(folder+"/*.json"), recordType)
}

// columns turns a list of struct fields into the columns of read_json.
func columns(fields string) string {
	var out []string
	depth, start := 0, 0
	for i, c := range fields + "," {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			name, typ, _ := strings.Cut(strings.TrimSpace(fields[start:i]), " ")
			out = append(out, name+": "+literal(typ))
			start = i + 1
		}
	}
	return strings.Join(out, ", ")
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// query is the whole statement that flattens a source into a format.
func query(format, from string) string {
	list := ""
	if format == "tsv" {
		list = "commas"
	}
	return fmt.Sprintf(flattened, list, from)
}

// duck flattens with DuckDB: this program's child process, so that its time and
// memory are measured as civic-etl's are.
func duck(format, from, out string) error {
	db, err := openDuck()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	options := map[string]string{
		"parquet": "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 122880",
		"ndjson":  "FORMAT json",
		"tsv":     `FORMAT csv, DELIMITER '\t', HEADER`,
	}
	if _, err = db.Exec(fmt.Sprintf("COPY (%s) TO %s (%s)", query(format, from), literal(out), options[format])); err != nil {
		return err
	}
	return syncFile(out)
}

// syncFile makes DuckDB's file as durable as civic-etl's is when it is published.
func syncFile(name string) error {
	for _, path := range []string{name, filepath.Dir(name)} {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

func openDuck() (*sql.DB, error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	for _, setting := range []string{
		"SET threads = 2", "SET TimeZone = 'UTC'",
		"CREATE MACRO commas(list) AS array_to_string(list, ',')",
	} {
		if _, err := db.Exec(setting); err != nil {
			return nil, err
		}
	}
	return db, nil
}
