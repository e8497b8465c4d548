package execute

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/listing"
)

// selection holds the selection sets of all fields that share a response key. The plan for each concrete type is made
// once.
type selection struct {
	sets  []ast.SelectionSet
	plans map[string][]*asked
}

// asked is a response key of a concrete type.
type asked struct {
	key   []byte // `"name":`
	name  string // of the response key
	field *ast.Field
	def   *ast.FieldDefinition
	args  args
	sub   *selection

	pages   bool // its type is a connection
	leaf    leaf // its innermost type is a scalar or an enum
	element *ast.Definition
}

// plan returns the response keys of a concrete type, in the order of the answer.
func (x *execution) plan(s *selection, def *ast.Definition) ([]*asked, error) {
	if p, ok := s.plans[def.Name]; ok {
		return p, nil
	}
	c := collector{x: x, def: def, at: map[string]*asked{}, seen: map[string]bool{}}
	for _, set := range s.sets {
		if err := c.collect(set); err != nil {
			return nil, err
		}
	}
	if s.plans == nil {
		s.plans = map[string][]*asked{}
	}
	s.plans[def.Name] = c.fields
	return c.fields, nil
}

// collector merges the selections that apply to one concrete type.
type collector struct {
	x      *execution
	def    *ast.Definition
	fields []*asked
	at     map[string]*asked
	seen   map[string]bool // fragments spread already
}

func (c *collector) collect(set ast.SelectionSet) error {
	for _, s := range set {
		if err := c.add(s); err != nil {
			return err
		}
	}
	return nil
}

func (c *collector) add(s ast.Selection) error {
	switch s := s.(type) {
	case *ast.Field:
		if !c.x.skipped(s.Directives) {
			return c.addField(s)
		}
	case *ast.InlineFragment:
		if !c.x.skipped(s.Directives) {
			return c.narrow(s.TypeCondition, s.SelectionSet)
		}
	case *ast.FragmentSpread:
		if !c.x.skipped(s.Directives) && !c.seen[s.Name] {
			c.seen[s.Name] = true
			return c.narrow(s.Definition.TypeCondition, s.Definition.SelectionSet)
		}
	}
	return nil
}

// narrow collects the selections of a type condition. A recorded object without a known type never matches a type whose
// own fields it lacks.
func (c *collector) narrow(condition string, set ast.SelectionSet) error {
	if c.applies(condition) {
		return c.collect(set)
	}
	if c.def.Kind == ast.Union || c.def.Kind == ast.Interface && !asksOwn(c.def, set) {
		return typeMissing(c.def)
	}
	return nil
}

// asksOwn reports whether a selection has a field that the interface lacks.
func asksOwn(def *ast.Definition, set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		f, ok := s.(*ast.Field)
		return ok && f.Name != "__typename" && def.Fields.ForName(f.Name) == nil
	})
}

func (c *collector) applies(condition string) bool {
	return condition == "" || condition == c.def.Name ||
		slices.ContainsFunc(c.x.schema.PossibleTypes[condition], func(t *ast.Definition) bool { return t.Name == c.def.Name })
}

func (c *collector) addField(f *ast.Field) error {
	key := f.Alias // the name, where there is no alias
	if a := c.at[key]; a != nil {
		if a.sub != nil {
			a.sub.sets = append(a.sub.sets, f.SelectionSet)
		}
		return nil
	}
	a, err := c.x.ask(c.def, f, key)
	if err != nil {
		return err
	}
	c.at[key] = a
	c.fields = append(c.fields, a)
	return nil
}

// ask prepares a field: its definition in the concrete type and its arguments.
func (x *execution) ask(def *ast.Definition, f *ast.Field, key string) (*asked, error) {
	a := &asked{name: key, field: f, key: append(appendText(nil, key), ':')}
	if f.Name == "__typename" {
		if def.IsAbstractType() {
			return nil, typeMissing(def)
		}
		a.def = &ast.FieldDefinition{Name: f.Name, Type: ast.NonNullNamedType("String", nil)}
		a.element, a.leaf = x.schema.Types["String"], textLeaf
		return a, nil
	}
	if a.def = def.Fields.ForName(f.Name); a.def == nil {
		return nil, notImplemented("field "+f.Name, def.Name)
	}
	var err error
	if a.args, err = x.arguments(a.def, f); err != nil {
		return nil, err
	}
	a.element = x.schema.Types[a.def.Type.Name()]
	a.leaf = leafOf(a.element)
	a.pages = a.element.Kind == ast.Object && a.element.Fields.ForName("pageInfo") != nil &&
		a.element.Fields.ForName("nodes") != nil
	if a.leaf == noLeaf {
		a.sub = &selection{sets: []ast.SelectionSet{f.SelectionSet}}
	}
	return a, x.accepts(def, a)
}

// accepts refuses arguments that the demo API does not implement.
func (x *execution) accepts(def *ast.Definition, a *asked) error {
	for _, given := range a.field.Arguments {
		if a.args[given.Name] == nil || a.pages && pageArg(given.Name) || def == x.schema.Query && single(a, given.Name) {
			continue
		}
		l, _ := listing.Of(a.def.Name)
		_, filters := l.Filters[given.Name]
		switch {
		case a.pages && (filters || given.Name == "sortBy" && len(l.Sorts) > 0):
		case given.Name == "includeRejected", given.Name == "includeRead":
		case given.Name == "includeAutomatedEvents" && def == x.schema.Query:
		case def.Name == "__Type" || a.def.Name == "__type" || given.Name == "size":
		default:
			return notImplemented("argument "+given.Name, def.Name+"."+a.def.Name)
		}
	}
	return nil
}

// skipped evaluates the directives skip and include.
func (x *execution) skipped(list ast.DirectiveList) bool {
	return slices.ContainsFunc(list, func(d *ast.Directive) bool {
		is, _ := d.ArgumentMap(x.op.variables)["if"].(bool)
		return is == (d.Name == "skip")
	})
}
