package readers

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestFilters compares random expressions over random records with DuckDB: as computed columns, whose values can be
// null, and as filters, which keep rows. CIVIC_ETL_SEEDS is how many sets are tried.
func TestFilters(t *testing.T) {
	seeds := 2
	if n, err := strconv.Atoi(os.Getenv("CIVIC_ETL_SEEDS")); err == nil {
		seeds = n
	}
	for seed := range seeds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			compareFilters(t, &drawing{rand.New(rand.NewPCG(uint64(seed), 17))})
		})
	}
}

const (
	computedColumns = 150
	filteredTables  = 30
)

func compareFilters(t *testing.T, d *drawing) {
	dir := t.TempDir()
	nodes := filepath.Join(dir, "nodes.ndjson")
	writeLines(t, nodes, d.records(300))
	base := object{"id": "id", "rating": "evidenceRating", "tit": "therapyInteractionType", "statement": "description",
		"flagged": "flagged", "score": "molecularProfile.molecularProfileScore", "disease_id": "disease.id",
		"name": "disease.name", "doid": "disease.doid", "aliases": "disease.diseaseAliases",
		"names": "therapies.name", "codes": "therapies.ncitId", "ids": "therapies.id", "accepted": "acceptanceEvent.createdAt"}
	columns, computed := object{}, map[string]translated{}
	for name, path := range base {
		columns[name] = path
	}
	for i := range computedColumns {
		name := fmt.Sprintf("f%d", i)
		computed[name] = d.truth(3)
		columns[name] = object{"expr": computed[name].expr}
	}
	tables, filters := object{"base": object{"columns": columns, "key": []string{"id"}}}, map[string]translated{}
	for i := range filteredTables {
		name := fmt.Sprintf("k%d", i)
		filters[name] = d.truth(4)
		tables[name] = object{"columns": base, "key": []string{"id"}, "filter": filters[name].expr}
	}
	spec, err := json.Marshal(object{"version": 1, "name": "filters", "tables": tables, "load": object{"to": "out/filters"},
		"extract": object{"from": "evidenceItems", "args": object{"status": "ALL"}}})
	if err != nil {
		t.Fatal(err)
	}
	file, out := filepath.Join(dir, "filters.yaml"), filepath.Join(dir, "out")
	if err := os.WriteFile(file, spec, 0o666); err != nil {
		t.Fatal(err)
	}
	runSpec(t, file, out, "--demo", "--demo-nodes", "evidenceItems="+nodes)

	db := duckDB(t)
	from := fromParquet(filepath.Join(out, "base.parquet"), nil)
	for name, f := range computed {
		wrong := query(t, db, fmt.Sprintf(`SELECT id, %s AS ours, (%s) AS theirs FROM %s WHERE ours IS DISTINCT FROM theirs`, name, f.sql, from))
		if len(wrong.rows) > 0 {
			t.Errorf("%s\n%s\n[id, civic-etl, DuckDB]: %s", f.expr, f.sql, wrong.rows[0])
		}
	}
	for name, f := range filters {
		kept := fromParquet(filepath.Join(out, name+".parquet"), nil)
		wrong := query(t, db, fmt.Sprintf(`SELECT id FROM %s WHERE %s EXCEPT SELECT id FROM %s UNION ALL (SELECT id FROM %s EXCEPT SELECT id FROM %s WHERE %s)`,
			from, f.sql, kept, kept, from, f.sql))
		if len(wrong.rows) > 0 {
			t.Errorf("filter %s\n%s\nid %s is kept by one of them only", f.expr, f.sql, wrong.rows[0])
		}
	}
}

// translated is one expression in both languages.
type translated struct{ expr, sql string }

// drawing draws records and expressions.
type drawing struct{ *rand.Rand }

func draw[T any](d *drawing, from ...T) T { return from[d.IntN(len(from))] }

// words are texts of records and of expressions. Some have characters of several bytes.
var words = []string{"", "A", "a", "B", "β-catenin", "naïve", "😀 ok", " x ", "C0", "C1", "AB", "O'Neil", "100%", "a_b"}

func (d *drawing) word() any { return draw[any](d, nil, draw(d, words...), draw(d, words...)) }

