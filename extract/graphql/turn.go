package graphql

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/semaphore"
)

// smallBody bounds an answer that is read without waiting for other answers. Real answers are smaller.
const smallBody = 4 << 20

// largeBodies lets one larger answer be read at a time in the whole process, so that memory stays bounded.
var largeBodies = semaphore.NewWeighted(1)

type turnKey struct{}

// WithTurn makes requests wait for turn to be closed before they read a large answer. A caller that asks for pages
// ahead closes it when the page is the next one it takes: then no two large pages wait in memory.
func WithTurn(ctx context.Context, turn <-chan struct{}) context.Context {
	return context.WithValue(ctx, turnKey{}, turn)
}

// AwaitTurn blocks until a value of a size may be held in memory, or until ctx ends.
func AwaitTurn(ctx context.Context, size int64) error {
	turn, _ := ctx.Value(turnKey{}).(<-chan struct{})
	if turn == nil || size < smallBody {
		return nil
	}
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// deadlines bound one attempt. They stand still while the attempt waits for its turn.
type deadlines struct {
	whole, idle *time.Timer
	end         time.Time // of whole
	longestIdle time.Duration
}

// newDeadlines starts the deadline of an attempt. The one for silence inside a body starts with the body.
func (c *Client) newDeadlines(cancel context.CancelCauseFunc) *deadlines {
	d := &deadlines{longestIdle: c.options.Idle, end: time.Now().Add(c.options.Timeout)}
	d.whole = time.AfterFunc(c.options.Timeout, func() {
		cancel(fmt.Errorf("no whole answer within %s", c.options.Timeout))
	})
	d.idle = time.AfterFunc(c.options.Timeout, func() {
		cancel(fmt.Errorf("the answer stalled for %s", c.options.Idle))
	})
	d.idle.Stop()
	return d
}

func (d *deadlines) stop() {
	d.whole.Stop()
	d.idle.Stop()
}

// largeTurn waits until a large body may be read. The caller calls release when it has read the answer.
func (d *deadlines) largeTurn(ctx context.Context) (release func(), err error) {
	left := time.Until(d.end)
	if !d.whole.Stop() { // it is over
		return func() {}, context.Cause(ctx)
	}
	d.idle.Stop()
	if err := AwaitTurn(ctx, smallBody); err != nil {
		return func() {}, err
	}
	if largeBodies.Acquire(ctx, 1) != nil {
		return func() {}, context.Cause(ctx)
	}
	d.whole.Reset(left)
	d.idle.Reset(d.longestIdle)
	d.end = time.Now().Add(left)
	return func() { largeBodies.Release(1) }, nil
}
