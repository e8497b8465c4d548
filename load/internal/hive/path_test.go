package hive

import (
	"math"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/load/internal/tabletest"
)

func TestEscapePath(t *testing.T) {
	for in, want := range map[string]string{
		"A":                 "A",
		"a/b":               "a%2Fb",
		"/a":                "%2Fa",
		"100%":              "100%25",
		"a=b":               "a%3Db",
		"\"#'*:?\\{[]^\x7f": "%22%23%27%2A%3A%3F%5C%7B%5B%5D%5E%7F",
		"\x00\x01\n\x1f":    "%00%01%0A%1F",
		" <>|}!@$&()+,;~`":  " <>|}!@$&()+,;~`",
		"naïve 日本 😀":        "naïve 日本 😀",
		"..":                "..",
	} {
		if got := Escape(in); got != want {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
}

// TestNullText: a text that a reader would take for a null is not.
func TestNullText(t *testing.T) {
	for in, want := range map[string]string{
		"NULL": "%4EULL", "null": "%6Eull", "nullable": "nullable", Null: "%5F" + Null[1:],
	} {
		if got := valueText(&in); got != want || sparkUnescape(got) != in {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
}

func TestPartitionPath(t *testing.T) {
	text := func(s string) *string { return &s }
	for _, c := range []struct {
		columns []string
		values  []*string
		want    string
	}{
		{[]string{"level"}, []*string{text("A")}, "level=A"},
		{[]string{"level", "year"}, []*string{text("A"), text("2015")}, "level=A/year=2015"},
		{[]string{"level"}, []*string{nil}, "level=__HIVE_DEFAULT_PARTITION__"},
		{[]string{"level"}, []*string{text("")}, "level=__HIVE_DEFAULT_PARTITION__"},
		{[]string{"level"}, []*string{text("..")}, "level=.."},
		{[]string{"a/b"}, []*string{text("../../x")}, "a%2Fb=..%2F..%2Fx"},
	} {
		if got, err := Path(c.columns, c.values); got != c.want || err != nil {
			t.Errorf("%v %v: %q %v, not %q", c.columns, c.values, got, err, c.want)
		}
	}
	if _, err := Path([]string{"c"}, []*string{text(strings.Repeat("/", 100))}); err == nil || !strings.Contains(err.Error(), "name of 302 bytes") {
		t.Errorf("a name too long: %v", err)
	}
}

// FuzzPartitionPath: no value makes a path that leaves the folder, or more or
// fewer folders than columns, and Spark reads back the value.
func FuzzPartitionPath(f *testing.F) {
	for _, s := range tabletest.NastyTexts {
		f.Add(s, "b")
		f.Add("a", s)
	}
	f.Fuzz(func(t *testing.T, column, text string) {
		if column == "" {
			return
		}
		second := "x"
		got, err := Path([]string{column, "second"}, []*string{&text, &second})
		if err != nil {
			if len(column)*3+max(len(text)*3, len(Null)) < 240 {
				t.Fatal(err)
			}
			return
		}
		parts := strings.Split(got, "/")
		if len(parts) != 2 || !filepath.IsLocal(got) || path.Clean(got) != got || strings.ContainsRune(got, 0) {
			t.Fatalf("%q", got)
		}
		name, value, ok := strings.Cut(parts[0], "=")
		if !ok || sparkUnescape(name) != column {
			t.Fatalf("column %q came back from %q", column, got)
		}
		if want := text; text != "" && sparkUnescape(value) != want {
			t.Fatalf("value %q came back as %q", want, sparkUnescape(value))
		}
	})
}

func TestJavaDouble(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0.0", math.Copysign(0, -1): "-0.0", 1: "1.0", -2.5: "-2.5", 0.001: "0.001", 0.00099: "9.9E-4", 9999999: "9999999.0", 1e7: "1.0E7", 12345678.5: "1.23456785E7",
		1e-10: "1.0E-10", 1e100: "1.0E100", math.Inf(1): "Infinity", math.Inf(-1): "-Infinity",
	} {
		if got := javaDouble(f); got != want {
			t.Errorf("%v: %s, not %s", f, got, want)
		}
	}
	if got := javaDouble(math.NaN()); got != "NaN" {
		t.Error(got)
	}
}

// sparkUnescape is Spark's ExternalCatalogUtils.unescapePathName.
func sparkUnescape(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(c))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}
