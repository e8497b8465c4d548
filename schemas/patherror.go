package schemas

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/schemas/internal/wording"
)

func (w *walk) fault(segment, what, hint string) error {
	return &PathError{Path: w.text, Segment: segment, What: what, Hint: hint}
}

func (w *walk) unknownField(segment string) error {
	what := fmt.Sprintf("%s has no field %q", w.def.Name, segment)
	if slices.Contains([]string{"nodes", "edges", "node", "pageInfo", "totalCount", "pageCount"}, segment) {
		return w.fault(segment, what, fmt.Sprintf("leave %q out: a path goes straight to the records", segment))
	}
	if strings.ContainsAny(segment, "[]*") {
		return w.fault(segment, what, "a path takes every element of a list; choose with `list: first` or another list mode")
	}
	if owner := w.owner(segment); owner != "" {
		return w.fault(segment, what, fmt.Sprintf("narrow to the type that has it: %s.%s", owner, segment))
	}
	if near := w.nearestField(segment); near != "" {
		return w.fault(segment, what, fmt.Sprintf("did you mean %s?", near))
	}
	if w.def.Kind == ast.Union {
		return w.fault(segment, what, fmt.Sprintf("narrow it first, to %s", wording.List(w.schema.ObjectNames(w.def))))
	}
	return w.fault(segment, what, "its fields are "+wording.List(fieldNames(w.def)))
}

// fieldNames are the fields of a type, without those of introspection.
func fieldNames(def *ast.Definition) []string {
	var list []string
	for _, field := range def.Fields {
		if !strings.HasPrefix(field.Name, "__") {
			list = append(list, field.Name)
		}
	}
	return list
}

// owner is the first type the value can have that has the field, or "".
func (w *walk) owner(field string) string {
	if !w.def.IsAbstractType() {
		return ""
	}
	for _, def := range w.schema.objects(w.def) {
		if def.Fields.ForName(field) != nil {
			return def.Name
		}
	}
	return ""
}

// nearestField suggests a field, with the narrowing it needs, or a type to narrow to.
func (w *walk) nearestField(segment string) string {
	bare, shown := []string{"__typename"}, []string{"__typename"}
	take := func(def *ast.Definition, prefix string) {
		for _, name := range fieldNames(def) {
			bare, shown = append(bare, name), append(shown, prefix+name)
		}
	}
	take(w.def, "")
	if w.def.IsAbstractType() {
		for _, def := range w.schema.objects(w.def) {
			take(def, def.Name+".")
			bare, shown = append(bare, def.Name), append(shown, def.Name)
		}
	}
	if i := slices.Index(bare, Nearest(segment, bare)); i >= 0 {
		return shown[i]
	}
	return ""
}

func (w *walk) impossible(segment string, target *ast.Definition) error {
	can := w.schema.ObjectNames(w.def)
	what := fmt.Sprintf("%s is never %s", w.here(), wording.Article(segment))
	if target == nil {
		what = fmt.Sprintf("the API has no type %s", segment)
	}
	return w.fault(segment, what, DidYouMean(segment, can, "it can be "+wording.List(can)))
}

// listHint names the record's lists that can give rows.
func (w *walk) listHint(node string) string {
	var lists []string
	def := w.schema.ast.Types[node]
	for _, field := range def.Fields {
		if field.Type.Elem != nil && len(field.Arguments) == 0 {
			lists = append(lists, field.Name)
		}
	}
	if len(lists) == 0 {
		return ""
	}
	return fmt.Sprintf("lists of %s are %s", node, wording.List(lists))
}

// examples names a few fields of the type that the walk has reached.
func (w *walk) examples(prefix string) string {
	if prefix != "" {
		prefix += "."
	}
	var found []string
	for _, name := range append([]string{"id", "name"}, fieldNames(w.def)...) {
		field := w.def.Fields.ForName(name)
		if field != nil && w.schema.baseType(field.Type).IsLeafType() && !slices.Contains(found, prefix+name) {
			found = append(found, prefix+name)
		}
	}
	found = found[:min(3, len(found))]
	if len(found) == 0 {
		return prefix + "__typename"
	}
	return strings.Join(found, ", ") + ", …"
}

// here names the value that the walk has reached: a field, or the record.
func (w *walk) here() string { return cmp.Or(w.last(), "the record") }

func (w *walk) last() string {
	if len(w.steps) == 0 {
		return ""
	}
	return w.steps[len(w.steps)-1].Field
}

// reached is the part of the path that the walk has resolved.
func (w *walk) reached() string {
	var parts []string
	for _, step := range w.steps {
		if step.Narrow != "" {
			parts = append(parts, step.Narrow)
		}
		parts = append(parts, step.Field)
	}
	return strings.Join(parts, ".")
}
