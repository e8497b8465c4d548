package introspect_test

import (
	"fmt"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/introspect"
)

func ExampleApply() {
	answer := `{"t0": {"kind": "OBJECT", "name": "Disease", "fields": [
		{"name": "id", "args": [], "type": {"kind": "NON_NULL", "ofType": {"kind": "SCALAR", "name": "Int"}}}]}}`
	s, err := introspect.Apply(schemas.Embedded(), []byte(answer))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = s.Resolve("EvidenceItem", "disease.name")
	fmt.Println(err)
	// Output:
	// Disease has no field "name"; its fields are id
}
