package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The answer to an introspection query, as far as SDL needs it.
type introspection struct {
	QueryType *named             `json:"queryType"`
	Types     []introspectedType `json:"types"`
}

type named struct {
	Name string `json:"name"`
}

type introspectedType struct {
	Kind          string              `json:"kind"`
	Name          string              `json:"name"`
	Description   string              `json:"description"`
	Fields        []introspectedField `json:"fields"`
	InputFields   []introspectedInput `json:"inputFields"`
	Interfaces    []named             `json:"interfaces"`
	PossibleTypes []named             `json:"possibleTypes"`
	EnumValues    []introspectedEnum  `json:"enumValues"`
}

type introspectedField struct {
	Name              string              `json:"name"`
	Description       string              `json:"description"`
	Args              []introspectedInput `json:"args"`
	Type              *introspectedRef    `json:"type"`
	IsDeprecated      bool                `json:"isDeprecated"`
	DeprecationReason string              `json:"deprecationReason"`
}

type introspectedInput struct {
	Name         string           `json:"name"`
	Description  string           `json:"description"`
	Type         *introspectedRef `json:"type"`
	DefaultValue *string          `json:"defaultValue"`
}

type introspectedEnum struct {
	Name              string `json:"name"`
	Description       string `json:"description"`
	IsDeprecated      bool   `json:"isDeprecated"`
	DeprecationReason string `json:"deprecationReason"`
}

type introspectedRef struct {
	Kind   string           `json:"kind"`
	Name   string           `json:"name"`
	OfType *introspectedRef `json:"ofType"`
}

// sdlOf writes an introspection answer as SDL, so that both kinds of schema go
// through the same parser and the same checks.
func sdlOf(answer []byte) (string, error) {
	var body struct {
		Data *struct {
			Schema *introspection `json:"__schema"`
		} `json:"data"`
		Schema *introspection `json:"__schema"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(answer, &body); err != nil {
		return "", fmt.Errorf("it is no introspection JSON: %w", err)
	}
	schema := body.Schema
	if schema == nil && body.Data != nil {
		schema = body.Data.Schema
	}
	switch {
	case schema == nil && len(body.Errors) > 0:
		return "", fmt.Errorf("the server answered the introspection query with: %s", body.Errors[0].Message)
	case schema == nil || schema.QueryType == nil || len(schema.Types) == 0:
		return "", errors.New("the JSON holds no __schema with queryType and types: it is no introspection answer")
	}
	w := &sdlWriter{}
	w.schema(schema)
	return w.String(), w.err
}

type sdlWriter struct {
	strings.Builder
	err error
}

func (w *sdlWriter) schema(schema *introspection) {
	fmt.Fprintf(w, "schema { query: %s }\n", w.name(schema.QueryType.Name))
	for _, t := range schema.Types {
		if !builtIn(t.Name) {
			w.typ(t)
		}
	}
}

// builtIn tells the types every GraphQL service has; the parser brings them.
func builtIn(name string) bool {
	return strings.HasPrefix(name, "__") || slices.Contains([]string{"Int", "Float", "String", "Boolean", "ID"}, name)
}

var graphQLName = regexp.MustCompile(`^[_A-Za-z][_0-9A-Za-z]*$`)

// name refuses what would be read as something else than a name.
func (w *sdlWriter) name(name string) string {
	if !graphQLName.MatchString(name) && w.err == nil {
		w.err = fmt.Errorf("the introspection answer has the name %.40q, which is none", name)
	}
	return name
}

func (w *sdlWriter) typ(t introspectedType) {
	w.doc(t.Description)
	name := w.name(t.Name)
	switch t.Kind {
	case "SCALAR":
		fmt.Fprintf(w, "scalar %s\n", name)
	case "OBJECT":
		w.fields("type "+name+w.names(" implements ", " & ", t.Interfaces), t.Fields)
	case "INTERFACE":
		w.fields("interface "+name+w.names(" implements ", " & ", t.Interfaces), t.Fields)
	case "UNION":
		fmt.Fprintf(w, "union %s%s\n", name, w.names(" = ", " | ", t.PossibleTypes))
	case "ENUM":
		w.enum(name, t.EnumValues)
	case "INPUT_OBJECT":
		fmt.Fprintf(w, "input %s {\n", name)
		for _, field := range t.InputFields {
			w.doc(field.Description)
			fmt.Fprintf(w, "  %s\n", w.input(field))
		}
		w.WriteString("}\n")
	default:
		w.fail("type %s is of the unknown kind %.40q", name, t.Kind)
	}
}

func (w *sdlWriter) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("the introspection answer is broken: "+format, args...)
	}
}

// names joins names once each: some servers list a type twice.
func (w *sdlWriter) names(before, between string, list []named) string {
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

func (w *sdlWriter) fields(head string, fields []introspectedField) {
	fmt.Fprintf(w, "%s {\n", head)
	for _, field := range fields {
		w.doc(field.Description)
		w.WriteString("  " + w.name(field.Name))
		if len(field.Args) > 0 {
			args := make([]string, len(field.Args))
			for i, arg := range field.Args {
				args[i] = w.input(arg)
			}
			w.WriteString("(" + strings.Join(args, ", ") + ")")
		}
		w.WriteString(": " + w.ref(field.Type, 0))
		w.deprecated(field.IsDeprecated, field.DeprecationReason)
		w.WriteString("\n")
	}
	w.WriteString("}\n")
}

func (w *sdlWriter) input(input introspectedInput) string {
	text := w.name(input.Name) + ": " + w.ref(input.Type, 0)
	if input.DefaultValue != nil {
		text += " = " + *input.DefaultValue
	}
	return text
}

func (w *sdlWriter) enum(name string, values []introspectedEnum) {
	fmt.Fprintf(w, "enum %s {\n", name)
	for _, value := range values {
		w.doc(value.Description)
		w.WriteString("  " + w.name(value.Name))
		w.deprecated(value.IsDeprecated, value.DeprecationReason)
		w.WriteString("\n")
	}
	w.WriteString("}\n")
}

func (w *sdlWriter) deprecated(is bool, reason string) {
	switch {
	case is && reason != "":
		w.WriteString(" @deprecated(reason: " + quote(reason) + ")")
	case is:
		w.WriteString(" @deprecated")
	}
}

// maxWrapping bounds lists and non-nulls round a type.
const maxWrapping = 8

func (w *sdlWriter) ref(t *introspectedRef, depth int) string {
	switch {
	case t == nil || depth > maxWrapping:
		w.fail("a field's type is cut off")
		return ""
	case t.Kind == "NON_NULL":
		return w.ref(t.OfType, depth+1) + "!"
	case t.Kind == "LIST":
		return "[" + w.ref(t.OfType, depth+1) + "]"
	}
	return w.name(t.Name)
}

func (w *sdlWriter) doc(text string) {
	if text != "" {
		w.WriteString(quote(text) + "\n")
	}
}
