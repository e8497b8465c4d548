package starter_test

import (
	"fmt"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/starter"
	"github.com/civic-etl/civic-etl/schemas"
)

// A first spec for a connection, which the author then edits. Below its comments it begins so.
func ExampleSpec() {
	text, err := starter.Spec(schemas.Embedded(), "variantTypes")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range strings.Split(text, "\n")[4:10] {
		fmt.Println(line)
	}
	// Output:
	// version: 1
	// name: variant_types
	// description: "Sequence Ontology terms that variants are typed with, as the site's table shows them."
	//
	// extract:
	//   from: variantTypes
}
