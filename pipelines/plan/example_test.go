package plan_test

import (
	"fmt"

	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// The API's schema gives the types of the columns.
func ExampleCompile() {
	const text = `version: 1
name: evidence
extract: {from: evidenceItems, args: {status: ACCEPTED}}
columns: {id: id, level: evidenceLevel, rating: evidenceRating, therapies: therapies.name}
load: {to: out/evidence, formats: [parquet]}
`
	settings := spec.Settings{}
	s, err := spec.Read("evidence.yaml", []byte(text), settings)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := plan.Compile(s, settings)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Call())
	for _, column := range p.Tables[0].Columns {
		fmt.Println(column.Name, column.Type)
	}
	// Output:
	// evidenceItems(status: ACCEPTED)
	// id int64
	// level string
	// rating int64
	// therapies list<string>
}
