package format_test

import (
	"errors"
	"fmt"

	"github.com/civic-etl/civic-etl/load/format"
)

// An error says what is wrong, and its hint how to correct it.
func ExampleFormat_Check() {
	err := format.Format{Name: "tsv", Compression: "brotli"}.Check()
	var fault *format.Error
	if errors.As(err, &fault) {
		fmt.Println("error:", fault.What)
		fmt.Println("hint:", fault.Hint)
	}
	fmt.Println(format.Format{Name: "parquet", Compression: "brotli", Level: 5}.Check())
	// Output:
	// error: tsv cannot be compressed with "brotli"
	// hint: use one of none, gzip, zstd
	// <nil>
}

// Text files tell their compression by their names.
func ExampleFormat_Extension() {
	for _, f := range []format.Format{{Name: "parquet"}, {Name: "ndjson"}, {Name: "tsv", Compression: "gzip"}} {
		fmt.Println("genes" + f.Extension())
	}
	f, known := format.OfFile("genes.ndjson.zst")
	fmt.Println(f.Name, f.Compression, known)
	// Output:
	// genes.parquet
	// genes.ndjson
	// genes.tsv.gz
	// ndjson zstd true
}
