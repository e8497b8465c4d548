package pipelines

import (
	"context"

	"github.com/civic-etl/civic-etl/load/diff"
	"github.com/civic-etl/civic-etl/load/inspect"
	"github.com/civic-etl/civic-etl/load/verify"
)

// Verification is what came of holding a published folder against its manifest.
type Verification = verify.Result

// Verify re-reads every file of a published folder and gives all differences
// from its manifest; see load.Verify.
func Verify(ctx context.Context, dir string) (*Verification, error) { return verify.Folder(ctx, dir) }

// Comparison, TableDiff and Change are what differs between two published
// folders.
type (
	Comparison = diff.Comparison
	TableDiff  = diff.Table
	Change     = diff.Change
)

// Compare opens two published folders to be compared; see load.Compare.
func Compare(old, new string) (*Comparison, error) { return diff.Open(old, new) }

// Inspection is what is in a file or in a published folder.
type Inspection = inspect.Inspection

// Inspect looks into a file or a published folder, and takes out so many of its
// first rows; see load.Inspect.
func Inspect(ctx context.Context, path string, rows int) (*Inspection, error) {
	return inspect.Read(ctx, path, rows)
}
