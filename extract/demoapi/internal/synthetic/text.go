package synthetic

import (
	"fmt"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// Words of the synthetic texts.
var (
	subjects = []string{"cell lines", "patients", "xenografts", "tumor samples", "carriers", "controls",
		"organoids", "responders"}
	verbs = []string{"harboring", "treated for", "negative for", "expressing", "screened for",
		"selected by", "matched on"}
	results = []string{"showed longer invented survival", "had no invented response", "were invented in vitro",
		"progressed in this made-up cohort",
		"had an invented hazard ratio of 0.42 (95% CI 0.30–0.58; p<0.001)", "responded partially in an imaginary trial", "were not studied at all"}
	adjectives = []string{"Acute", "Chronic", "Invasive", "Diffuse", "Metastatic", "Familial",
		"Cutaneous", "Papillary", "Clear Cell", "Small Cell"}
	organs = []string{"Liver", "Lung", "Colon", "Skin", "Brain", "Breast", "Thyroid", "Kidney",
		"Marrow", "Ovary", "Prostate", "Œsophagus"}
	tumors = []string{"Carcinoma", "Leukemia", "Melanoma", "Sarcoma", "Lymphoma", "Glioma", "Adenoma",
		"Neoplasm"}
	stems    = []string{"synta", "demo", "placi", "nulli", "mocku", "ficti", "invento", "pseudo"}
	suffixes = []string{"tinib", "mab", "ciclib", "parib", "platin", "rafenib", "metinib", "limus"}
	amino    = strings.Split("A C D E F G H I K L M N P Q R S T V W Y", " ")
	surnames = []string{"Example", "Müller-Demo", "O'Synthetic", "Placeholder", "Nguyễn-Demo",
		"Specimen", "de la Muestra", "Löwe"}
)

// awkward holds legal texts that have each broken some reader: white space, quotes, separators, escapes, characters
// outside ASCII and outside the BMP, control characters.
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

// terse holds statements that are very short or look like a missing value.
var terse = []string{"", " ", "NA", "NULL", "null", `\N`, "-", `"`, "\n", "#", "0", "true", `""`}

// statement generates the text of a record. About one in eight holds something awkward; of 700, eight are terse and one
// has 20 kB.
func (b *base) statement(about string) string {
	x := b.dice(11)
	switch n := x.N(700); {
	case n < 8:
		return dice.Of(x, terse)
	case n == 8:
		return strings.Repeat("This statement is synthetic, and long. ", 520)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "This statement is synthetic. In %d %s %s %s, ",
		3+x.N(900), dice.Of(x, subjects), dice.Of(x, verbs), about)
	for range 1 + x.N(6) {
		fmt.Fprintf(&s, "%s, and %d of %d %s %s. Of those, ",
			dice.Of(x, results), x.N(40), 40+x.N(400), dice.Of(x, subjects), dice.Of(x, results))
	}
	s.WriteString("none exist.")
	if x.Chance(12) {
		text := dice.Of(x, awkward)
		if x.Chance(20) {
			return text
		}
		s.WriteString(" " + text)
	}
	return s.String()
}

// aliases generates up to three other names.
func aliases(x *dice.Dice, name string) []string {
	out := []string{}
	for n := range x.N(4) {
		out = append(out, fmt.Sprintf("%s alias %d, with a comma", name, n+1))
	}
	return out
}

// textSegment is plain text between links, in names and comments.
type textSegment string

func segment(text string) []record.Record { return []record.Record{textSegment(text)} }

// TypeName is the segment's type in a name or in a comment.
func (textSegment) TypeName(abstract string) string {
	if abstract == "CommentBodySegment" {
		return "CommentTextSegment"
	}
	return "MolecularProfileTextSegment"
}

// Field implements record.Record.
func (s textSegment) Field(name string) any {
	if name == "text" {
		return string(s)
	}
	return record.Unknown{}
}

// epoch is the begin of the synthetic curation. Moments count seconds from it.
var epoch = time.Date(2015, 6, 1, 0, 0, 0, 0, time.UTC)

// Spans in seconds; the synthetic curation lasts a decade.
const (
	day    = 24 * 3600
	decade = 10 * 365 * day
)

// moment formats seconds since the epoch as ISO8601DateTime.
func moment(seconds int) string {
	return epoch.Add(time.Duration(seconds) * time.Second).Format("2006-01-02T15:04:05Z")
}
