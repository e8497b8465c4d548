package schemas

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest is the candidate a mistyped name most likely stands for, or "" where
// none is near. Case and underscores do not count: evidence_level is next to
// evidenceLevel. Of equally near ones the first wins. Where none is near, it is
// the shortest that begins with the name: evidence stands for evidenceItems.
func Nearest(name string, candidates []string) string {
	folded := fold(name)
	best, least := "", len(folded)/3+2
	if len(folded) > 200 {
		return ""
	}
	for _, candidate := range candidates {
		if d := levenshtein.ComputeDistance(folded, fold(candidate)); d < least {
			best, least = candidate, d
		}
	}
	if best != "" || len(folded) < shortestBeginning {
		return best
	}
	for _, candidate := range candidates {
		if strings.HasPrefix(fold(candidate), folded) && (best == "" || len(candidate) < len(best)) {
			best = candidate
		}
	}
	return best
}

// shortestBeginning is how much of a name says which is meant.
const shortestBeginning = 4

func fold(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }
