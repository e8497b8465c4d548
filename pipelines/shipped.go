package pipelines

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/schemas"
)

//go:embed *.yaml releases/*.yaml
var shipped embed.FS

// File is the text of one spec, and its name in faults.
type File struct {
	Name     string
	Data     []byte
	Embedded bool // from the binary, not from disk
}

// Shipped returns the specs in the binary, sorted by name, those of the official releases last.
func Shipped() []File {
	var files []File
	for _, pattern := range []string{"*.yaml", "releases/*.yaml"} {
		names, _ := fs.Glob(shipped, pattern) // the pattern is valid
		for _, name := range names {
			if data, err := shipped.ReadFile(name); err == nil && !IsCases(name) {
				files = append(files, File{Name: name, Data: data, Embedded: true})
			}
		}
	}
	return files
}

// allShipped names all shipped pipelines except the official releases, which repeat data of the others.
const allShipped = "all"

// Find reads the specs that an argument names: a file, a folder of *.yaml (without *_test.yaml), a shipped
// pipeline, or all. A file of that name, or a folder with specs, takes precedence.
func Find(arg string) ([]File, error) {
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return findFolder(arg)
	case err == nil:
		return readSpecs(arg)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read spec: %w", err)
	}
	return findShipped(arg)
}

func findFolder(folder string) ([]File, error) {
	names, err := filepath.Glob(filepath.Join(escapeGlob(folder), "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("read folder %s: %w", folder, err)
	}
	names = slices.DeleteFunc(names, IsCases)
	if len(names) > 0 {
		return readSpecs(names...)
	}
	if files, err := findShipped(folder); err == nil {
		return files, nil // for example the folder that a shipped pipeline publishes to
	}
	return nil, fmt.Errorf("%s: no *.yaml in this folder; "+
		"name a spec, a folder of specs or a shipped pipeline (civic-etl list)", folder)
}

func findShipped(arg string) ([]File, error) {
	if arg == allShipped {
		return slices.DeleteFunc(Shipped(), func(f File) bool { return path.Dir(f.Name) != "." }), nil
	}
	names := []string{allShipped}
	for _, f := range Shipped() {
		name := strings.TrimSuffix(f.Name, ".yaml")
		if name == arg || path.Base(name) == arg {
			return []File{f}, nil
		}
		names = append(names, name)
	}
	hint := "civic-etl list shows the shipped pipelines"
	if strings.ContainsAny(arg, `/\.`) {
		return nil, fmt.Errorf("%s: no such file; %s", arg, hint)
	}
	return nil, fmt.Errorf("%s: no file, folder or shipped pipeline of this name; %s",
		arg, schemas.DidYouMean(arg, names, hint))
}

func readSpecs(names ...string) ([]File, error) {
	var files []File
	for _, name := range names {
		data, err := readSpec(name)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: name, Data: data})
	}
	return files, nil
}

// readSpec reads at most one byte more than a spec may have, so that spec.Read can report its size.
func readSpec(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read spec: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, document.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read spec: %w", err)
	}
	return data, nil
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// CasesEnding ends the name of a file of cases, before its extension.
const CasesEnding = "_test"

// FileBeside reads a file beside a spec: from the binary if the spec is shipped.
func FileBeside(spec File, name string) (File, error) {
	read := readSpec
	if spec.Embedded {
		read = shipped.ReadFile
	}
	data, err := read(name)
	return File{Name: name, Data: data, Embedded: spec.Embedded}, err
}

// IsCases reports whether a file has the name of a file of cases.
func IsCases(name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(name, filepath.Ext(name)), CasesEnding)
}
