package pipelines

import "errors"

// CompileAll reads and compiles specs. Its error is Faults: all that is wrong
// with any of them, and with their targets beside each other. With several
// specs, Settings.Out is the folder that holds a folder for each.
func CompileAll(files []File, s Settings) ([]*Plan, error) {
	var plans []*Plan
	var all Faults
	for _, f := range files {
		plan, err := compileFile(f, s, len(files) > 1)
		if err == nil {
			plans = append(plans, plan)
			continue
		}
		var faults Faults
		if !errors.As(err, &faults) {
			return nil, err
		}
		all = append(all, faults...)
	}
	var faults Faults
	if errors.As(checkTargets(plans), &faults) {
		all = append(all, faults...)
	}
	if errors.As(checkReferences(plans), &faults) {
		all = append(all, faults...)
	}
	if len(all) > 0 {
		return nil, all
	}
	return plans, nil
}

func compileFile(f File, s Settings, several bool) (*Plan, error) {
	spec, err := Read(f.Name, f.Data, s)
	if spec == nil {
		return nil, err
	}
	if several && s.Out != "" {
		s.Out = joinOut(s.Out, spec.Name)
	}
	return Compile(spec, s)
}