func (d *drawing) records(n int) []object {
	var nodes []object
	for id := 1; id <= n; id++ {
		therapies := []any{}
		for i := range d.IntN(4) {
			therapies = append(therapies, object{"id": d.IntN(9), "name": draw(d, words...), "ncitId": draw[any](d, nil, "C0", "C1"),
				"deprecated": i%2 == 0, "therapyAliases": []any{}})
		}
		var disease any
		if d.IntN(4) > 0 {
			aliases := []any{}
			for range d.IntN(3) {
				aliases = append(aliases, draw(d, words...))
			}
			disease = object{"id": d.IntN(20) - 5, "name": draw(d, words...), "doid": d.word(), "diseaseAliases": aliases}
		}
		nodes = append(nodes, object{"__typename": "EvidenceItem", "id": id, "status": "ACCEPTED", "description": draw(d, words...),
			"evidenceRating": draw[any](d, nil, 1, 2, 3, 4, 5), "flagged": d.IntN(2) == 0, "disease": disease, "therapies": therapies,
			"therapyInteractionType": draw[any](d, nil, "COMBINATION", "SEQUENTIAL", "SUBSTITUTES"),
			"molecularProfile":       object{"id": id, "molecularProfileScore": draw(d, 0, 0.5, 2, 2.5, -1.25, 7)},
			"acceptanceEvent": draw[any](d, nil, object{"createdAt": "2015-06-21T00:00:00Z"}, object{"createdAt": "1969-12-31T23:59:59Z"},
				object{"createdAt": "2024-02-29T12:34:56Z"})})
	}
	return nodes
}

// both writes parts of an expression in both languages; %1 is the first part, and so on.
func both(expr, sql string, parts ...translated) translated {
	for i, part := range parts {
		mark := "%" + strconv.Itoa(i+1)
		expr, sql = strings.ReplaceAll(expr, mark, part.expr), strings.ReplaceAll(sql, mark, part.sql)
	}
	return translated{"(" + expr + ")", "(" + sql + ")"}
}

func named(name string) translated { return translated{name, name} }

func text(s string) translated {
	return translated{strings.ReplaceAll(strconv.Quote(s), "%", `\x25`), "'" + strings.ReplaceAll(strings.ReplaceAll(s, "'", "''"), "%", `'||chr(37)||'`) + "'"}
}

func whole(n int) translated { return translated{strconv.Itoa(n), strconv.Itoa(n) + "::BIGINT"} }

func (d *drawing) truth(depth int) translated {
	if depth == 0 {
		return draw(d, named("flagged"), both("%1 == nil", "%1 IS NULL", d.column()), both("%1 != nil", "%1 IS NOT NULL", d.column()),
			both("rating > 3", "rating > 3"), both(`tit == "COMBINATION"`, `tit = 'COMBINATION'`))
	}
	depth--
	switch d.IntN(11) {
	case 0:
		return both("%1 && %2", "%1 AND %2", d.truth(depth), d.truth(depth))
	case 1:
		return both("%1 || %2", "%1 OR %2", d.truth(depth), d.truth(depth))
	case 2:
		return both("not %1", "NOT %1", d.truth(depth))
	case 3:
		return both("%1 ? %2 : %3", "CASE WHEN %1 THEN %2 ELSE %3 END", d.truth(depth), d.truth(depth), d.truth(depth))
	case 4:
		return both("%1 ?? %2", "coalesce(%1, %2)", d.truth(depth), d.truth(depth))
	case 5:
		return d.compared(depth)
	case 6:
		return d.tested(depth)
	case 7:
		return d.among(depth)
	case 8:
		return d.quantified(depth)
	case 9:
		moment := draw(d, both(`date("2015-06-21")`, `TIMESTAMPTZ '2015-06-21 00:00:00+00'`), named("accepted"))
		op := draw(d, "<", "<=", ">=", ">")
		return both("accepted "+op+" %1", "accepted "+op+" %1", moment)
	}
	return d.truth(0)
}

func (d *drawing) column() translated {
	return named(draw(d, "rating", "tit", "disease_id", "name", "doid", "aliases", "accepted", "score"))
}

