// Package pipelines holds the shipped specs, and compiles specs into plans.
//
//	spec ──spec.Read──▶ Spec ──plan.Compile──▶ Plan ──run.Runner──▶ published folders
//	 YAML, --set, ${…}          API schema
//
// It takes names of files, folders or shipped pipelines, and settings. It gives plans, or all faults of all
// specs at once. It runs nothing and never asks the API: package run does.
package pipelines
