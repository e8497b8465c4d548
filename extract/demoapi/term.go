package demoapi

import (
	"fmt"
	"strings"
)

// The last rows of diseases and therapies are deprecated; evidence refers to
// none of them.
const deprecatedTail = 12

type disease struct {
	i          int32
	id         int
	name       string
	deprecated bool
}

func makeDiseases(d *data) []disease {
	seq := ids{dice: d.throw(diseaseKind, 0, 1), gap: 5}
	out := make([]disease, 420)
	for i := range out {
		id := seq.next()
		x := d.throw(diseaseKind, id, 2)
		name := fmt.Sprintf("%s %s %s (demo %d)", x.of(adjectives), x.of(organs), x.of(tumors), id)
		out[i] = disease{int32(i), id, name, i >= len(out)-deprecatedTail}
	}
	return out
}

func (t *disease) doid() any {
	switch {
	case t.id%13 == 0:
		return nil
	case t.id%3 == 0:
		return fmt.Sprintf("00%05d", 50000+t.id)
	}
	return fmt.Sprint(90000 + t.id)
}

func (t *disease) get(d *data, field string) any {
	switch field {
	case "id":
		return t.id
	case "name":
		return t.name
	case "displayName":
		return t.name
	case "doid":
		return t.doid()
	case "link":
		return fmt.Sprintf("/diseases/%d", t.id)
	case "diseaseUrl":
		if id := t.doid(); id != nil {
			return "https://demo.invalid/doid/" + id.(string)
		}
		return nil
	case "diseaseAliases":
		return aliases(d.throw(diseaseKind, t.id, 3), t.name)
	case "deprecated":
		return t.deprecated
	case "evidenceItemCount":
		return len(d.evidenceOf.disease()[t.i])
	case "assertionCount":
		return len(d.assertedOf.disease()[t.i])
	case "variantCount", "molecularProfileCount":
		return len(d.evidenceOf.disease()[t.i])
	}
	return unset{}
}

type therapy struct {
	i          int32
	id         int
	name       string
	deprecated bool
}

func makeTherapies(d *data) []therapy {
	seq := ids{dice: d.throw(therapyKind, 0, 1), gap: 4}
	out := make([]therapy, 560)
	for i := range out {
		id := seq.next()
		x := d.throw(therapyKind, id, 2)
		name := x.of(stems) + x.of(suffixes)
		name = fmt.Sprintf("%s%s-%d", strings.ToUpper(name[:1]), name[1:], id)
		if x.chance(8) {
			name = fmt.Sprintf("4-(Demo-%d), 2,6-Synthetic \"%s\" Agent", id, name)
		}
		out[i] = therapy{int32(i), id, name, i >= len(out)-deprecatedTail}
	}
	return out
}

func (t *therapy) get(d *data, field string) any {
	switch field {
	case "id":
		return t.id
	case "name":
		return t.name
	case "ncitId":
		if t.id%11 == 0 {
			return nil
		}
		return fmt.Sprintf("C7%05d", t.id)
	case "link":
		return fmt.Sprintf("/therapies/%d", t.id)
	case "therapyUrl":
		return fmt.Sprintf("https://demo.invalid/therapies/%d", t.id)
	case "description":
		return []any{nil, "", d.statement(therapyKind, t.id, t.name)}[t.id%3]
	case "therapyAliases":
		return aliases(d.throw(therapyKind, t.id, 3), t.name)
	case "deprecated":
		return t.deprecated
	case "evidenceCount", "evidenceItemCount", "molecularProfileCount":
		return len(d.evidenceOf.therapy()[t.i])
	case "assertionCount":
		return len(d.assertedOf.therapy()[t.i])
	}
	return unset{}
}

type phenotype struct {
	i  int32
	id int
}

func makePhenotypes(d *data) []phenotype {
	seq := ids{dice: d.throw(phenotypeKind, 0, 1), gap: 2}
	out := make([]phenotype, 310)
	for i := range out {
		out[i] = phenotype{int32(i), seq.next()}
	}
	return out
}

func (t *phenotype) name() string { return fmt.Sprintf("Invented sign %d, demo", t.id) }

func (t *phenotype) get(d *data, field string) any {
	switch field {
	case "id":
		return t.id
	case "name":
		return t.name()
	case "hpoId":
		return fmt.Sprintf("HP:99%05d", t.id)
	case "description":
		return []any{nil, d.statement(phenotypeKind, t.id, "a sign")}[t.id%2]
	case "link":
		return fmt.Sprintf("/phenotypes/%d", t.id)
	case "url":
		return fmt.Sprintf("https://demo.invalid/hpo/%d", t.id)
	case "evidenceCount", "evidenceItemCount", "molecularProfileCount":
		return len(d.evidenceOf.phenotype()[t.i])
	case "assertionCount":
		return len(d.assertedOf.phenotype()[t.i])
	}
	return unset{}
}

type variantType struct {
	i  int32
	id int
}

// makeVariantTypes makes 120, of which variants never use the last ten.
func makeVariantTypes() []variantType {
	out := make([]variantType, 120)
	for i := range out {
		out[i] = variantType{int32(i), 2*i + 1}
	}
	return out
}

func (t *variantType) get(d *data, field string) any {
	switch field {
	case "id":
		return t.id
	case "name":
		return fmt.Sprintf("Demo Variant Kind %d", t.id)
	case "soid":
		return fmt.Sprintf("SO:99%05d", t.id)
	case "description":
		return "A synthetic kind of variant."
	case "link":
		return fmt.Sprintf("/variant-types/%d", t.id)
	case "url":
		return []any{nil, fmt.Sprintf("https://demo.invalid/so/%d", t.id)}[t.id%3/2]
	case "variantCount":
		return len(d.variantsOf.kind()[t.i])
	}
	return unset{}
}
