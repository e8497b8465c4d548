package pipelines

import (
	"errors"

	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// CompileAll reads and compiles specs. Its error is Faults: all that is wrong
// with any of them, and with their targets beside each other. With several
// specs, Settings.Out is the folder that holds a folder for each.
func CompileAll(files []File, s spec.Settings) ([]*plan.Plan, error) {
	var plans []*plan.Plan
	var all document.Faults
	for _, f := range files {
		plan, err := CompileFile(f, s, len(files) > 1)
		if err == nil {
			plans = append(plans, plan)
			continue
		}
		var faults document.Faults
		if !errors.As(err, &faults) {
			return nil, err
		}
		all = append(all, faults...)
	}
	var faults document.Faults
	if errors.As(plan.CheckTargets(plans), &faults) {
		all = append(all, faults...)
	}
	if errors.As(checks.CheckReferences(plans), &faults) {
		all = append(all, faults...)
	}
	if len(all) > 0 {
		return nil, all
	}
	return plans, nil
}

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
