package demoapi

import (
	"fmt"
	"net/http"
	"testing"
)

// wide is about what the shipped evidence pipeline asks for.
const wide = `{ evidenceItems(first: 100, status: ALL, sortBy: {column: ID, direction: ASC}, after: %q) { totalCount pageInfo { hasNextPage endCursor }
	nodes { id name status evidenceType evidenceLevel evidenceDirection evidenceRating significance variantOrigin description therapyInteractionType flagged
	molecularProfile { id name molecularProfileScore variants { __typename id name feature { id name featureType }
		... on GeneVariant { alleleRegistryId coordinates { chromosome start stop referenceBuild } } } }
	disease { id name doid } therapies { id name ncitId } phenotypes { id name hpoId }
	source { id citationId sourceType citation ascoAbstractId publicationYear title clinicalTrials { nctId } }
	assertions { id } submissionEvent { createdAt } acceptanceEvent { createdAt } lastAcceptedRevisionEvent { createdAt } } } }`

// BenchmarkAllEvidence serves all 14,400 evidence items in 144 pages.
func BenchmarkAllEvidence(b *testing.B) {
	s := newServer(b, Options{})
	for b.Loop() {
		bytes := 0
		for page := range 144 {
			w := post(s, fmt.Sprintf(wide, cursor(page*100)), nil)
			if w.Code != http.StatusOK || w.Body.Len() < 20_000 {
				b.Fatalf("page %d: %d: %.200s", page, w.Code, w.Body)
			}
			bytes += w.Body.Len()
		}
		b.ReportMetric(float64(bytes)/1e6, "MB")
	}
}

// BenchmarkNew makes a server, and answers one page.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		s := newServer(b, Options{})
		if w := post(s, fmt.Sprintf(wide, cursor(0)), nil); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
