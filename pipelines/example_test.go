package pipelines_test

import (
	"fmt"

	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// A shipped pipeline is found by its name and compiled. Its plan knows the tables.
func Example() {
	files, err := pipelines.Find("variants")
	if err != nil {
		fmt.Println(err)
		return
	}
	plans, err := pipelines.CompileAll(files, spec.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range plans {
		fmt.Println(p.Spec.Name, "from", p.From())
		for _, table := range p.Tables {
			fmt.Println("  table", table.Name, "with the key", table.Key)
		}
	}
	// Output:
	// variants from variants
	//   table variants with the key [id]
	//   table fusion_variants with the key [variant_id]
	//   table variant_genes with the key [variant_id role]
	//   table variant_locations with the key [variant_id ordinal]
	//   table variant_aliases with the key [variant_id ordinal]
	//   table variant_hgvs with the key [variant_id ordinal]
	//   table variant_clinvar with the key [variant_id ordinal]
	//   table variant_type_links with the key [variant_id variant_type_id]
}
