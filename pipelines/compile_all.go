package pipelines

import (
	"errors"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// CompileAll reads and compiles specs. Its error is document.Faults: all faults of all specs, and conflicts
// between their targets. With several specs, Settings.Out is the folder that holds a folder for each.
func CompileAll(files []File, s spec.Settings) ([]*plan.Plan, error) {
	var plans []*plan.Plan
	var errs []error
	for _, f := range files {
		plan, err := CompileFile(f, s, len(files) > 1)
		if err == nil {
			plans = append(plans, plan)
		}
		errs = append(errs, err)
	}
	var all document.Faults
	for _, err := range append(errs, CheckScopes(files, s), plan.CheckTargets(plans), checks.CheckReferences(plans)) {
		var faults document.Faults
		if errors.As(err, &faults) {
			all = append(all, faults...)
		}
	}
	if len(all) > 0 {
		return nil, all
	}
	return plans, nil
}

// CompileFile reads and compiles one spec, which may be one of several.
func CompileFile(f File, s spec.Settings, several bool) (*plan.Plan, error) {
	spec, err := spec.Read(f.Name, f.Data, s)
	if spec == nil {
		return nil, err
	}
	if several && s.Out != "" {
		s.Out = plan.JoinOut(s.Out, spec.Name)
	}
	return plan.Compile(spec, s)
}

// CheckScopes reports values of --set for a pipeline that is not among the specs. Its error is document.Faults.
func CheckScopes(files []File, s spec.Settings) error {
	assignments := slices.DeleteFunc(slices.Clone(s.Set), func(assignment string) bool {
		pipeline, _ := spec.SplitScope(assignment)
		return pipeline == ""
	})
	if len(assignments) == 0 {
		return nil
	}
	var names []string
	for _, f := range files {
		read, _ := spec.Read(f.Name, f.Data, spec.Settings{Env: s.Env, Now: s.Now})
		if read == nil {
			return nil // the fault of this spec comes first
		}
		names = append(names, read.Name)
	}
	var faults document.Faults
	for _, assignment := range assignments {
		if pipeline, _ := spec.SplitScope(assignment); !slices.Contains(names, pipeline) {
			path, _, _ := strings.Cut(assignment, "=")
			faults = append(faults, document.Fault{
				Pos:  document.SetFlag(path),
				What: "no pipeline of this command is named " + wording.Quote(pipeline),
				Hint: wording.DidYouMean(pipeline, names),
			})
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return faults
}
