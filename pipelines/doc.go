// Package pipelines runs extractions: from a spec in YAML to published files. It
// is also the folder of the specs that are shipped.
//
//	spec ──Read──▶ Spec ──Compile──▶ Plan ──Run──▶ Summary
//	 YAML, --set     │ API schema      │
//	 ${…}            ▼                 ▼
//	                Faults    collect ─▶ reconcile ─▶ decode ─▶ write ─▶ judge ─▶ publish
//
// It takes the text of specs, settings and a plan's API; it gives faults with
// their places, plans, and published outputs. It is the one package that knows
// the stages and where they meet (flow.go); they never know each other. It
// reads no flags and prints nothing.
//
// A spec passes these files: yaml.go reads the text, node.go makes a tree with
// places, set.go puts --set values over it, shape.go reads it by the tables of
// language.go, fill.go fills in variables, rules.go checks the spec by itself.
// compile.go checks it against the API's schema, table by table (draft.go), and
// makes the plan.
//
// A run passes these: pipeline.go schedules, collect.go gets the pages of each
// connection, reconcile.go proves that they are complete, decode.go makes rows,
// write.go passes them to the data checks and the sink, publish.go judges and
// publishes. progress.go reports; resume.go keeps answers for the next run.
package pipelines
