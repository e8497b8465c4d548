package document_test

import (
	"fmt"

	"github.com/civic-etl/civic-etl/pipelines/document"
)

type job struct {
	document.Part
	title string
	tries int
}

var jobFields = []document.Field[job]{
	{Key: "title", Required: "write a title",
		To: document.Into(document.SomeText(nil), func(j *job) *string { return &j.title })},
	{Key: "tries", Absent: "3",
		To: document.Into(document.Integer[int](1, 10), func(j *job) *int { return &j.tries })},
}

// A table of fields reads a file, and reports each fault with its line and column.
func Example() {
	d := &document.Decoder{
		FaultList: document.FaultList{File: "job.yaml"},
		Language:  &document.Language{Noun: "job", Plural: "jobs"},
	}
	root := d.Parse([]byte("titel: Night run\ntries: 40\n"))
	if root != nil {
		document.Object("A job.", jobFields).Read(d, root, "")
	}
	fmt.Println(d.Err())
	// Output:
	// job.yaml:1:1: the job has no key titel; did you mean title?
	// job.yaml:2:8: tries cannot be the number 40; write a whole number from 1 to 10
}
