package zstdpage_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/civic-etl/civic-etl/load/zstdpage"
)

var library = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil)
	if err != nil {
		panic(err)
	}
	return d
})

// roundTrip compresses a page, checks that the library reads it back, and gives
// the frame.
func roundTrip(t *testing.T, e *zstdpage.Encoder, page []byte) []byte {
	t.Helper()
	prefix := []byte("before")
	framed := e.Append(bytes.Clone(prefix), page)
	frame, found := bytes.CutPrefix(framed, prefix)
	if !found {
		t.Fatal("what stood before the frame was changed")
	}
	read, err := library().DecodeAll(frame, nil)
	if err != nil {
		t.Fatalf("the library refuses the frame of %d bytes: %v", len(page), err)
	}
	if !bytes.Equal(read, page) {
		t.Fatalf("of a page of %d bytes, %d other ones were read back", len(page), len(read))
	}
	var header zstd.Header
	if err := header.Decode(frame); err != nil || !header.SingleSegment || header.HasCheckSum || header.FrameContentSize != uint64(len(page)) {
		t.Fatalf("header %+v, error %v", header, err)
	}
	return frame
}

// shapes are kinds of content, each of any size.
var shapes = map[string]func(r *rand.Rand, size int) []byte{
	"zeros": func(_ *rand.Rand, size int) []byte { return make([]byte, size) },
	"noise": noise,
	"text":  statements,
	"few letters": func(r *rand.Rand, size int) []byte {
		page := make([]byte, size)
		for i := range page {
			page[i] = "aab"[r.IntN(3)]
		}
		return page
	},
	"numbers": func(r *rand.Rand, size int) []byte {
		page := make([]byte, size)
		for i := range page {
			if i%8 < 2 {
				page[i] = byte(r.Uint32())
			}
		}
		return page
	},
	"noise and its copy": func(r *rand.Rand, size int) []byte {
		half := noise(r, size/2+1)
		return append(half, half...)[:size]
	},
	"skewed bytes": func(r *rand.Rand, size int) []byte {
		page := make([]byte, size)
		for i := range page {
			page[i] = byte(r.ExpFloat64() * 9)
		}
		return page
	},
	"long runs": func(r *rand.Rand, size int) []byte {
		var page []byte
		for len(page) < size {
			page = append(page, bytes.Repeat([]byte{byte(r.Uint32())}, 1+r.IntN(70_000))...)
		}
		return page[:size]
	},
	"noise in text": func(r *rand.Rand, size int) []byte {
		page := statements(r, size)
		copy(page[size/3:], noise(r, size/3))
		return page
	},
}

func noise(r *rand.Rand, size int) []byte {
	page := make([]byte, size)
	for i := range page {
		page[i] = byte(r.Uint32())
	}
	return page
}

// statements are sentences of a small language, as long as those of CIViC.
func statements(r *rand.Rand, size int) []byte {
	words := make([]string, 2000)
	for i := range words {
		for range 1 + r.IntN(4) {
			words[i] += string([]byte{"bcdfglmnprstv"[r.IntN(13)], "aeiou"[r.IntN(5)]})
		}
	}
	var page []byte
	for len(page) < size {
		page = append(page, byte(r.Uint32()), 1, 0, 0)
		for range 60 {
			w := words[int(r.ExpFloat64()*300)%len(words)]
			page = append(append(page, w...), ' ')
		}
		page = fmt.Appendf(page, "(%d.%d%%, n=%d)", r.IntN(100), r.IntN(10), r.IntN(900))
	}
	return page[:size]
}

func TestRoundTrip(t *testing.T) {
	const block = 128 << 10
	sizes := []int{0, 1, 2, 7, 15, 16, 17, 31, 32, 63, 64, 255, 256, 257, 1000, 1023, 1024, 4095, 4096, 16_383, 16_384, 65_535, 65_536, 65_791, 65_792,
		block - 1, block, block + 1, block + 17, 2 * block, 3*block + 5, 1 << 20, zstdpage.MaxSize}
	e := zstdpage.New()
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			for _, size := range sizes {
				if size >= 1<<20 && name != "text" {
					continue // as many blocks as that show nothing more
				}
				page := shape(rand.New(rand.NewPCG(1, uint64(size))), size)
				frame := roundTrip(t, e, page)
				if most := size + size>>10 + 16; len(frame) > most {
					t.Errorf("%d bytes became %d", size, len(frame))
				}
			}
		})
	}
}

