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

	"github.com/civic-etl/civic-etl/schemas"
)

//go:embed *.yaml releases/*.yaml
var shipped embed.FS

// File is the text of one spec and the name its faults are reported under.
type File struct {
	Name     string
	Data     []byte
	Embedded bool // it comes from the binary, not from disk
}

// Shipped gives the specs the binary carries, sorted by name, those of the
// official releases last.
func Shipped() []File {
	var names []string
	for _, pattern := range []string{"*.yaml", "releases/*.yaml"} {
		found, err := fs.Glob(shipped, pattern)
		if err != nil {
			panic(err) // the pattern is a constant
		}
		names = append(names, found...)
	}
	names = slices.DeleteFunc(names, IsCases)
	files := make([]File, 0, len(names))
	for _, name := range names {
		data, err := shipped.ReadFile(name)
		if err != nil {
			panic(err) // the file is embedded
		}
		files = append(files, File{Name: name, Data: data, Embedded: true})
	}
	return files
}

// everything stands on the command line for all shipped pipelines, those of the
// official releases aside: these repeat what the others hold.
const allShipped = "all"

// Find reads the specs an argument of the command line stands for: a file, a
// folder of *.yaml (tests beside specs, *_test.yaml, left out), the name of
// a shipped pipeline, or all for all of them but the official releases. A file of
// that name comes first, and a folder that holds specs.
func Find(arg string) ([]File, error) {
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return findFolder(arg)
	case err == nil:
		data, err := readSpec(arg)
		if err != nil {
			return nil, err
		}
		return []File{{Name: arg, Data: data}}, nil
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
	if len(names) == 0 {
		if files, err := findShipped(folder); err == nil {
			return files, nil // such as the folder that it publishes to
		}
		return nil, fmt.Errorf("%s: no *.yaml in this folder; name a spec, a folder of specs or a shipped pipeline (civic-etl list)", folder)
	}
	files := make([]File, 0, len(names))
	for _, name := range names {
		data, err := readSpec(name)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: name, Data: data})
	}
	return files, nil
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

// specLimit bounds what is read of a spec: one byte over what Read takes, so
// that Read can say it is too large.
const specLimit = 1<<20 + 1

func readSpec(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read spec: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, specLimit))
	if err != nil {
		return nil, fmt.Errorf("read spec: %w", err)
	}
	return data, nil
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// CasesEnding is what the name of a file of cases ends in, before its extension.
const CasesEnding = "_test"

// FileBeside reads a file beside a spec: of the binary if the spec is shipped.
func FileBeside(spec File, name string) (File, error) {
	if spec.Embedded {
		data, err := shipped.ReadFile(name)
		return File{Name: name, Data: data, Embedded: true}, err
	}
	data, err := readSpec(name)
	return File{Name: name, Data: data}, err
}

// IsCases says whether a file's name is one of cases.
func IsCases(name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(name, filepath.Ext(name)), CasesEnding)
}
