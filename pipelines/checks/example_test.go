package checks_test

import (
	"fmt"

	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// Referenced plans run first, whatever their order on the command line.
func ExampleCycles() {
	const references = `version: 1
name: evidence
extract: {from: evidenceItems}
columns: {id: id, disease_id: disease.id}
checks: [references: {column: disease_id, to: out/diseases, key: id}]
load: {to: out/evidence, formats: [parquet]}
`
	const referenced = `version: 1
name: diseases
extract: {from: diseases}
columns: {id: id, name: name}
key: [id]
load: {to: out/diseases, formats: [parquet]}
`
	plans, err := pipelines.CompileAll([]pipelines.File{
		{Name: "evidence.yaml", Data: []byte(references)}, {Name: "diseases.yaml", Data: []byte(referenced)},
	}, spec.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, cycle := range checks.Cycles(plans) {
		for _, p := range cycle {
			fmt.Println(p.Spec.Name)
		}
	}
	// Output:
	// diseases
	// evidence
}
