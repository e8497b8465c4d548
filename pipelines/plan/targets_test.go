package plan

import (
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

func TestCheckTargets(t *testing.T) {
	t.Chdir(t.TempDir())
	plan := func(name, target string) *Plan {
		return &Plan{Spec: &spec.Spec{File: name + ".yaml", Name: name}, Target: target, targetPos: document.Pos{Line: 3, Col: 7}}
	}
	for _, tt := range []struct{ a, b, want string }{
		{"out/a", "out/b", ""},
		{"out/a", "out/ab", ""},
		{"out/a", "out/a/", "the same folder as a.yaml"},
		{"out/a", "./out/x/../a", "the same folder as a.yaml"},
		{"out", "out/b", "inside the folder of a.yaml"},
		{"out/a/b", "out/a", "around the folder of a.yaml"},
	} {
		err := CheckTargets([]*Plan{plan("a", tt.a), plan("b", tt.b)})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s and %s: %v", tt.a, tt.b, err)
		}
	}
}
