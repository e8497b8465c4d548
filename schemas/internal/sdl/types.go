package sdl

// Named is a reference to a type by its name alone.
type Named struct {
	Name string `json:"name"`
}

// Type is a type as introspection describes it.
type Type struct {
	Kind          string      `json:"kind"`
	Name          string      `json:"name"`
	Description   string      `json:"description"`
	Fields        []Field     `json:"fields"`
	InputFields   []Input     `json:"inputFields"`
	Interfaces    []Named     `json:"interfaces"`
	PossibleTypes []Named     `json:"possibleTypes"`
	EnumValues    []EnumValue `json:"enumValues"`
}

// Field is a field of a type, with its arguments.
type Field struct {
	Name              string  `json:"name"`
	Description       string  `json:"description"`
	Args              []Input `json:"args"`
	Type              *Ref    `json:"type"`
	IsDeprecated      bool    `json:"isDeprecated"`
	DeprecationReason string  `json:"deprecationReason"`
}

// Input is an argument, or a field of an input type.
type Input struct {
	Name         string  `json:"name"`
	Description  string  `json:"description"`
	Type         *Ref    `json:"type"`
	DefaultValue *string `json:"defaultValue"`
}

// EnumValue is a value of an enum.
type EnumValue struct {
	Name              string `json:"name"`
	Description       string `json:"description"`
	IsDeprecated      bool   `json:"isDeprecated"`
	DeprecationReason string `json:"deprecationReason"`
}

// Ref is the type of a field or argument, with the lists and non-nulls around it.
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
	for _, f := range t.Fields {
		take(f.Type)
		for _, arg := range f.Args {
			take(arg.Type)
		}
	}
	for _, in := range t.InputFields {
		take(in.Type)
	}
	for _, p := range t.PossibleTypes {
		kinds[p.Name] = "OBJECT"
	}
	return kinds
}
