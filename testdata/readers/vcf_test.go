package readers

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestVCF reads the VCF files of variants_vcf with pysam and vcfpy, and compares them with the NDJSON of the same run,
// and with what CIViCpy writes of the same demo data.
func TestVCF(t *testing.T) {
	python := filepath.Join(".venv-vcf", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		absent(t, "no pysam: run testdata/readers/setup")
	}
	cmd := exec.CommandContext(t.Context(), python, "vcf_check.py", binary, demoAPI(t, "--requests", "-1"), t.TempDir())
	cmd.Env = environment()
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}
