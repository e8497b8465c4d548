// Package pipelines runs extractions: from a spec in YAML to published files. It
// is also the folder of the specs that are shipped.
//
//	spec ──Read──▶ Spec ──Compile──▶ Plan ──Run──▶ Summary
//	 YAML, --set     │ API schema      │
//	 ${…}            ▼                 ▼
//	                Faults    drive ─▶ extract × N ─▶ transform ─▶ load ─▶ folder
//
// It takes the text of specs, settings and a plan's API; it gives faults with
// their places, plans, and published outputs. It is the one package that knows
// the stages and where they meet (flow.go); they never know each other. It
// reads no flags and prints nothing.
//
// The way of a spec: yaml.go reads the text, node.go makes a tree of it that
// keeps places, set.go puts values over it, shape.go reads it by the tables of
// language.go, fill.go fills in variables, rules.go checks the spec by itself;
// compile.go holds it against the API's schema, table by table (draft.go), and
// makes the plan.
package pipelines
