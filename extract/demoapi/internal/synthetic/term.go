package synthetic

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
)

// Sizes of tables of terms. The last diseases and therapies are deprecated, and evidence refers to none of them; no
// variant has one of the last types.
const (
	diseaseCount   = 420
	therapyCount   = 560
	deprecatedTail = 12
	unusedTypes    = 10
)

type disease struct{ base }

func drawDisease(t *disease, x *dice.Dice) {
	t.named = fmt.Sprintf("%s %s %s (demo %d)", word(x, "adjective"), word(x, "organ"), word(x, "tumor"), t.id)
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

var diseaseFields = fieldsOf(map[string]func(*disease) any{
	"displayName": func(t *disease) any { return t.named },
	"doid":        func(t *disease) any { return when(t.doid() != "", t.doid()) },
	"diseaseUrl":  func(t *disease) any { return when(t.doid() != "", "https://demo.invalid/doid/"+t.doid()) },
})

type therapy struct{ base }

func drawTherapy(t *therapy, x *dice.Dice) {
	name := word(x, "drug stem") + word(x, "drug suffix")
	t.named = fmt.Sprintf("%s%s-%d", strings.ToUpper(name[:1]), name[1:], t.id)
	if x.Chance(8) {
		t.named = fmt.Sprintf("4-(Demo-%d), 2,6-Synthetic \"%s\" Agent", t.id, t.named)
	}
	t.deprecated = t.i >= therapyCount-deprecatedTail
}

var therapyFields = fieldsOf(map[string]func(*therapy) any{
	"ncitId":      func(t *therapy) any { return when(t.id%11 != 0, fmt.Sprintf("C7%05d", t.id)) },
	"description": func(t *therapy) any { return []any{nil, "", t.statement(t.named)}[t.id%3] },
})

type phenotype struct{ base }

var phenotypeFields = fieldsOf(map[string]func(*phenotype) any{
	"hpoId":       func(t *phenotype) any { return fmt.Sprintf("HP:99%05d", t.id) },
	"description": func(t *phenotype) any { return when(t.id%2 == 1, t.statement("a sign")) },
})

type variantType struct{ base }

var typeFields = fieldsOf(map[string]func(*variantType) any{
	"soid":         func(t *variantType) any { return fmt.Sprintf("SO:99%05d", t.id) },
	"description":  func(*variantType) any { return "A synthetic kind of variant." },
	"url":          func(t *variantType) any { return when(t.id%3 == 2, fmt.Sprintf("https://demo.invalid/so/%d", t.id)) },
	"variantCount": func(t *variantType) any { return len(t.d.variantsOf()[&t.base]) },
})
