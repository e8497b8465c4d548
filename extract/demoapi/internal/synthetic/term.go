package synthetic

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// Sizes of tables of terms. The last diseases and therapies are deprecated, and evidence refers to none of them; no
// variant has one of the last types.
const (
	diseaseCount   = 420
	therapyCount   = 560
	deprecatedTail = 12
	unusedTypes    = 10
)

type disease struct {
	base
	name       string
	deprecated bool
}

func drawDisease(t *disease, x *dice.Dice) {
	t.name = fmt.Sprintf("%s %s %s (demo %d)", dice.Of(x, adjectives), dice.Of(x, organs), dice.Of(x, tumors), t.id)
	t.deprecated = t.i >= diseaseCount-deprecatedTail
}

// doid is "" for some.
func (t *disease) doid() string {
	switch {
	case t.id%13 == 0:
		return ""
	case t.id%3 == 0:
		return fmt.Sprintf("00%05d", 50000+t.id)
	}
	return fmt.Sprint(90000 + t.id)
}

// Field implements record.Record.
func (t *disease) Field(name string) any { return value(diseaseFields, t, name) }

var diseaseFields = record.NewFields(map[string]func(*disease) any{
	"name displayName": func(t *disease) any { return t.name },
	"doid":             func(t *disease) any { return when(t.doid() != "", t.doid()) },
	"diseaseUrl":       func(t *disease) any { return when(t.doid() != "", "https://demo.invalid/doid/"+t.doid()) },
	"diseaseAliases":   func(t *disease) any { return aliases(t.dice(3), t.name) },
	"deprecated":       func(t *disease) any { return t.deprecated },
	"evidenceItemCount variantCount molecularProfileCount": func(t *disease) any {
		return len(t.d.evidenceOf()[&t.base])
	},
	"assertionCount": func(t *disease) any { return len(t.d.assertionsOf()[&t.base]) },
})

type therapy struct {
	base
	name       string
	deprecated bool
}

func drawTherapy(t *therapy, x *dice.Dice) {
	name := dice.Of(x, stems) + dice.Of(x, suffixes)
	t.name = fmt.Sprintf("%s%s-%d", strings.ToUpper(name[:1]), name[1:], t.id)
	if x.Chance(8) {
		t.name = fmt.Sprintf("4-(Demo-%d), 2,6-Synthetic \"%s\" Agent", t.id, t.name)
	}
	t.deprecated = t.i >= therapyCount-deprecatedTail
}

// Field implements record.Record.
func (t *therapy) Field(name string) any { return value(therapyFields, t, name) }

var therapyFields = record.NewFields(map[string]func(*therapy) any{
	"name":           func(t *therapy) any { return t.name },
	"ncitId":         func(t *therapy) any { return when(t.id%11 != 0, fmt.Sprintf("C7%05d", t.id)) },
	"therapyUrl":     func(t *therapy) any { return fmt.Sprintf("https://demo.invalid/therapies/%d", t.id) },
	"description":    func(t *therapy) any { return []any{nil, "", t.statement(t.name)}[t.id%3] },
	"therapyAliases": func(t *therapy) any { return aliases(t.dice(3), t.name) },
	"deprecated":     func(t *therapy) any { return t.deprecated },
	"evidenceCount evidenceItemCount molecularProfileCount": func(t *therapy) any {
		return len(t.d.evidenceOf()[&t.base])
	},
	"assertionCount": func(t *therapy) any { return len(t.d.assertionsOf()[&t.base]) },
})

type phenotype struct{ base }

// Field implements record.Record.
func (t *phenotype) Field(name string) any { return value(phenotypeFields, t, name) }

var phenotypeFields = record.NewFields(map[string]func(*phenotype) any{
	"hpoId":       func(t *phenotype) any { return fmt.Sprintf("HP:99%05d", t.id) },
	"description": func(t *phenotype) any { return when(t.id%2 == 1, t.statement("a sign")) },
	"url":         func(t *phenotype) any { return fmt.Sprintf("https://demo.invalid/hpo/%d", t.id) },
	"evidenceCount evidenceItemCount molecularProfileCount": func(t *phenotype) any {
		return len(t.d.evidenceOf()[&t.base])
	},
	"assertionCount": func(t *phenotype) any { return len(t.d.assertionsOf()[&t.base]) },
})

type variantType struct{ base }

// Field implements record.Record.
func (t *variantType) Field(name string) any { return value(typeFields, t, name) }

var typeFields = record.NewFields(map[string]func(*variantType) any{
	"soid":         func(t *variantType) any { return fmt.Sprintf("SO:99%05d", t.id) },
	"description":  func(*variantType) any { return "A synthetic kind of variant." },
	"url":          func(t *variantType) any { return when(t.id%3 == 2, fmt.Sprintf("https://demo.invalid/so/%d", t.id)) },
	"variantCount": func(t *variantType) any { return len(t.d.variantsOf()[&t.base]) },
})
