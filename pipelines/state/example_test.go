package state_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/civic-etl/civic-etl/pipelines/state"
)

// Open creates the folder. A run.Runner takes it as its State.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	folder, err := state.Open(filepath.Join(dir, "state"))
	if err != nil {
		fmt.Println(err)
		return
	}
	info, err := os.Stat(folder.Path())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(info.Name(), info.IsDir())
	// Output: state true
}
