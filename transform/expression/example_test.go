package expression_test

import (
	"errors"
	"fmt"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform/expression"
)

var columns = []schemas.Column{
	{Name: "id", Type: schemas.Type{Kind: schemas.Int64}},
	{Name: "rating", Type: schemas.Type{Kind: schemas.Int64, Nullable: true}},
}

func ExampleCompile() {
	program, err := expression.Compile(`rating >= 3 ? "good" : "bad"`, columns)
	if err != nil {
		panic(err)
	}
	for _, row := range [][]any{{1, 5}, {2, 1}, {3, nil}} {
		result, err := program.Run(func(column int) any { return row[column] })
		fmt.Println(result, err)
	}
	// Output:
	// good <nil>
	// bad <nil>
	// bad <nil>
}

func ExampleTypeOf() {
	fmt.Println(expression.TypeOf(`rating / id`, columns))

	_, err := expression.TypeOf(`id + ratting`, columns)
	var fault *expression.Error
	if errors.As(err, &fault) {
		fmt.Printf("column %d: %s (%s)\n", fault.Column, fault.What, fault.Hint)
	}
	// Output:
	// double <nil>
	// column 6: unknown name ratting (did you mean rating?)
}
