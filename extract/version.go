package extract

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// Version asks the server for a text that changes with the API's data: the number of
// records of the query and, if activities (the connection of curators' actions) is not
// nil, their number and the time of the newest one. A server that does not know
// activities gives the number of records alone.
func Version(ctx context.Context, client *graphql.Client, q *Query, activities *schemas.Connection) (string, error) {
	version, err := askVersion(ctx, client, q, q.versionText(activities))
	var refused *graphql.Error
	if activities != nil && errors.As(err, &refused) && refused.Invalid() {
		version, err = askVersion(ctx, client, q, q.versionText(nil))
	}
	if err != nil {
		return "", fmt.Errorf("ask which version the data are: %w", err)
	}
	return version, nil
}

func askVersion(ctx context.Context, client *graphql.Client, q *Query, text string) (version string, err error) {
	result := make([]CountResult, 1)
	r := &countReader{query: q, queries: []CountQuery{{}}, into: result}
	accept := func(a *graphql.Answer) error {
		if err := r.accept(); err != nil {
			return err
		}
		version, err = versionOf(result[0].Total, a.Data)
		return err
	}
	_, err = client.Ask(ctx, &graphql.Request{Query: text, Fresh: true, Read: r.data, Accept: accept})
	return version, err
}

func versionOf(total int, data []byte) (string, error) {
	var more struct {
		Newest *struct {
			TotalCount int `json:"totalCount"`
			Nodes      []struct {
				CreatedAt string `json:"createdAt"`
			} `json:"nodes"`
		} `json:"newest"`
	}
	if err := json.Unmarshal(data, &more); err != nil {
		return "", fmt.Errorf("read the newest activity: %w", err)
	}
	version := fmt.Sprintf("%d records", total)
	if more.Newest == nil {
		return version, nil
	}
	version += fmt.Sprintf(" and %d activities", more.Newest.TotalCount)
	if len(more.Newest.Nodes) > 0 {
		version += ", the newest of " + graphql.Printable(jsonscan.Clip([]byte(more.Newest.Nodes[0].CreatedAt)))
	}
	return version, nil
}

// versionText asks for the number of records and the newest activity: the server lists
// the newest first.
func (q *Query) versionText(activities *schemas.Connection) string {
	var b strings.Builder
	args := ""
	if list := q.args(); len(list) > 0 {
		args = "(" + strings.Join(list, ", ") + ")"
	}
	fmt.Fprintf(&b, "query %sVersion {\n  %s%s {\n    totalCount\n  }\n", q.name(), q.Connection.Name, args)
	if activities != nil {
		args := "first: 1"
		for _, a := range activities.Args {
			if a.Name == "includeAutomatedEvents" {
				args += ", includeAutomatedEvents: true"
			}
		}
		fmt.Fprintf(&b, "  newest: %s(%s) {\n    totalCount\n    nodes {\n      createdAt\n    }\n  }\n",
			activities.Name, args)
	}
	b.WriteString("}\n")
	return b.String()
}
