// Package tabletest makes tables and record batches for the tests of load and the packages below it. It takes a seed
// or a shape and gives tables. It never writes files, and no shipped code imports it.
package tabletest

import (
	"fmt"
	"math"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

// EveryKind is a table with each kind of column, plain, nullable and as lists.
func EveryKind() *schemas.Table {
	t := &schemas.Table{Name: "every_kind", Key: []string{"z_id"}}
	add := func(name string, typ schemas.Type) {
		t.Columns = append(t.Columns, schemas.Column{Name: name, Type: typ})
	}
	add("z_id", schemas.Type{Kind: schemas.Int64}) // not in the order of names
	for _, k := range []schemas.Kind{schemas.String, schemas.Enum, schemas.JSON, schemas.Int32, schemas.Int64,
		schemas.Float64, schemas.Bool, schemas.Timestamp, schemas.Date} {
		name := fmt.Sprintf("k%d", k)
		add(name, schemas.Type{Kind: k})
		add(name+"_null", schemas.Type{Kind: k, Nullable: true})
		add(name+"_list", schemas.Type{Kind: k, List: true})
		add(name+"_list_null", schemas.Type{Kind: k, List: true, Nullable: true, ElementNullable: true})
		add(name+"_elem_null", schemas.Type{Kind: k, List: true, ElementNullable: true})
	}
	return t
}

// EveryPlace is EveryKind with a place in the genome for each row. It has few integers: VCF's have 32 bits.
func EveryPlace() *schemas.Table {
	t := EveryKind()
	kept := t.Columns[:1]
	for _, c := range t.Columns[1:] {
		if c.Type.Kind != schemas.Int32 && c.Type.Kind != schemas.Int64 {
			kept = append(kept, c)
		}
	}
	t.Columns = kept
	for _, name := range []string{"build", "chromosome", "reference_bases", "variant_bases"} {
		t.Columns = append(t.Columns, schemas.Column{Name: name, Type: schemas.Type{Kind: schemas.String}})
	}
	number := schemas.Type{Kind: schemas.Int64, Nullable: true}
	t.Columns = append(t.Columns, schemas.Column{Name: "start", Type: number}, schemas.Column{Name: "stop", Type: number})
	return t
}

// place is a value of a row's place, a substitution of one base.
func place(column string, row int) (v any, ok bool) {
	switch column {
	case "build":
		return "GRCh38", true
	case "chromosome":
		return pick(row, "7", "X", "MT", "12", "2"), true
	case "reference_bases":
		return pick(row, "A", "c", "G"), true
	case "variant_bases":
		return pick(row, "T", "N"), true
	case "start", "stop":
		return int64(1 + (row*7919)%16_000), true
	}
	return nil, false
}

// NastyTexts are texts that formats must quote, escape or keep apart.
var NastyTexts = []string{
	"", " ", "plain", " lead and trail ", "tab\tin", "line\nfeed", "carriage\rreturn", "crlf\r\n", `"`, `""`,
	`say "hi"`, `back\slash`, `\`, `\n`,
	"NA", "null", "NULL", `\N`, "nul\x00byte", "\x01\x1f\x7f", "\ufeffbom", "naïve — “quoted” … ≥ 5 µg", "日本語",
	"😀🧬", "e\u0301", "\u2028\u2029\u0085",
	"a,b;c|d", "=1+1", "0001", "1e5", "2015-06-21", "true", "\u00a0nbsp\u3000wide ",
	strings.Repeat("long ", 5000), "__HIVE_DEFAULT_PARTITION__", "a/b", "../../etc/passwd", ".", "..", "%2F",
	"a=b", "{x}", "[x]", "it's", "#hash", "\ufffd",
}

// nastyValue returns the i-th value of a kind, edge cases first.
func nastyValue(k schemas.Kind, i int) any {
	switch k {
	case schemas.Int32:
		return pick(i, int32(0), 1, -1, math.MaxInt32, math.MinInt32)
	case schemas.Int64:
		return pick(i, int64(0), 1, -1, math.MaxInt64, math.MinInt64, 1<<53+1)
	case schemas.Float64:
		return pick(i, 0, math.Copysign(0, -1), 1, -1.5, 0.1, 1e21, 1e-7, 5e-324, math.MaxFloat64, 1<<53, 123456.789)
	case schemas.Bool:
		return i%2 == 0
	case schemas.Timestamp:
		return pick[arrow.Timestamp](i, 0, 1, -1, 1434844800_000000, 1434844800_123456, 1434844800_500000,
			-62167219200_000000, 253402300799_999999)
	case schemas.Date:
		return pick[arrow.Date32](i, 0, -1, 16607, -719528, 2932896)
	case schemas.JSON:
		return pick(i, `{"a":[1,null,"\n"]}`, "null", "[]", `"text"`, "12")
	case schemas.Enum:
		return pick(i, "A", "B", "SENSITIVITYRESPONSE")
	}
	return pick(i, NastyTexts...)
}

func pick[T any](i int, from ...T) T { return from[i%len(from)] }

// Nasty makes rows [from, from+n) of a table, edge cases first.
func Nasty(t *schemas.Table, from, n int) arrow.RecordBatch {
	return NastyIn(memory.DefaultAllocator, t, from, n)
}

// NastyIn is Nasty with an allocator.
func NastyIn(mem memory.Allocator, t *schemas.Table, from, n int) arrow.RecordBatch {
	return batch(mem, t, from, n, func(row, column int) any {
		if v, ok := place(t.Columns[column].Name, row); ok {
			return v
		}
		return nastyCell(t.Columns[column].Type, row, column)
	})
}

func nastyCell(typ schemas.Type, row, column int) any {
	i := row + column*row%7
	if column == 0 {
		return int64(row)
	}
	if typ.Nullable && i%5 == 3 {
		return nil
	}
	if !typ.List {
		return nastyValue(typ.Kind, i)
	}
	out := make([]any, i%4)
	for j := range out {
		if out[j] = nastyValue(typ.Kind, i+j); typ.ElementNullable && (i+j)%3 == 1 {
			out[j] = nil
		}
	}
	return out
}
