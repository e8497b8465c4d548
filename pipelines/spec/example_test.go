package spec_test

import (
	"errors"
	"fmt"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// Read reports all faults of a spec at once, each with its place.
func ExampleRead() {
	const text = `version: 1
name: diseases
extract: {from: diseases, pagesize: 50}
columns: {id: id, name: name}
load: {to: out/diseases, formats: [parket]}
`
	_, err := spec.Read("diseases.yaml", []byte(text), spec.Settings{})
	var faults document.Faults
	if errors.As(err, &faults) {
		for _, fault := range faults {
			fmt.Println("line", fault.Pos.Line, "column", fault.Pos.Col)
			fmt.Println(" ", fault.What)
			fmt.Println(" ", fault.Hint)
		}
	}
	// Output:
	// line 3 column 27
	//   extract has no key pagesize
	//   did you mean page_size?
	// line 5 column 36
	//   load.formats cannot be the text "parket"
	//   did you mean parquet? There are parquet, ndjson, tsv, vcf
}
