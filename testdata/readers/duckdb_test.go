package readers

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
)

// duckDB opens a database in memory. Time stamps are shown in UTC, whatever
// the machine's zone.
func duckDB(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	for _, setting := range []string{"SET TimeZone = 'UTC'", "SET threads = 2"} {
		if _, err := db.Exec(setting); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// query reads a whole result in the order DuckDB gives it, which is that of
// the files.
func query(t *testing.T, db *sql.DB, statement string) *relation {
	t.Helper()
	out, err := queryErr(db, statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return out
}

func queryErr(db *sql.DB, statement string) (*relation, error) {
	out := &relation{}
	var err error
	if out.columns, err = describe(db, statement); err != nil {
		return nil, err
	}
	rows, err := db.Query(statement)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	values := make([]any, len(out.columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		if err := out.add(values); err != nil {
			return nil, err
		}
	}
	return out, rows.Err()
}

// describe gives the columns of a statement's result.
func describe(db *sql.DB, statement string) ([]column, error) {
	rows, err := db.Query("SELECT column_name, column_type FROM (DESCRIBE " + statement + ")")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []column
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.typ); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// fromParquet is the FROM item that reads a table from Parquet: one file, or the
// folder of its parts.
func fromParquet(path string, partitions []column) string {
	return fmt.Sprintf("read_parquet(%s%s)", literal(glob(path, "parquet")), hive(partitions))
}

// hive are the options for the partition columns, which only the paths hold:
// without types DuckDB would guess them.
func hive(partitions []column) string {
	if len(partitions) == 0 {
		return ", hive_partitioning = false"
	}
	return ", hive_partitioning = true, hive_types = " + fields(partitions)
}

// fromNDJSON is the FROM item that reads a table from NDJSON with the types it
// should have.
func fromNDJSON(path, ending string, columns, partitions []column) string {
	return fmt.Sprintf("read_json(%s, format = 'newline_delimited', columns = %s, maximum_object_size = 67108864%s)",
		literal(glob(path, ending)), fields(columns), hive(partitions))
}

// fromTSV is the FROM item that reads a table from TSV. Null is an empty field, an
// empty string a quoted one: allow_quoted_nulls keeps them apart.
func fromTSV(path, ending string, columns, partitions []column) string {
	return fmt.Sprintf("read_csv(%s, delim = '\t', header = true, quote = '\"', escape = '\"', nullstr = '', "+
		"allow_quoted_nulls = false, auto_detect = false, columns = %s, max_line_size = 67108864%s)",
		literal(glob(path, ending)), fields(columns), hive(partitions))
}

// glob is the file itself, or every part under the folder.
func glob(path, ending string) string {
	if isDir(path) {
		return path + "/**/*." + ending
	}
	return path
}

// fields is a DuckDB struct literal of column names and types.
func fields(columns []column) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = literal(c.name) + ": " + literal(c.typ)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func identifier(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
