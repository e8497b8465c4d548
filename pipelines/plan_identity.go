package pipelines

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// identityOf is a hash of the spec: of its text, and of what --set and ${…} made
// of it.
func identityOf(p *Plan) string {
	h := sha256.New()
	fmt.Fprintln(h, p.Spec.SHA256, p.Formats)
	text, err := p.MarshalJSON()
	var parts map[string]json.RawMessage
	if err == nil && json.Unmarshal(text, &parts) == nil {
		for _, name := range []string{"spec", "source", "cost", "target"} {
			delete(parts, name)
		}
		for _, name := range slices.Sorted(maps.Keys(parts)) {
			fmt.Fprintf(h, "%s %s\n", name, parts[name])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
