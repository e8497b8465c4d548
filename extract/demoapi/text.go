package demoapi

import (
	"fmt"
	"strings"
)

// words the synthetic texts are made of.
var (
	subjects = []string{"cell lines", "patients", "xenografts", "tumor samples", "carriers", "controls", "organoids", "responders"}
	verbs    = []string{"harboring", "treated for", "negative for", "expressing", "screened for", "selected by", "matched on"}
	results  = []string{"showed longer invented survival", "had no invented response", "were invented in vitro", "progressed in this made-up cohort",
		"had an invented hazard ratio of 0.42 (95% CI 0.30–0.58; p<0.001)", "responded partially in an imaginary trial", "were not studied at all"}
	adjectives = []string{"Acute", "Chronic", "Invasive", "Diffuse", "Metastatic", "Familial", "Cutaneous", "Papillary", "Clear Cell", "Small Cell"}
	organs     = []string{"Liver", "Lung", "Colon", "Skin", "Brain", "Breast", "Thyroid", "Kidney", "Marrow", "Ovary", "Prostate", "Œsophagus"}
	tumors     = []string{"Carcinoma", "Leukemia", "Melanoma", "Sarcoma", "Lymphoma", "Glioma", "Adenoma", "Neoplasm"}
	stems      = []string{"synta", "demo", "placi", "nulli", "mocku", "ficti", "invento", "pseudo"}
	suffixes   = []string{"tinib", "mab", "ciclib", "parib", "platin", "rafenib", "metinib", "limus"}
	amino      = strings.Split("A C D E F G H I K L M N P Q R S T V W Y", " ")
	surnames   = []string{"Example", "Müller-Demo", "O'Synthetic", "Placeholder", "Nguyễn-Demo", "Specimen", "de la Muestra", "Löwe"}
)

// awkward are texts that are legal and have each broken some reader: white
// space, quotes, separators, escapes, characters outside ASCII and outside the
// BMP, control characters, words that look like nothing.
var awkward = []string{
	"a tab\there and a second\t\tpair",
	"a line break\nand another\r\nand a lone return\rinside",
	`"quoted", with commas, and a "" pair`,
	`back\slashes \n that are two characters, and C:\demo\path\`,
	"non-ASCII: α-synuclein, β₂, ≥5 µg, Ångström, naïve, 日本語, العربية",
	"outside the BMP: 🧬🧪 𝛼 and a family 👩‍👩‍👧",
	"control characters: \x01\x02\x08\x0b\x0c\x1b[31m\x7f and NEL \u0085",
	"separators of other worlds: \u2028 line, \u2029 paragraph, \u00a0 no-break, \ufeff mark",
	"combining: e\u0301 n\u0303 and U+FFFD \ufffd itself",
	"<b>markup</b> & entities &amp; {braces} ${VAR} 'single' `back`",
	"=SUM(A1:A9) and a pipe | and a semicolon; and a caret ^",
	"  leading and trailing spaces  ",
}

// whole statements that are awkward by being short, or look like no value.
var terse = []string{"", " ", "NA", "NULL", "null", `\N`, "-", `"`, "\n", "#", "0", "true", `""`}

// statement is the synthetic text of a record. About one in eight holds
// something awkward; of 700, eight are awkward by being short and one is 20 kB.
func (d *data) statement(k kind, id int, about string) string {
	x := d.throw(k, id, 11)
	switch n := x.n(700); {
	case n < 8:
		return x.of(terse)
	case n == 8:
		return strings.Repeat("This statement is synthetic, and long. ", 520)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "This statement is synthetic. In %d %s %s %s, ", 3+x.n(900), x.of(subjects), x.of(verbs), about)
	for range 1 + x.n(6) {
		fmt.Fprintf(&b, "%s, and %d of %d %s %s. Of those, ", x.of(results), x.n(40), 40+x.n(400), x.of(subjects), x.of(results))
	}
	b.WriteString("none exist.")
	if x.chance(12) {
		text := x.of(awkward)
		if x.chance(20) {
			return text
		}
		b.WriteByte(' ')
		b.WriteString(text)
	}
	return b.String()
}
