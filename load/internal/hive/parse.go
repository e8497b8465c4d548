package hive

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/civic-etl/civic-etl/load/internal/textio"
	"github.com/civic-etl/civic-etl/schemas"
)

// formerTime is how earlier versions wrote a timestamp, in UTC.
const formerTime = "2006-01-02 15:04:05.999999"

// Append parses the text of a partition value, as Text wrote it, and adds the value to a builder. Nil is null.
func Append(b array.Builder, kind schemas.Kind, text *string) error {
	if text == nil {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.TimestampBuilder:
		if t, err := time.Parse(formerTime, *text); err == nil {
			b.Append(arrow.Timestamp(t.UnixMicro()))
			return nil
		}
	case *array.Float64Builder:
		v, err := strconv.ParseFloat(*text, 64)
		if err == nil && javaDouble(v) != *text && !math.IsNaN(v) {
			err = fmt.Errorf("%q is not the text of a number in a path", *text)
		}
		b.Append(v)
		return err
	}
	return textio.Append(b, kind, []byte(*text))
}

// Unescape reverses Escape.
func Unescape(s string) (string, error) {
	var b strings.Builder
	for len(s) > 0 {
		if s[0] != '%' {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		if len(s) < 3 {
			return "", fmt.Errorf("%q ends within a percent code", s)
		}
		c, err := hex.DecodeString(s[1:3])
		if err != nil {
			return "", fmt.Errorf("%q is not a percent code", s[:3])
		}
		b.WriteByte(c[0])
		s = s[3:]
	}
	return b.String(), nil
}
