package schemas_test

import (
	"fmt"

	"github.com/civic-etl/civic-etl/schemas"
)

func ExampleSchema_Resolve() {
	s := schemas.Embedded()
	for _, text := range []string{"id", "disease.name", "therapies.name"} {
		path, err := s.Resolve("EvidenceItem", text)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %s, nullable: %v\n", path.Text, path.Type, path.Type.Nullable)
	}
	_, err := s.Resolve("EvidenceItem", "desease.name")
	fmt.Println(err)
	// Output:
	// id: int64, nullable: false
	// disease.name: string, nullable: true
	// therapies.name: list<string>, nullable: false
	// EvidenceItem has no field "desease"; did you mean disease?
}

func ExampleSchema_CheckArgs() {
	s := schemas.Embedded()
	evidence, err := s.Connection("evidenceItems")
	if err != nil {
		fmt.Println(err)
		return
	}
	args := map[string]any{"status": "ACCEPTED", "diseaseId": 5}
	fmt.Println(s.ArgsText(evidence, args))
	for _, fault := range s.CheckArgs(evidence, map[string]any{"status": "ACCEPT"}) {
		fmt.Printf("%s; %s\n", fault.What, fault.Hint)
	}
	// Output:
	// diseaseId: 5, status: ACCEPTED
	// "ACCEPT" is not a value of EvidenceStatusFilter; did you mean ACCEPTED?
}

func ExampleSchema_Select() {
	s := schemas.Embedded()
	var paths []*schemas.Path
	for _, text := range []string{"id", "disease.name", "disease.doid"} {
		path, err := s.Resolve("EvidenceItem", text)
		if err != nil {
			fmt.Println(err)
			return
		}
		paths = append(paths, path)
	}
	fmt.Print(s.Select("EvidenceItem", paths...).Text(""))
	// Output:
	// id
	// disease {
	//   name
	//   doid
	// }
}

func ExampleLabel() {
	fmt.Println(schemas.Label("EvidenceSignificance", "SENSITIVITYRESPONSE"))
	fmt.Println(schemas.Label("AmpLevel", "TIER_I_LEVEL_A"))
	// Output:
	// Sensitivity/Response
	// Tier I - Level A
}