func (d *drawing) compared(depth int) translated {
	ops := [][2]string{{"==", "="}, {"!=", "<>"}, {"<", "<"}, {"<=", "<="}, {">", ">"}, {">=", ">="}}
	op := draw(d, ops...)
	a, b := d.number(depth), d.number(depth)
	if d.IntN(2) == 0 {
		a, b = d.text(depth), d.text(depth)
	}
	return both("%1 "+op[0]+" %2", "%1 "+op[1]+" %2", a, b)
}

func (d *drawing) tested(depth int) translated {
	a, b := d.text(depth), d.text(depth)
	switch d.IntN(5) {
	case 0:
		return both("%1 startsWith %2", "starts_with(%1, %2)", a, b)
	case 1:
		return both("%1 endsWith %2", "ends_with(%1, %2)", a, b)
	case 2:
		return both("%1 not contains %2", "NOT contains(%1, %2)", a, b)
	case 3:
		pattern := text(draw(d, "^A", "^.-cat", "ï", "^.$", "[0-9]+", "ok$"))
		return both("%1 matches %2", "regexp_matches(%1, %2)", a, pattern)
	}
	return both("%1 contains %2", "contains(%1, %2)", a, b)
}

// among is in or not in: a list of literals, a list column, a range.
func (d *drawing) among(depth int) translated {
	not := draw(d, "", "not ")
	sqlNot := strings.ToUpper(not)
	switch d.IntN(4) {
	case 0:
		list := both("[%1, %2]", "%1, %2", whole(d.IntN(6)), draw(d, whole(d.IntN(6)), translated{"nil", "NULL"}))
		list.expr = list.expr[1 : len(list.expr)-1]
		return both("%1 "+not+"in %2", "%1 "+sqlNot+"IN %2", d.integer(depth), list)
	case 1:
		list := d.texts(depth)
		return both("%1 "+not+"in %2", sqlNot+"(CASE WHEN %2 IS NULL THEN NULL ELSE %1 = ANY (SELECT unnest(%2)) END)",
			draw(d, named("name"), named("doid"), text(draw(d, words...))), list)
	case 2:
		return both("%1 "+not+"in 2..4", "%1 "+sqlNot+"BETWEEN 2 AND 4", d.integer(depth))
	}
	return both("%1 "+not+"in [%2, %3]", "%1 "+sqlNot+"IN (%2, %3)", d.text(depth), text(draw(d, words...)), text(draw(d, words...)))
}

// quantified is a truth about the elements of a list.
func (d *drawing) quantified(depth int) translated {
	list := d.texts(depth)
	predicate := d.element()
	values := both("", "list_transform(%1, e -> %2)", list, predicate)
	has := func(v string) string {
		return "len(list_filter(" + values.sql + ", b -> b IS NOT DISTINCT FROM " + v + ")) > 0"
	}
	three := func(decisive, result, otherwise string) string {
		return "CASE WHEN %1 IS NULL THEN NULL WHEN " + has(decisive) + " THEN " + result + " WHEN " + has("NULL::BOOL") + " THEN NULL ELSE " + otherwise + " END"
	}
	switch d.IntN(5) {
	case 0:
		return both("any(%1, %2)", three("true", "true", "false"), list, predicate)
	case 1:
		return both("all(%1, %2)", three("false", "false", "true"), list, predicate)
	case 2:
		return both("none(%1, %2)", three("true", "false", "true"), list, predicate)
	case 3:
		return both("count(%1, %2) > 0", "len(list_filter(%1, e -> %2)) > 0", list, predicate)
	}
	return both("%1 == %2", "%1 = %2", d.integer(depth), both("len(%1)", "len(%1)", list))
}

// element is a truth about an element of a list of texts.
func (d *drawing) element() translated {
	other := draw(d, named("name"), named("doid"), text(draw(d, words...)))
	return draw(d, both("# == %1", "e = %1", other), both("# != %1", "e <> %1", other), both("# == nil", "e IS NULL"),
		both("# startsWith %1", "starts_with(e, %1)", other), both("# != nil && # < %1", "e IS NOT NULL AND e < %1", other),
		both("len(#) > 1", "length(e) > 1"), both("# in [%1, nil]", "e IN (%1, NULL)", other), both("rating > 2", "rating > 2"))
}

