package expression

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// A new function is a row of the table functions; this one gives the first letter of a
// text. Its call goes into functions.go or into a file of its subject.
func Example_addFunction() {
	initial := Function{"initial", "initial(text)", "the first letter of a text",
		ofText(func(text string) any { return orNull(text[:min(1, len(text))]) }), new(func(any) string)}

	defer func(all []Function) { functions = all }(functions)
	functions = append(slices.Clone(functions), initial)

	program, err := Compile(`initial("BRAF") + "…"`, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(program.Run(nil))
	// Output: B… <nil>
}

// TestFunctions: each function is documented here and in docs/spec.md, and gives null for nulls.
func TestFunctions(t *testing.T) {
	spec, err := os.ReadFile("../../docs/spec.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range functions {
		if !strings.HasPrefix(f.Signature, f.Name+"(") || f.Doc == "" {
			t.Errorf("%s: signature %q, documentation %q", f.Name, f.Signature, f.Doc)
		}
		if !strings.Contains(string(spec), "`"+f.Name+"(") {
			t.Errorf("docs/spec.md does not describe %s", f.Signature)
		}
		nulls := make([]any, strings.Count(f.Signature, ",")+1)
		if got, err := f.call(nulls...); got != nil || err != nil {
			t.Errorf("%s gives %v, %v for nulls", f.Signature, got, err)
		}
	}
}
