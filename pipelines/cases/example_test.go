package cases_test

import (
	"context"
	"fmt"

	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/cases"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

const diseases = `version: 1
name: diseases
extract: {from: diseases}
columns: {id: id, label: {expr: 'upper(name)'}, name: name}
load: {to: out/diseases, formats: [parquet]}
`

const diseasesTest = `version: 1
cases:
  - name: the label is in capitals
    nodes: [{id: 7, name: Melanoma}]
    rows: [{id: 7, label: MELANOMA, name: Melanoma}]
  - name: the id is wrong
    nodes: [{id: 8, name: Glioma}]
    rows: [{id: 9, label: GLIOMA, name: Glioma}]
`

// A case gives records of the API and the rows that they should become.
func Example() {
	read, err := cases.Read(pipelines.File{Name: "diseases.yaml", Data: []byte(diseases)},
		pipelines.File{Name: "diseases_test.yaml", Data: []byte(diseasesTest)}, spec.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	results, err := read.Run(context.Background(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		fmt.Printf("line %d: %s: passed %t\n", r.Pos.Line, r.Name, len(r.Failures) == 0)
		for _, failure := range r.Failures {
			fmt.Println(failure)
		}
	}
	// Output:
	// line 3: the label is in capitals: passed true
	// line 6: the id is wrong: passed false
	// 8:17: diseases, row 1: id
	//     want 9
	//     got  8
}
