package run

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/civic-etl/civic-etl/extract"
)

// script is a walk over rounds of windows.
type script struct {
	rounds [][]extract.Window
	got    []int
}

func (s *script) Next() []extract.Window {
	if len(s.rounds) == 0 {
		return nil
	}
	round := s.rounds[0]
	s.rounds = s.rounds[1:]
	return round
}

func (s *script) Got(p *extract.Page) error {
	s.got = append(s.got, p.Window.Index)
	return nil
}

func rounds(sizes ...int) *script {
	s := &script{}
	next := 0
	for _, size := range sizes {
		var round []extract.Window
		for range size {
			round = append(round, extract.Window{Index: next})
			next++
		}
		s.rounds = append(s.rounds, round)
	}
	return s
}

// testFlow decodes each page into a batch of its index and notes what is written.
func testFlow(allocator memory.Allocator, w walk) (*flow, *[]int) {
	var written []int
	return &flow{
		walk: w, workers: 3,
		fetch: func(_ context.Context, w extract.Window) (*extract.Page, error) {
			time.Sleep(time.Duration(w.Index*7%5) * time.Millisecond) // any order
			return &extract.Page{Window: w}, nil
		},
		decode: func(p *extract.Page, send func(row) error) error {
			return send(row{table: p.Window.Index, batch: emptyBatch(allocator)})
		},
		write: func(_ context.Context, r row) error {
			written = append(written, r.table)
			return nil
		},
	}, &written
}

func emptyBatch(allocator memory.Allocator) arrow.RecordBatch {
	b := array.NewRecordBuilder(allocator, arrow.NewSchema([]arrow.Field{{Name: "x", Type: arrow.PrimitiveTypes.Int64}}, nil))
	defer b.Release()
	b.Field(0).(*array.Int64Builder).Append(1)
	return b.NewRecordBatch()
}

func TestFlowKeepsOrder(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	allocator := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer allocator.AssertSize(t, 0)
	w := rounds(1, 30, 2)
	f, written := testFlow(allocator, w)
	if err := f.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(*written) || len(*written) != 33 || !slices.Equal(w.got, *written) {
		t.Errorf("written %v, got %v", *written, w.got)
	}
}

// TestFlowIsBounded: no more windows are under way than the pages that may wait.
func TestFlowIsBounded(t *testing.T) {
	f, _ := testFlow(memory.DefaultAllocator, rounds(50))
	var fetched, written atomic.Int64
	fetch, write := f.fetch, f.write
	f.fetch = func(ctx context.Context, w extract.Window) (*extract.Page, error) {
		// ahead of drive, one in pages, one decoding, one row, one writing
		if ahead := fetched.Add(1) - written.Load(); ahead > int64(3*f.workers+5) {
			t.Errorf("%d pages are in memory", ahead)
		}
		return fetch(ctx, w)
	}
	f.write = func(ctx context.Context, r row) error {
		time.Sleep(time.Millisecond)
		written.Add(1)
		return write(ctx, r)
	}
	if err := f.run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestFlowEnds: behind the last row, the rest of a round is not asked for.
func TestFlowEnds(t *testing.T) {
	w := rounds(1, 1000)
	f, written := testFlow(memory.DefaultAllocator, w)
	f.ends = func(p *extract.Page) bool { return p.Window.Index >= 3 }
	if err := f.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(*written); n < 4 || n > 4+2*f.workers || !slices.Equal(w.got, *written) {
		t.Errorf("%d pages, got %v", n, w.got)
	}
}

// TestIsEnd: an empty page is the end only if the server says that nothing follows.
func TestIsEnd(t *testing.T) {
	for _, test := range []struct {
		page extract.Page
		want bool
	}{
		{extract.Page{}, true},
		{extract.Page{HasNext: true}, false},
		{extract.Page{Nodes: 1}, false},
		{extract.Page{Rejects: make([]extract.Reject, 1)}, false},
		{extract.Page{Window: extract.Window{IDs: true}}, false},
	} {
		if got := isEnd(&test.page); got != test.want {
			t.Errorf("%+v: %t", test.page, got)
		}
	}
}

// TestLargeBatches: no batch is decoded while a large one is written.
func TestLargeBatches(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	allocator := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer allocator.AssertSize(t, 0)
	f, written := testFlow(allocator, rounds(8))
	var inUse atomic.Int64
	f.decode = func(p *extract.Page, send func(row) error) error {
		if n := inUse.Add(1); n > 1 {
			t.Errorf("%d batches", n)
		}
		b := array.NewRecordBuilder(allocator, arrow.NewSchema([]arrow.Field{{Name: "x", Type: arrow.BinaryTypes.String}}, nil))
		defer b.Release()
		b.Field(0).(*array.StringBuilder).Append(string(make([]byte, largeBatch)))
		return send(row{table: p.Window.Index, batch: b.NewRecordBatch()})
	}
	write := f.write
	f.write = func(ctx context.Context, r row) error {
		time.Sleep(time.Millisecond)
		defer inUse.Add(-1)
		return write(ctx, r)
	}
	if err := f.run(t.Context()); err != nil || len(*written) != 8 {
		t.Errorf("%d batches, %v", len(*written), err)
	}
	f.write = func(context.Context, row) error { return errors.New("disk full") }
	f.walk = rounds(8)
	inUse.Store(0)
	if err := f.run(t.Context()); err == nil {
		t.Error("no error")
	}
}

// TestFlowFails at every stage: the first error comes back, every goroutine
// ends, every batch is released.
func TestFlowFails(t *testing.T) {
	broken := errors.New("broken")
	for name, sabotage := range map[string]func(*flow){
		"fetch": func(f *flow) {
			f.fetch = func(_ context.Context, w extract.Window) (*extract.Page, error) {
				if w.Index == 9 {
					return nil, broken
				}
				return &extract.Page{Window: w}, nil
			}
		},
		"decode": func(f *flow) {
			decode := f.decode
			f.decode = func(p *extract.Page, send func(row) error) error {
				if p.Window.Index == 9 {
					return broken
				}
				return decode(p, send)
			}
		},
		"write": func(f *flow) {
			f.write = func(_ context.Context, r row) error {
				if r.table == 9 {
					return broken
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			allocator := memory.NewCheckedAllocator(memory.DefaultAllocator)
			defer allocator.AssertSize(t, 0)
			f, _ := testFlow(allocator, rounds(1, 40))
			sabotage(f)
			if err := f.run(t.Context()); !errors.Is(err, broken) {
				t.Errorf("the flow ended with %v", err)
			}
		})
	}
}

func TestFlowIsCancelled(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	f, _ := testFlow(memory.DefaultAllocator, rounds(1, 1000))
	f.fetch = func(ctx context.Context, w extract.Window) (*extract.Page, error) {
		if w.Index < 10 {
			return &extract.Page{Window: w}, nil
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := f.run(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the flow ended with %v", err)
	}
}
