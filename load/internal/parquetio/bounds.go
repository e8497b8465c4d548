package parquetio

import (
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
)

// BoundSize is the maximum length of a text in statistics and in the page index, in bytes.
const BoundSize = 64

// boundedText is the type of text pages with bounds of at most BoundSize bytes. parquet-go would copy whole texts
// into the statistics of a column chunk, and so into the footer.
type boundedText struct{ lazyType }

// NewColumnBuffer returns a buffer whose pages have short bounds.
func (t boundedText) NewColumnBuffer(column, values int) parquet.ColumnBuffer {
	return boundedBuffer{t.lazyType.NewColumnBuffer(column, values)}
}

type boundedBuffer struct{ parquet.ColumnBuffer }

// Page returns the page.
func (b boundedBuffer) Page() parquet.Page { return boundedPage{b.ColumnBuffer.Page()} }

// Clone returns a copy of the buffer.
func (b boundedBuffer) Clone() parquet.ColumnBuffer { return boundedBuffer{b.ColumnBuffer.Clone()} }

type boundedPage struct{ parquet.Page }

// Bounds returns bounds of the values, shortened if they are texts.
func (p boundedPage) Bounds() (least, most parquet.Value, ok bool) {
	return shortBounds(p.Page.Bounds())
}

func shortBounds(least, most parquet.Value, ok bool) (parquet.Value, parquet.Value, bool) {
	if ok && least.Kind() == parquet.ByteArray {
		least = parquet.ByteArrayValue(lowerBound(least.ByteArray()))
		most = parquet.ByteArrayValue(upperBound(most.ByteArray()))
	}
	return least, most, ok
}

// lowerBound is the longest prefix of a text that has whole characters and fits: no text is less than its prefix.
func lowerBound(text []byte) []byte {
	if len(text) <= BoundSize {
		return text
	}
	n := BoundSize
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// upperBound is a short text that is greater than all texts with the prefix of a long one: the prefix with its last
// character replaced by the next. The order of UTF-8 bytes is that of the characters.
func upperBound(text []byte) []byte {
	if len(text) <= BoundSize {
		return text
	}
	for prefix := lowerBound(text); len(prefix) > 0; {
		last, size := utf8.DecodeLastRune(prefix)
		prefix = prefix[:len(prefix)-size]
		if last == utf8.RuneError && size == 1 {
			return text // not UTF-8: the check of the file refuses it
		}
		if last++; last == 0xD800 { // the surrogates
			last = 0xE000
		}
		if last <= utf8.MaxRune && len(prefix)+utf8.RuneLen(last) <= BoundSize {
			return utf8.AppendRune(append([]byte{}, prefix...), last)
		}
	}
	return text
}
