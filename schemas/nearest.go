package schemas

import (
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/civic-etl/civic-etl/schemas/internal/wording"
)

// Nearest is the candidate that a mistyped name most likely means, or "" if no candidate is near. It ignores case and
// underscores: evidence_level matches evidenceLevel. The first of equally near candidates wins. If none is near, it
// is the shortest that begins with the name: evidence matches evidenceItems.
func Nearest(name string, candidates []string) string {
	folded := wording.Fold(name)
	best, least := "", len(folded)/3+2
	if len(folded) > 200 {
		return ""
	}
	for _, candidate := range candidates {
		if d := levenshtein.ComputeDistance(folded, wording.Fold(candidate)); d < least {
			best, least = candidate, d
		}
	}
	if best != "" || len(folded) < shortestBeginning {
		return best
	}
	for _, candidate := range candidates {
		if strings.HasPrefix(wording.Fold(candidate), folded) && (best == "" || len(candidate) < len(best)) {
			best = candidate
		}
	}
	return best
}

// shortestBeginning is the number of characters from which on a prefix matches.
const shortestBeginning = 4

// DidYouMean asks whether the nearest candidate was meant; if none is near, it says otherwise.
func DidYouMean(name string, candidates []string, otherwise string) string {
	if near := Nearest(name, candidates); near != "" {
		return "did you mean " + near + "?"
	}
	return otherwise
}