// TestSmallPages goes through all small sizes, where each part of a frame has the most forms.
func TestSmallPages(t *testing.T) {
	e := zstdpage.New()
	for name, shape := range shapes {
		page := shape(rand.New(rand.NewPCG(2, 0)), 3000)
		for size := 0; size < len(page); size += 1 + size/300 {
			if roundTrip(t, e, page[:size]); t.Failed() {
				t.Fatalf("%s of %d bytes", name, size)
			}
		}
	}
}

// TestNothingLeft checks that a frame does not depend on the pages before it.
func TestNothingLeft(t *testing.T) {
	used := zstdpage.New()
	for name, shape := range shapes {
		for _, size := range []int{300, 5000, 300_000} {
			page := shape(rand.New(rand.NewPCG(3, uint64(size))), size)
			if !bytes.Equal(used.Append(nil, page), zstdpage.New().Append(nil, page)) {
				t.Errorf("%s of %d bytes: a used encoder gives another frame than a new one", name, size)
			}
		}
	}
}

// TestSize holds the frames against those of the library's encoder at the same
// level.
func TestSize(t *testing.T) {
	for _, name := range []string{"text", "few letters", "numbers", "noise and its copy", "skewed bytes"} {
		page := shapes[name](rand.New(rand.NewPCG(4, 0)), 1<<20)
		ours, theirs := len(zstdpage.New().Append(nil, page)), len(libraryEncoder(t).EncodeAll(page, nil))
		t.Logf("%s: %d bytes, the library's encoder %d", name, ours, theirs)
		if float64(ours) > 1.02*float64(theirs) {
			t.Errorf("%s: %d bytes, the library's encoder needs %d", name, ours, theirs)
		}
	}
}

func libraryEncoder(t testing.TB) *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20),
		zstd.WithEncoderCRC(false), zstd.WithAllLitEntropyCompression(true))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestTooLarge(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a page that is too large was taken")
		}
	}()
	zstdpage.New().Append(nil, make([]byte, zstdpage.MaxSize+1))
}

// FuzzAppend repeats and mixes what it is given, so that pages of many blocks are met too.
func FuzzAppend(f *testing.F) {
	f.Add([]byte("a statement, and the statement again"), uint32(1), uint8(3))
	f.Add([]byte(strings.Repeat("ab", 70)), uint32(9000), uint8(0))
	f.Add([]byte{0, 1, 2, 3}, uint32(70_000), uint8(255))
	e := zstdpage.New()
	f.Fuzz(func(t *testing.T, piece []byte, repeat uint32, seed uint8) {
		r := rand.New(rand.NewPCG(uint64(seed), 0))
		page := bytes.Clone(piece)
		for size := int(repeat % (300 << 10)); len(piece) > 0 && len(page) < size; {
			from := r.IntN(len(page))
			page = append(page, page[from:min(len(page), from+1+r.IntN(1+len(piece)+int(seed)))]...)
			if r.IntN(4) == 0 {
				page = append(page, byte(r.Uint32()))
			}
		}
		roundTrip(t, e, page)
	})
}

// BenchmarkAppend compares with the library's encoder over the same pages.
func BenchmarkAppend(b *testing.B) {
	page := statements(rand.New(rand.NewPCG(5, 0)), 1<<20)
	dst := make([]byte, 0, len(page))
	encoders := map[string]func(dst, page []byte) []byte{
		"zstdpage": zstdpage.New().Append,
		"library":  func(dst, page []byte) []byte { return libraryAt(b).EncodeAll(page, dst) },
	}
	for _, name := range []string{"zstdpage", "library"} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			b.ReportAllocs()
			for b.Loop() {
				dst = encoders[name](dst[:0], page)
			}
			b.ReportMetric(float64(len(page))/float64(len(dst)), "times")
		})
	}
}

var libraryAt = func() func(testing.TB) *zstd.Encoder {
	var e *zstd.Encoder
	return func(t testing.TB) *zstd.Encoder {
		if e == nil {
			e = libraryEncoder(t)
		}
		return e
	}
}()
