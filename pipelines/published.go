package pipelines

import (
	"context"

	"github.com/civic-etl/civic-etl/load"
)

// Verification is what came of holding a published folder against its manifest.
type Verification = load.Verification

// Verify re-reads every file of a published folder and gives all differences
// from its manifest; see load.Verify.
func Verify(ctx context.Context, dir string) (*Verification, error) { return load.Verify(ctx, dir) }

// Comparison, TableDiff and Change are what differs between two published
// folders.
type (
	Comparison = load.Comparison
	TableDiff  = load.TableDiff
	Change     = load.Change
)

// Compare opens two published folders to be compared; see load.Compare.
func Compare(old, new string) (*Comparison, error) { return load.Compare(old, new) }
