package graphql

import (
	"context"
)

// Journal stores the answers of a run, so that a later run can resume it. All methods are called
// concurrently.
//
// A run may repeat a request (for a page whose data changed, or to repair missing records) and get
// another answer: a journal gives the answers to one request in the order of Keep, each once.
type Journal interface {
	// Next gives the earlier run's next answer to a request, nil if there is none.
	Next(request []byte) []byte
	// Keep stores an answer. It must not keep the slices.
	Keep(request, answer []byte)
}

// KeepAnswers makes the client take answers from a journal and add its own.
func (c *Client) KeepAnswers(j Journal) { c.journal = j }

// fromJournal gives the earlier run's answer to a request. It checks answers like the server's.
func (c *Client) fromJournal(ctx context.Context, body []byte, r *Request) *Answer {
	for ctx.Err() == nil {
		text := c.journal.Next(body)
		if text == nil {
			return nil
		}
		if answer, err := c.readAnswer(text, r.Read); err == nil && r.accept(answer) == nil {
			c.stats.resumed.Add(1)
			return answer
		}
	}
	return nil
}
