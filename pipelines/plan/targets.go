package plan

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/document"
)

// CheckTargets reports plans that would publish to the same folder, or to one inside the other. Its error is
// document.Faults.
func CheckTargets(plans []*Plan) error {
	var faults document.Faults
	for i, p := range plans {
		for _, earlier := range plans[:i] {
			if what := overlap(earlier.Target, p.Target); what != "" {
				faults = append(faults, document.Fault{
					File: p.Spec.File, Pos: p.targetPos,
					What: fmt.Sprintf("%s writes to %s, %s %s", p.Spec.Name, p.Target, what, earlier.Spec.File),
					Hint: "give each pipeline its own folder",
				})
			}
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return faults
}

func overlap(one, other string) string {
	a, b := RealPath(one), RealPath(other)
	switch {
	case a == b:
		return "the same folder as"
	case strings.HasPrefix(b, a+string(filepath.Separator)):
		return "inside the folder of"
	case strings.HasPrefix(a, b+string(filepath.Separator)):
		return "around the folder of"
	}
	return ""
}

// RealPath returns the absolute path of a folder, with symbolic links resolved as far as it exists.
func RealPath(folder string) string {
	path, err := filepath.Abs(folder)
	if err != nil {
		return filepath.Clean(folder)
	}
	rest := ""
	for dir := path; ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest)
		}
		if dir == filepath.Dir(dir) {
			return path
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}
