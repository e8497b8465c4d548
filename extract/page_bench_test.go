package extract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// BenchmarkLivePage measures the bytes of an answer on their way to an accepted
// page: 100 records of 1.5 KB, without and with connections nested in them.
func BenchmarkLivePage(b *testing.B) {
	flat := &schemas.Selection{Fields: []*schemas.Field{scalar("id")}}
	nested := &schemas.Selection{Fields: []*schemas.Field{scalar("id"), connField("members", scalar("id"), scalar("name"))}}
	for name, selection := range map[string]*schemas.Selection{"flat": flat, "nested": nested} {
		b.Run(name, func(b *testing.B) {
			q := thingsQuery()
			q.Selection = selection
			body, branches := livePage(), schemas.Branches(selection.Fields)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := acceptLivePage(q, branches, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func livePage() []byte {
	var nodes []string
	statement := strings.Repeat(`In patients with BRAF V600E, \"vemurafenib\" improved survival. `, 10)
	for id := range 100 {
		var members []string
		for m := range 8 {
			members = append(members, fmt.Sprintf(`{"id":%d,"name":"member %d of it"}`, m, m))
		}
		nodes = append(nodes, fmt.Sprintf(`{"__typename":"Thing","id":%d,"name":"EID%d","description":"%s","status":"ACCEPTED",`+
			`"disease":{"id":%d,"name":"Melanoma","doid":"1909"},"rating":%d,"therapies":[{"id":4,"name":"Vemurafenib"},{"id":7,"name":"Dabrafenib"}],`+
			`"members":{"totalCount":8,"pageInfo":{"hasNextPage":false,"endCursor":"OA"},"nodes":[%s]}}`, id+1, id+1, statement, id, id%5, strings.Join(members, ",")))
	}
	return []byte(`{"data":{"things":{"totalCount":4800,"pageInfo":{"hasNextPage":true,"endCursor":"MTAw"},"nodes":[` + strings.Join(nodes, ",") + `]}}}`)
}

func acceptLivePage(q *Query, nested map[string]*schemas.Branch, body []byte) error {
	p := q.newPage(Window{Size: 100})
	p.nested = nested
	if err := p.read(body); err != nil {
		return err
	}
	return q.checkPart(p, 0, 100)
}
