package extract

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
)

// Version asks the server for a text that changes with the API's data: the number of records of the
// query and, if the server has the connection of curators' activities, their number and the time of
// the newest one. Activities may be nil.
func Version(ctx context.Context, client *graphql.Client, q *Query, activities *schemas.Connection) (string, error) {
	version, err := askVersion(ctx, client, q, q.versionText(activities))
	if refused, ok := errors.AsType[*graphql.Error](err); activities != nil && ok && refused.Invalid() {
		version, err = askVersion(ctx, client, q, q.versionText(nil))
	}
	if err != nil {
		return "", fmt.Errorf("read the version of the data: %w", err)
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
		version += ", the newest of " + graphql.Printable(more.Newest.Nodes[0].CreatedAt)
	}
	return version, nil
}

// versionText asks for the number of records and the newest activity, which the server lists first.
func (q *Query) versionText(activities *schemas.Connection) string {
	args, newest := "", ""
	if list := q.args(); len(list) > 0 {
		args = "(" + strings.Join(list, ", ") + ")"
	}
	if activities != nil {
		only := "first: 1"
		for _, a := range activities.Args {
			if a.Name == "includeAutomatedEvents" {
				only += ", includeAutomatedEvents: true"
			}
		}
		newest = fmt.Sprintf("  newest: %s(%s) {\n    totalCount\n    nodes {\n      createdAt\n    }\n  }\n",
			activities.Name, only)
	}
	return fmt.Sprintf("query %sVersion {\n  %s%s {\n    totalCount\n  }\n%s}\n",
		q.name(), q.Connection.Name, args, newest)
}
