package schemas

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/schemas/internal/wording"
)

// walk is a partly resolved path: the type it has reached, and the steps to it.
type walk struct {
	schema *Schema
	text   string
	def    *ast.Definition // the type of the value reached
	narrow string          // a type segment that applies to the next field
	steps  []Step
	// ordinal says that the path asks for the position in the list reached.
	ordinal bool
}

func (s *Schema) walk(node, path string) (*walk, error) {
	w := &walk{schema: s, text: path, def: s.ast.Types[node]}
	if w.def == nil {
		return nil, w.fault("", fmt.Sprintf("the API has no type %s", node), "")
	}
	if len(path) > maxPathBytes {
		return nil, w.fault("", fmt.Sprintf("a path of %d bytes is too long", len(path)),
			fmt.Sprintf("the most is %d", maxPathBytes))
	}
	segments := strings.Split(path, ".")
	if len(segments) > maxSegments {
		return nil, w.fault("", fmt.Sprintf("a path of %d segments is too deep", len(segments)),
			fmt.Sprintf("the most is %d", maxSegments))
	}
	for _, segment := range segments {
		if err := w.step(segment); err != nil {
			return nil, err
		}
	}
	if w.narrow != "" {
		return nil, w.fault(w.narrow, fmt.Sprintf("%s ends with a type", path), "add a field: "+w.examples(path))
	}
	return w, nil
}

func (w *walk) step(segment string) error {
	switch {
	case w.ordinal:
		return w.fault(segment, fmt.Sprintf("%s is a number, which has no fields", ordinal), "end the path at "+ordinal)
	case segment == ordinal:
		return w.place()
	case segment == "" && w.text == "":
		return w.fault(segment, "the path is empty", "write the fields from the record to the value, such as "+w.examples(""))
	case segment == "":
		return w.fault(segment, fmt.Sprintf("%s has an empty segment", w.text), "remove the extra dot")
	case w.def.IsLeafType():
		return w.fault(segment, fmt.Sprintf("%s is %s, which has no fields", w.reached(), wording.Article(w.def.Name)),
			fmt.Sprintf("end the path at %s", w.reached()))
	case segment[0] >= 'A' && segment[0] <= 'Z':
		return w.narrowTo(segment)
	case segment == "__typename":
		w.add(Step{Field: segment, Type: "String", GraphQL: "String!", Doc: "Which type of the API it is."})
		return nil
	}
	field := w.def.Fields.ForName(segment)
	if field == nil || strings.HasPrefix(segment, "__") {
		return w.unknownField(segment)
	}
	return w.follow(field)
}

// place handles the segment that asks for an element's position in the list before it.
func (w *walk) place() error {
	if len(w.steps) == 0 || w.narrow != "" || !w.steps[len(w.steps)-1].List {
		return w.fault(ordinal, ordinal+" does not follow a list",
			"write it after the list that makes the rows, such as therapies."+ordinal)
	}
	w.ordinal = true
	return nil
}

// narrowTo handles a type segment, which applies to the next field.
func (w *walk) narrowTo(segment string) error {
	if w.narrow != "" {
		return w.fault(segment, fmt.Sprintf("%s and %s narrow the same value", w.narrow, segment), "keep the narrower one")
	}
	if !w.def.IsAbstractType() {
		return w.fault(segment, fmt.Sprintf("%s is always %s, which %s cannot narrow",
			w.here(), wording.Article(w.def.Name), segment), fmt.Sprintf("leave %s out", segment))
	}
	target := w.schema.ast.Types[segment]
	if target == nil || !target.IsCompositeType() || !w.schema.overlap(w.def, target) {
		return w.impossible(segment, target)
	}
	w.narrow, w.def = segment, target
	return nil
}

// overlap says that a value can have both types.
func (s *Schema) overlap(a, b *ast.Definition) bool {
	both := s.objects(b)
	return slices.ContainsFunc(s.objects(a), func(def *ast.Definition) bool { return slices.Contains(both, def) })
}

func (w *walk) follow(field *ast.FieldDefinition) error {
	if i := slices.IndexFunc(field.Arguments, Required); i >= 0 {
		arg := field.Arguments[i]
		return w.fault(field.Name, fmt.Sprintf("%s.%s needs an argument (%s: %s), which a path cannot pass",
			w.def.Name, field.Name, arg.Name, arg.Type), "")
	}
	step := Step{
		Field: field.Name, Nullable: !field.Type.NonNull, Type: field.Type.Name(),
		GraphQL: field.Type.String(), Deprecated: Deprecated(field.Directives), Doc: field.Description,
	}
	if node := w.schema.ConnectionNode(field); node != nil {
		nodes := w.schema.baseType(field.Type).Fields.ForName("nodes").Type
		step.Type, step.List, step.Connection = node.Name, true, true
		step.Nullable = step.Nullable || !nodes.NonNull
		step.ElementNullable = !nodes.Elem.NonNull
	} else if elem := field.Type.Elem; elem != nil {
		if elem.Elem != nil {
			return w.fault(field.Name, fmt.Sprintf("%s.%s is a list of lists, which no column can hold",
				w.def.Name, field.Name), "")
		}
		step.List, step.ElementNullable = true, !elem.NonNull
	}
	w.add(step)
	return nil
}

// add appends a step, with the narrowing before it.
func (w *walk) add(step Step) {
	step.Narrow = w.narrow
	step.Nullable = step.Nullable || w.narrow != ""
	w.steps = append(w.steps, step)
	w.def, w.narrow = w.schema.ast.Types[step.Type], ""
}

func (w *walk) path() *Path {
	kind := kindOf(w.def)
	if w.ordinal {
		kind = Int64
	}
	p := &Path{Text: w.text, Steps: w.steps, Type: columnType(kind, w.steps, 0), Ordinal: w.ordinal}
	if kind == Enum {
		p.Enum = w.def.Name
	}
	return p
}
