package limit_test

import (
	"context"
	"fmt"
	"time"

	"github.com/civic-etl/civic-etl/extract/limit"
)

// Three requests may start in any minute. The fourth one waits for a window of its own;
// here its context ends first.
func Example() {
	limiter := limit.New(3, time.Minute)
	for range 3 {
		grant, err := limiter.Wait(context.Background(), nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		grant.Written()  // when the request has left
		grant.Accepted() // when the answer is not a 429
	}
	fmt.Println(limiter.Left(context.Background()), "requests left")

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := limiter.Wait(ctx, func(_ time.Time, why string) { fmt.Println("waiting:", why) })
	fmt.Println(err)
	// Output:
	// 0 requests left
	// waiting: the configured rate limit is used up
	// context deadline exceeded
}
