package expression

import "testing"

// BenchmarkRun evaluates expressions as shipped pipelines and users write them.
func BenchmarkRun(b *testing.B) {
	row := map[string]any{
		"id": 1234, "rating": 4, "score": 12.5, "name": "BRAF V600E", "level": "B", "flagged": false,
		"therapies": []any{"Vemurafenib", "Dabrafenib", nil, "Trametinib"},
	}
	for _, src := range []string{
		`"https://civicdb.org/links/evidence_items/" + string(id)`,
		`rating == nil || rating >= 2`,
		`rating >= 3 && level == "B" && name contains "V600"`,
		`level in ["A", "B", "C"] && not flagged`,
		`filter(therapies, # != nil && # startsWith "D")`,
		`join(map(therapies, upper(#)), ", ")`,
		`level in ["", "-"] ? nil : level`,
		`(rating ?? 0) * 2 + id`,
	} {
		p, err := Compile(src, exprColumns)
		if err != nil {
			b.Fatal(src, err)
		}
		values := make([]any, len(exprColumns))
		for i, c := range exprColumns {
			values[i] = row[c.Name]
		}
		value := func(i int) any { return values[i] }
		b.Run(src, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Run(value); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
