package sdl

import "slices"

// Type is a type as introspection describes it.
type Type struct {
	Kind          string   `json:"kind"`
	Name          string   `json:"name"`
	Description   string   `json:"description"`
	Fields        []Member `json:"fields"`
	InputFields   []Member `json:"inputFields"`
	Interfaces    []Ref    `json:"interfaces"`
	PossibleTypes []Ref    `json:"possibleTypes"`
	EnumValues    []Member `json:"enumValues"`
}

// Member is a field of a type, with its arguments; an argument; a field of an input
// type; or a value of an enum, which has no type.
type Member struct {
	Name              string   `json:"name"`
	Description       string   `json:"description"`
	Args              []Member `json:"args"`
	Type              *Ref     `json:"type"`
	DefaultValue      *string  `json:"defaultValue"`
	IsDeprecated      bool     `json:"isDeprecated"`
	DeprecationReason string   `json:"deprecationReason"`
}

// Ref refers to a type: by its name alone, or with the lists and non-nulls around it.
type Ref struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	OfType *Ref   `json:"ofType"`
}

// References lists the types that a type refers to, with their kinds.
func (t *Type) References() map[string]string {
	kinds := map[string]string{}
	take := func(ref *Ref) {
		for ref != nil && ref.OfType != nil {
			ref = ref.OfType
		}
		if ref != nil {
			kinds[ref.Name] = ref.Kind
		}
	}
	for _, m := range slices.Concat(t.Fields, t.InputFields) {
		take(m.Type)
		for _, arg := range m.Args {
			take(arg.Type)
		}
	}
	for _, p := range t.PossibleTypes {
		kinds[p.Name] = "OBJECT"
	}
	return kinds
}
