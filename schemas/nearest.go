package schemas

import (
	"github.com/agnivade/levenshtein"

	"github.com/civic-etl/civic-etl/schemas/internal/wording"
)

// Nearest is the candidate that a mistyped name most likely means, or "" if no candidate is near. It ignores case and
// underscores: evidence_level matches evidenceLevel. The first of equally near candidates wins. If none is near, it
// is the shortest of those whose beginning is nearest: evidence and evidnce match evidenceItems.
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
	least = len(folded)/5 + 1
	for _, candidate := range candidates {
		d := beginningDistance(folded, wording.Fold(candidate))
		if d < least || d == least && best != "" && len(candidate) < len(best) {
			best, least = candidate, d
		}
	}
	return best
}

// shortestBeginning is the number of characters from which on a beginning matches.
const shortestBeginning = 4

// beginningDistance is the distance of a name from the nearest beginning of a candidate.
func beginningDistance(name, candidate string) int {
	least := len(name)
	for n := len(name) - 1; n <= min(len(name)+1, len(candidate)); n++ {
		least = min(least, levenshtein.ComputeDistance(name, candidate[:n]))
	}
	return least
}

// DidYouMean asks whether the nearest candidate was meant; if none is near, it says otherwise.
func DidYouMean(name string, candidates []string, otherwise string) string {
	if near := Nearest(name, candidates); near != "" {
		return "did you mean " + near + "?"
	}
	return otherwise
}
