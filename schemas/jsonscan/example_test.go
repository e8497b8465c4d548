package jsonscan_test

import (
	"fmt"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

func ExampleScanner_Object() {
	s := jsonscan.Scanner{Data: []byte(`{"id": 7, "name": "V600E \u2192 V600K", "aliases": []}`)}
	var t jsonscan.Token
	end := s.Object(s.Space(0), 0, func(key []byte, i int) int {
		end := s.Token(&t, i, 1)
		fmt.Printf("%s = %s\n", key, t.Text)
		return end
	})
	fmt.Println(s.End(end) == len(s.Data))
	// Output:
	// id = 7
	// name = V600E → V600K
	// aliases = []
	// true
}

func ExampleScanner_Fault() {
	s := jsonscan.Scanner{Data: []byte(`{"id": 7, "id": 8}`)}
	fmt.Println(s.Skip(0, 0) == jsonscan.Failed, s.Fault())
	// Output: true JSON repeats the key "id" in one object (byte 10)
}
