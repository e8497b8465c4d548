package transform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sys/unix"

	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// evidenceColumns are 30 columns, four of them lists, as a spec over evidence has them.
func evidenceColumns() []Column {
	columns := []Column{
		num("id", "id"), str("name", "name"), str("description", "description"), num("rating", "evidenceRating"),
		str("drug_interaction", "therapyInteractionType"), col("flagged", "flagged", nullBool, schemas.Bool),
		num("profile_id", "molecularProfile.id"), str("profile", "molecularProfile.name"),
		col("score", "molecularProfile.molecularProfileScore", nullFloat, schemas.Float64),
		num("disease_id", "disease.id"), str("disease", "disease.name"), str("doid", "disease.doid"),
		num("source_id", "source.id"), str("citation_id", "source.citationId"), str("citation", "source.citation"),
		str("pmc_id", "source.pmcId"), str("title", "source.title"), num("year", "source.publicationYear"),
		strs("therapies", "therapies[].name"), col("therapy_ids", "therapies[].id", listInt, schemas.Int64),
		strs("phenotypes", "phenotypes[].name"), strs("variants", "molecularProfile.variants[].name"),
		col("created_at", "submissionEvent.createdAt", schemas.Type{Kind: schemas.Timestamp, Nullable: true}, schemas.Timestamp),
		num("open_revisions", "openRevisionCount"),
	}
	for _, name := range []string{"status", "evidenceType", "evidenceLevel", "evidenceDirection", "significance", "variantOrigin"} {
		columns = append(columns, col(name, name, schemas.Type{Kind: schemas.Enum, Nullable: true}, schemas.Enum))
	}
	return columns
}

const prose = "In the Phase I study PROFILE 1001 (NCT00585195), a recommended crizotinib dose of 250 mg twice daily for 28 day cycles was established. " +
	"Among 1,500 advanced NSCLC patients who were screened for ALK-rearrangement using a break-apart FISH assay, 82 patients were eligible for treatment. " +
	"Overall response rate was 57%, with 46 partial responses and one complete response (95% CI, 0.37 to 0.64; P<0.001), further indicating that response was due to inhibition. " +
	"9 were unidentified, suggesting other fusion partners in these instances. "

// evidenceRecord is a synthetic record of about 1.5 KB.
func evidenceRecord(r *rand.Rand, id int) string {
	statement := prose[r.IntN(40):] + prose[:r.IntN(len(prose)-1)]
	if r.IntN(8) == 0 {
		statement += `The \"gatekeeper\" mutation\nwas found.`
	}
	if r.IntN(8) == 0 {
		statement += "naïve α-helix ≥ 5 µM"
	}
	list := func(n int, item func(i int) string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = item(i)
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	named := func(i int) string { return fmt.Sprintf(`{"id":%d,"name":"Agent %d"}`, r.IntN(900), i+r.IntN(99)) }
	name := func(i int) string { return fmt.Sprintf(`{"name":"V%d%c"}`, r.IntN(1200), 'A'+rune(i)) }
	return fmt.Sprintf(`{"id":%d,"name":"EID%d","status":"ACCEPTED","evidenceType":"PREDICTIVE","evidenceLevel":"%c","evidenceDirection":"SUPPORTS",`+
		`"significance":"SENSITIVITYRESPONSE","variantOrigin":"SOMATIC","evidenceRating":%d,"therapyInteractionType":null,"flagged":%t,"openRevisionCount":%d,`+
		`"description":"%s","molecularProfile":{"id":%d,"name":"EML4::ALK Fusion","molecularProfileScore":%.2f,"variants":%s},`+
		`"disease":{"id":8,"name":"Lung Non-small Cell Carcinoma","doid":"3908"},"therapies":%s,"phenotypes":%s,`+
		`"source":{"id":%d,"citationId":"%d","citation":"Kwak et al., 2010","pmcId":null,"title":"Anaplastic lymphoma kinase inhibition in non-small-cell lung cancer.","publicationYear":2010},`+
		`"submissionEvent":{"createdAt":"2015-06-21T16:%02d:26Z"}}`,
		id, id, 'A'+rune(r.IntN(5)), 1+r.IntN(5), r.IntN(30) == 0, r.IntN(3), statement, r.IntN(5000), r.Float64()*300, list(1+r.IntN(2), name),
		list(r.IntN(3), named), list(r.IntN(2), name), r.IntN(4000), r.IntN(40000000), r.IntN(60))
}

func evidencePages(n, size int) (pages [][]byte, bytes int64) {
	r := rand.New(rand.NewPCG(1, 2))
	for p := range n {
		records := make([]string, size)
		for i := range records {
			records[i] = evidenceRecord(r, p*size+i+1)
		}
		pages = append(pages, page(records...))
		bytes += int64(len(pages[p]))
	}
	return pages, bytes
}

func released(_ int, b arrow.RecordBatch) error {
	b.Release()
	return nil
}

func BenchmarkDecode(b *testing.B) {
	const n, size = 100, 100
	pages, total := evidencePages(n, size)
	for _, rows := range []int{1024, 2048, 4096} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			d, err := Compile(Options{Connection: "things", ID: keys("id"), Tables: []Table{{Columns: evidenceColumns()}}, BatchRows: rows})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(total)
			b.ReportAllocs()
			defer onCPU(b, total)()
			for b.Loop() {
				for _, p := range pages {
					if r, err := d.Decode(p, released); err != nil || len(r.Rejects) > 0 {
						b.Fatal(err, r.Rejects)
					}
				}
			}
			b.ReportMetric(float64(total)/n/size, "B/record")
		})
	}
}

// onCPU reports the speed in processor time, which a busy machine does not change as much.
func onCPU(b *testing.B, bytes int64) func() {
	begin := cpuSeconds(b)
	return func() {
		b.ReportMetric(float64(bytes)*float64(b.N)/1e6/(cpuSeconds(b)-begin), "MB/cpu-s")
	}
}

func cpuSeconds(b *testing.B) float64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// BenchmarkValid is encoding/json's check of the same pages, to read the others against.
func BenchmarkValid(b *testing.B) {
	pages, total := evidencePages(100, 100)
	b.SetBytes(total)
	defer onCPU(b, total)()
	for b.Loop() {
		for _, p := range pages {
			if !json.Valid(p) {
				b.Fatal("not valid")
			}
		}
	}
}

// BenchmarkScan is the scanner alone: the ceiling of Decode.
func BenchmarkScan(b *testing.B) {
	pages, total := evidencePages(100, 100)
	b.SetBytes(total)
	defer onCPU(b, total)()
	for b.Loop() {
		for _, p := range pages {
			if s := (jsonscan.Scanner{Src: p}); s.Skip(0, 0) < 0 {
				b.Fatal(s.Fault)
			}
		}
	}
}

// TestAllocations holds the hot path to almost none: what is left is per page and per batch.
func TestAllocations(t *testing.T) {
	const n, size = 50, 100
	pages, _ := evidencePages(n, size)
	d, err := Compile(Options{Connection: "things", ID: keys("id"), Tables: []Table{{Columns: evidenceColumns()}}})
	if err != nil {
		t.Fatal(err)
	}
	allocs := testing.AllocsPerRun(5, func() {
		for _, p := range pages {
			if _, err := d.Decode(bytes.Clone(p), released); err != nil {
				t.Fatal(err)
			}
		}
	})
	if per := allocs / n / size; per > 0.3 {
		t.Errorf("%.2f allocations a record, want at most 0.3", per)
	}
}
