package disk_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/civic-etl/civic-etl/load/disk"
)

// A file is durable when WriteFile returns, and is never overwritten.
func ExampleWriteFile() {
	dir, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "genes.txt")

	check(disk.WriteFile(disk.OS{}, name, []byte("ALK\n")))
	err = disk.WriteFile(disk.OS{}, name, []byte("BRAF\n"))
	fmt.Println("exists:", errors.Is(err, fs.ErrExist))
	text, err := os.ReadFile(name)
	check(err)
	fmt.Print(string(text))
	// Output:
	// exists: true
	// ALK
}

// A sink counts and hashes what is written to it.
func ExampleSink() {
	dir, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(dir)

	sink, err := disk.NewSink(disk.OS{}, filepath.Join(dir, "genes.txt"))
	check(err)
	for _, gene := range []string{"ALK", "BRAF"} {
		fmt.Fprintln(sink, gene)
	}
	check(sink.Finish())
	fmt.Println(sink.Size, "bytes,", len(sink.SHA256()), "digits of a checksum")
	// Output:
	// 9 bytes, 64 digits of a checksum
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
