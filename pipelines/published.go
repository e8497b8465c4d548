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

// Inspection is what is in a file or in a published folder.
type Inspection = load.Inspection

// Inspect looks into a file or a published folder, and takes out so many of its
// first rows; see load.Inspect.
func Inspect(ctx context.Context, path string, rows int) (*Inspection, error) {
	return load.Inspect(ctx, path, rows)
}
