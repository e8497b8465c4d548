package extract

import (
	"testing"

	"github.com/vektah/gqlparser/v2"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
)

// TestDocumentsAreValid holds what is asked of the API against its schema: the
// pages, the count and the follow-ups, however the one record is found.
func TestDocumentsAreValid(t *testing.T) {
	schema := schemas.Embedded()
	tests := []struct {
		connection, args string
		paths            []string
	}{
		{"evidenceItems", "status: ACCEPTED, ids: [1, 2]", []string{"id", "molecularProfile.evidenceItems.id"}},
		{"variantGroups", "", []string{"id", "name", "variants.id", "variants.name", "variants.feature.name"}},
		{"variantGroups", "", []string{"variants.molecularProfiles.evidenceItems.id", "variants.molecularProfiles.id"}},
		{"variants", "", []string{"id", "GeneVariant.molecularProfiles.name", "FusionVariant.molecularProfiles.name", "molecularProfiles.id"}},
		{"variants", "", []string{"feature.featureInstance.Gene.id", "feature.featureInstance.Gene.variants.name"}},
		{"genes", "", []string{"id", "variants.name"}},
		{"molecularProfiles", "evidenceStatusFilter: ALL", []string{"id", "parsedName.Feature.variants.id", "evidenceItems.id"}},
		{"organizations", "", []string{"id", "members.id"}},
	}
	for _, test := range tests {
		t.Run(test.connection+" "+test.paths[len(test.paths)-1], func(t *testing.T) {
			c, err := schema.Connection(test.connection)
			if err != nil {
				t.Fatal(err)
			}
			var paths []*schemas.Path
			for _, text := range test.paths {
				path, err := schema.Resolve(c.Node, text)
				if err != nil {
					t.Fatal(err)
				}
				paths = append(paths, path)
			}
			selection := schema.Select(c.Node, paths...)
			if schemas.Branches(selection.Fields) == nil {
				t.Fatal("no path leads through a connection")
			}
			for _, paging := range []Paging{Offset, IDs} {
				for _, single := range []string{c.Single, ""} {
					for _, ids := range []bool{c.IDs, false} {
						changed := *c
						changed.Single, changed.IDs = single, ids
						q := &Query{Connection: &changed, Args: test.args, Selection: selection, Paging: paging, OrderByID: c.SortByID}
						if paging == IDs && (!c.HasIDsArg || test.args != "") {
							continue
						}
						valid(t, schema, q)
					}
				}
			}
		})
	}
}

func valid(t *testing.T, schema *schemas.Schema, q *Query) {
	t.Helper()
	activities, err := schema.Connection("activities")
	if err != nil {
		t.Fatal(err)
	}
	queries := []CountQuery{{}, {IDs: []int64{1, 2}}, {IDs: []int64{1}, Nodes: 1}, {After: 100, Nodes: 100}, {IDs: []int64{3}, After: FarRow}}
	if !q.Connection.HasIDsArg {
		queries = []CountQuery{{}, {After: 100, Nodes: 100}}
	}
	together, _ := q.countText(queries)
	alone, _ := q.countText(queries[:1])
	documents := []string{q.Text(), together, alone, q.versionText(nil), q.versionText(activities)}
	s := Open(&graphql.Client{}, q)
	for _, id := range [][]byte{[]byte("12"), nil} {
		var all []*nestedJob
		w := Window{Offset: 100, Size: 100, IDs: q.Paging == IDs}
		for _, g := range everyPartial(s.nested, []*place{{index: 3, id: id}}) {
			for _, state := range []int{collecting, proving} {
				j := &nestedJob{list: &nestedList{partial: g, state: state, size: 100}, from: 100}
				one, _ := s.followUps(w, []*nestedJob{j})
				documents, all = append(documents, one), append(all, j)
			}
		}
		batch, _ := s.followUps(w, all)
		documents = append(documents, batch)
	}
	for _, text := range documents {
		if _, err := gqlparser.LoadQueryWithRules(schema.AST(), text, nil); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

// everyPartial makes one gap for each connection below some branches.
func everyPartial(nested map[string]*schemas.Branch, trail []*place) []*partial {
	var found []*partial
	for _, b := range nested {
		index := -1
		if b.Field.List || b.Field.Connection {
			index = 2
		}
		if b.Field.Connection {
			found = append(found, &partial{trail: trail, branch: b})
		}
		deeper := append(append([]*place{}, trail...), &place{branch: b, index: index, id: []byte("7")})
		found = append(found, everyPartial(b.Inner, deeper)...)
	}
	return found
}

func TestFollowUpText(t *testing.T) {
	q := thingsQuery()
	q.Connection.Single = "thing"
	q.Selection = &schemas.Selection{Fields: []*schemas.Field{
		scalar("id"), connField("members", scalar("id"), objField("profile", connField("evidence", scalar("id")))),
	}}
	s := Open(&graphql.Client{}, q)
	members := s.nested["members"]
	profile := members.Inner["profile"]
	g := &partial{
		trail:  []*place{{index: 0, id: []byte("12")}, {branch: members, index: 5, id: []byte("77")}, {branch: profile, index: -1}},
		branch: profile.Inner["evidence"],
	}
	want := `query ThingsRest {
  thing(id: 12) {
    id
    members(first: 1, after: "NQ") {
      nodes {
        id
        profile {
          evidence(first: 100, after: "MTAw") {
            totalCount
            pageInfo { hasNextPage endCursor }
            nodes {
              id
            }
          }
        }
      }
    }
  }
}
`
	got, _ := s.followUps(Window{Size: 100}, []*nestedJob{{list: &nestedList{partial: g, size: 100}, from: 100}})
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	members.field.Single = "member"
	want = `query ThingsRest {
  member(id: 77) {
    id
    profile {
      evidence(first: 5, after: null) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { id }
      }
    }
  }
}
`
	got, _ = s.followUps(Window{Size: 100}, []*nestedJob{{list: &nestedList{partial: g, size: 5, state: proving}}})
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
