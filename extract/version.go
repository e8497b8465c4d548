package extract

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/civic-etl/civic-etl/schemas"
)

// Version asks for a text that changes when the API's data do: how many records
// the query has and, if activities (a connection of what curators did) is not
// nil, how many of these there are and when the newest was. It is always asked
// of the server. One that does not know activities gives the number of records
// alone.
func (c *Client) Version(ctx context.Context, q *Query, activities *schemas.Connection) (string, error) {
	version, err := c.version(ctx, q.versionText(activities), q.Connection.Name)
	var refused *GraphQLError
	if activities != nil && errors.As(err, &refused) && refused.Invalid() {
		version, err = c.version(ctx, q.versionText(nil), q.Connection.Name)
	}
	if err != nil {
		return "", fmt.Errorf("ask which version the data are: %w", err)
	}
	return version, nil
}

func (c *Client) version(ctx context.Context, text, connection string) (version string, err error) {
	_, err = c.doFresh(ctx, text, nil, func(a *Answer) error {
		r, err := readReply(a.Data, connection, question{})
		if err != nil {
			return err
		}
		version, err = versionOf(r.total, a.Data)
		return err
	})
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
		version += ", the newest of " + printable(cut(more.Newest.Nodes[0].CreatedAt, 40))
	}
	return version, nil
}

// versionText asks how many records there are, and for the newest activity: the
// server lists them with the newest first.
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
		fmt.Fprintf(&b, "  newest: %s(%s) {\n    totalCount\n    nodes {\n      createdAt\n    }\n  }\n", activities.Name, args)
	}
	b.WriteString("}\n")
	return b.String()
}

// Moved says whether an error is that the data changed while they were read: the
// same answers would lead to it again.
func Moved(err error) bool { return errors.Is(err, errMoved) }
