package browse_test

import (
	"fmt"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/browse"
)

func ExampleLookup() {
	entries, err := browse.Lookup(schemas.Embedded(), "EvidenceItem.therapies")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range entries {
		fmt.Printf("%s %s: %s\n", e.Kind, e.Name, e.Is)
	}
	// Output:
	// field therapies: list<Therapy>
}

func ExampleSearch() {
	hits := browse.Search(schemas.Embedded(), "therapies")
	fmt.Println(hits[0].Kind, hits[0].Name, hits[0].Is)
	// Output:
	// connection therapies list<Therapy>
}
