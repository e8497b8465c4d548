// Package sdl writes the answer to an introspection query as SDL, so that both kinds
// of schema go through the same parser and the same checks.
//
// It takes JSON or the types decoded from it and gives text. It refuses names that
// would be read as anything else, and never parses the SDL itself.
package sdl

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/civic-etl/civic-etl/schemas/internal/wording"
)

// introspection is the answer to an introspection query, as far as SDL needs it.
type introspection struct {
	QueryType *Ref   `json:"queryType"`
	Types     []Type `json:"types"`
}

// answerBody is an answer, or the data of one.
type answerBody struct {
	Data   *answerBody    `json:"data"`
	Schema *introspection `json:"__schema"`
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

// FromAnswer gives the SDL of a whole schema, from the answer to an introspection
// query with or without "data" around it.
func FromAnswer(answer []byte) (string, error) {
	var body answerBody
	if err := json.Unmarshal(answer, &body); errors.As(err, new(*json.UnmarshalTypeError)) {
		return "", errors.New("the JSON does not have the form of an introspection answer")
	} else if err != nil {
		return "", fmt.Errorf("it is not introspection JSON: %w", err)
	}
	schema := body.Schema
	if schema == nil && body.Data != nil {
		schema = body.Data.Schema
	}
	switch {
	case schema == nil && len(body.Errors) > 0:
		return "", fmt.Errorf("the server answered the introspection query with: %s", body.Errors[0].Message)
	case schema == nil || schema.QueryType == nil || len(schema.Types) == 0:
		return "", errors.New("the JSON has no __schema with queryType and types, so it is not an introspection answer")
	}
	w := &writer{}
	w.schema(schema)
	return w.String(), w.err
}

// Definitions gives the SDL of some types.
func Definitions(types []Type) (string, error) {
	w := &writer{}
	for _, t := range types {
		w.typ(t)
	}
	return w.String(), w.err
}

type writer struct {
	strings.Builder
	err error
}

func (w *writer) schema(schema *introspection) {
	fmt.Fprintf(w, "schema { query: %s }\n", w.name(schema.QueryType.Name))
	for _, t := range schema.Types {
		if !BuiltIn(t.Name) {
			w.typ(t)
		}
	}
}

// BuiltIn tells the types that every GraphQL service has: the parser adds them.
func BuiltIn(name string) bool {
	return strings.HasPrefix(name, "__") || slices.Contains([]string{"Int", "Float", "String", "Boolean", "ID"}, name)
}

var graphQLName = regexp.MustCompile(`^[_A-Za-z][_0-9A-Za-z]*$`)

// name refuses text that is not a GraphQL name.
func (w *writer) name(name string) string {
	if !graphQLName.MatchString(name) {
		w.fail("has %.40q as a name, which GraphQL does not allow", name)
	}
	return name
}

func (w *writer) typ(t Type) {
	w.doc(t.Description)
	name := w.name(t.Name)
	switch t.Kind {
	case "SCALAR":
		fmt.Fprintf(w, "scalar %s\n", name)
	case "OBJECT":
		w.members("type "+name+w.names(" implements ", " & ", t.Interfaces), t.Fields)
	case "INTERFACE":
		w.members("interface "+name+w.names(" implements ", " & ", t.Interfaces), t.Fields)
	case "UNION":
		fmt.Fprintf(w, "union %s%s\n", name, w.names(" = ", " | ", t.PossibleTypes))
	case "ENUM":
		w.members("enum "+name, t.EnumValues)
	case "INPUT_OBJECT":
		w.members("input "+name, t.InputFields)
	default:
		w.fail("is broken: type %s has the unknown kind %.40q", name, t.Kind)
	}
}

// fail keeps the first fault.
func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("the introspection answer "+format, args...)
	}
}

// names joins names without repeats: some servers list a type twice.
func (w *writer) names(before, between string, list []Ref) string {
	var unique []string
	for _, n := range list {
		if name := w.name(n.Name); !slices.Contains(unique, name) {
			unique = append(unique, name)
		}
	}
	if len(unique) == 0 {
		return ""
	}
	return before + strings.Join(unique, between)
}

func (w *writer) members(head string, list []Member) {
	fmt.Fprintf(w, "%s {\n", head)
	for _, m := range list {
		w.doc(m.Description)
		fmt.Fprintf(w, "  %s\n", w.member(m, strings.HasPrefix(head, "enum ")))
	}
	w.WriteString("}\n")
}

func (w *writer) member(m Member, isValue bool) string {
	text := w.name(m.Name)
	if len(m.Args) > 0 {
		args := wording.Names(m.Args, func(arg Member) string { return w.member(arg, false) })
		text += "(" + strings.Join(args, ", ") + ")"
	}
	if !isValue {
		text += ": " + w.ref(m.Type, 0)
	}
	if m.DefaultValue != nil {
		text += " = " + *m.DefaultValue
	}
	switch {
	case m.IsDeprecated && m.DeprecationReason != "":
		text += " @deprecated(reason: " + Quote(m.DeprecationReason) + ")"
	case m.IsDeprecated:
		text += " @deprecated"
	}
	return text
}

// maxWrapping bounds the lists and non-nulls around a type.
const maxWrapping = 8

func (w *writer) ref(t *Ref, depth int) string {
	switch {
	case t == nil || depth > maxWrapping:
		w.fail("is broken: the type of a field is cut off")
		return ""
	case t.Kind == "NON_NULL":
		return w.ref(t.OfType, depth+1) + "!"
	case t.Kind == "LIST":
		return "[" + w.ref(t.OfType, depth+1) + "]"
	}
	return w.name(t.Name)
}

func (w *writer) doc(text string) {
	if text != "" {
		w.WriteString(Quote(text) + "\n")
	}
}

// Quote writes text as a GraphQL string, whose escapes are JSON's.
func Quote(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // neither encoding a string nor writing to a Builder can fail
	return strings.TrimSuffix(b.String(), "\n")
}

// Fault is an error of the GraphQL parser without the name of the source, which the caller adds.
func Fault(err error) error {
	var fault *gqlerror.Error
	if !errors.As(err, &fault) {
		return err
	}
	if len(fault.Locations) == 0 {
		return errors.New(fault.Message)
	}
	return fmt.Errorf("line %d: %s", fault.Locations[0].Line, fault.Message)
}