func (d *drawing) texts(depth int) translated {
	list := draw(d, named("aliases"), named("names"), named("codes"))
	if depth == 0 {
		return list
	}
	switch d.IntN(4) {
	case 0:
		return both("filter(%1, %2)", "list_filter(%1, e -> %2)", list, d.element())
	case 1:
		return both("map(%1, upper(#))", "list_transform(%1, e -> upper(e))", list)
	}
	return list
}

func (d *drawing) text(depth int) translated {
	if depth == 0 {
		return draw(d, named("name"), named("doid"), named("tit"), named("statement"), text(draw(d, words...)))
	}
	depth--
	switch d.IntN(9) {
	case 0:
		return both("%1 + %2", "%1 || %2", d.text(depth), d.text(depth))
	case 1:
		return both("upper(%1)", "upper(%1)", d.text(depth))
	case 2:
		from, to := d.IntN(3), d.IntN(5)
		return both(fmt.Sprintf("%%1[%d:%d]", from, to), fmt.Sprintf("substring(%%1, %d, %d)", from+1, max(0, to-from)), d.text(depth))
	case 3:
		return both("%1[:len(%1)-1]", "left(%1, greatest(length(%1) - 1, 0))", d.text(0))
	case 4:
		return both("%1 ?? %2", "coalesce(%1, %2)", d.text(depth), d.text(depth))
	case 5:
		return both("%1 ? %2 : %3", "CASE WHEN %1 THEN %2 ELSE %3 END", d.truth(depth), d.text(depth), d.text(depth))
	case 6:
		return both(`join(%1, "+")`, "CASE WHEN %1 IS NOT NULL THEN coalesce(array_to_string(%1, '+'), '') END", d.texts(depth))
	case 7:
		return both("string(%1)", "CAST(%1 AS VARCHAR)", d.integer(depth))
	}
	return both(`replace(%1, "a", "ä")`, "replace(%1, 'a', 'ä')", d.text(depth))
}

func (d *drawing) integer(depth int) translated {
	if depth == 0 {
		return draw(d, named("id"), named("rating"), named("disease_id"), whole(d.IntN(6)))
	}
	depth--
	switch d.IntN(9) {
	case 0:
		op := draw(d, "+", "-", "*")
		return both("%1 "+op+" %2", "%1 "+op+" %2", d.integer(depth), d.integer(0))
	case 1:
		return both("%1 % 3", "%1 % 3", d.integer(depth))
	case 2:
		return both("len(%1)", "length(%1)", d.text(depth))
	case 3:
		return both("indexOf(%1, %2)", "strpos(%1, %2) - 1", d.text(depth), text(draw(d, "a", "ï", "ok", "-", "x")))
	case 4:
		return both("%1 ?? %2", "coalesce(%1, %2)", d.integer(depth), d.integer(depth))
	case 5:
		return both("int(%1)", "CAST(trunc(%1) AS BIGINT)", d.number(depth))
	case 6:
		aggregate := draw(d, "sum", "min", "max")
		list := draw(d, named("ids"), both("map(%1, len(#))", "list_transform(%1, e -> length(e))", d.texts(depth)))
		return both("int("+aggregate+"(%1))", "CAST(list_"+aggregate+"(%1) AS BIGINT)", list)
	case 7:
		return both("accepted.Year()", "year(accepted)")
	}
	return both("abs(-%1)", "abs(-%1)", d.integer(depth))
}

func (d *drawing) number(depth int) translated {
	switch d.IntN(5) {
	case 0:
		return named("score")
	case 1:
		return both("%1 / 4", "%1 / 4", d.integer(depth))
	case 2:
		return both("floor(%1)", "floor(%1::DOUBLE)", both("%1 * 1.5", "%1 * 1.5::DOUBLE", d.integer(depth)))
	case 3:
		extreme := draw(d, [2]string{"min", "least"}, [2]string{"max", "greatest"})
		return both(extreme[0]+"(%1, score)", extreme[1]+"(%1, score)", d.integer(depth))
	}
	return d.integer(depth)
}
