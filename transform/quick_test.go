package transform

import (
	"fmt"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

// slow takes the quick way from all nodes.
func (n *node) slow() {
	n.quick = ordinary
	for _, c := range n.children {
		c.slow()
	}
}

// TestQuick: the quick way and the ordinary one give the same rows, rejects and faults, whatever stands where a value belongs.
func TestQuick(t *testing.T) {
	kinds := []Column{
		str("text", "v"), num("int64", "v"), col("int32", "v", schemas.Type{Kind: schemas.Int32, Nullable: true}, schemas.Int32),
		col("float", "v", nullFloat, schemas.Float64), col("bool", "v", nullBool, schemas.Bool),
		col("time", "v", schemas.Type{Kind: schemas.Timestamp, Nullable: true}, schemas.Timestamp),
		col("required", "v", schemas.Type{Kind: schemas.String}, schemas.String),
		strs("texts", "v[]"), col("ints", "v[]", listInt, schemas.Int64),
	}
	values := quickValues()
	for _, c := range kinds {
		t.Run(c.Name, func(t *testing.T) {
			o := Options{Tables: []Table{{Columns: []Column{c}}}}
			quickly, slowly := decoder(t, o), decoder(t, o)
			slowly.root.slow()
			for _, v := range values {
				if c.Type.List {
					v = "[" + v + "," + v + "]"
				}
				for _, tail := range []string{"}", " ,\"another\":null}"} {
					body := page(`{"v":`+v+tail, `{"v":null}`)
					if got, want := outcome(quickly, body), outcome(slowly, body); got != want {
						t.Errorf("%s\n got %s\nwant %s", v, got, want)
					}
				}
				cut := []byte(`{"data":{"things":{"nodes":[{"v":` + v) // near the body's end
				if got, want := outcome(quickly, cut), outcome(slowly, cut); got != want {
					t.Errorf("%s, cut\n got %s\nwant %s", v, got, want)
				}
			}
		})
	}
}

// outcome is all that decoding a page leads to, as text.
func outcome(d *Decoder, body []byte) string {
	s := &sink{}
	result, err := d.Decode(body, s.emit)
	if ferr := d.Flush(s.emit); ferr != nil {
		err = ferr
	}
	return fmt.Sprintf("%v %+v %v", s.rows, result, err)
}

func quickValues() []string {
	values := []string{
		"null", "nul", "true", "false", "fals", "truely", "{}", "[1]", "", " 1", "\t\"a\"", `"a" `, "1 ",
		`"2015-06-21T16:02:26Z"`, `"2015-06-21T16:02:26+00:00"`, `"2015-06-21T16:02:26.5Z"`, `"2015-02-30T16:02:26Z"`, `"2015-06-21T16:02:6"Z"`,
	}
	for n := range 20 {
		nines := strings.Repeat("9", n)
		values = append(values, nines, "-"+nines, "0"+nines, "0."+nines, "1."+nines, nines+".25", nines+"e1", nines+"E-2", nines+".")
	}
	values = append(values, "2147483647", "2147483648", "0.1", "672.25", "123456789012.345", "0.30000000000000004", "1.7976931348623157")
	for n := range 40 {
		text := strings.Repeat("x", n)
		values = append(values, `"`+text+`"`)
		for _, special := range []string{"\\", "\n", "\x00", "\x1f", " ", "!", "#", "[", "]", "\x7f", "\xff", "é", "€", "𝄞", `\"`, `\n`, `\u00e9`, `\ud834\udd1e`, `\ud834`, "\xe2\x82"} {
			values = append(values, `"`+text+special+`"`, `"`+special+text+`"`)
		}
	}
	return values
}

// TestKeys: a key is found where it stands, with something behind it, and nowhere else.
func TestKeys(t *testing.T) {
	for n := range 40 {
		name := strings.Repeat("k", n)
		k := newKey(name)
		text := `"` + name + `":`
		for _, tail := range []string{"", "1", "12345678", strings.Repeat("1", 30)} {
			if got, want := k.opens([]byte("{"+text+tail), 1), tail != ""; got != want {
				t.Errorf("%d letters before %q: %t", n, tail, got)
			}
			for i := range text {
				other := []byte(text + tail)
				other[i] ^= 1
				if k.opens(other, 0) {
					t.Errorf("%d letters: %s is taken for it", n, other)
				}
			}
		}
	}
}
