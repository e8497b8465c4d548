package parquetio

import (
	"github.com/parquet-go/parquet-go"

	"github.com/civic-etl/civic-etl/schemas"
)

// message is the root of a Parquet schema with its columns in the order given;
// parquet.Group is a map and sorts them by name.
type message struct {
	parquet.Group
	fields []parquet.Field
}

// Fields lists the columns in order.
func (m message) Fields() []parquet.Field { return m.fields }

func field(name string, c *column) parquet.Field {
	// A group of one gives the field its remaining methods.
	return parquet.Group{name: node(c.typ, c.dict, c.ahead)}.Fields()[0]
}

// node is the Parquet form of a column type: three-level lists, microsecond UTC
// timestamps, and no logical type that Spark, DuckDB and pyarrow do not share.
func node(t schemas.Type, dict *dictionaryType, ahead *ahead) parquet.Node {
	n := parquet.Encoded(parquet.Leaf(plainType{leaf(t.Kind)}), &parquet.Plain)
	if dict != nil {
		n = parquet.Encoded(parquet.Leaf(dict), &parquet.RLEDictionary)
	}
	if ahead != nil {
		n = parquet.Compressed(n, ahead)
	}
	if t.List {
		if t.ElementNullable {
			n = parquet.Optional(n)
		}
		n = parquet.List(n)
	}
	if t.Nullable {
		n = parquet.Optional(n)
	}
	return n
}

func leaf(k schemas.Kind) parquet.Type {
	switch k {
	case schemas.Int32:
		return parquet.Int32Type
	case schemas.Int64:
		return parquet.Int64Type
	case schemas.Float64:
		return parquet.DoubleType
	case schemas.Bool:
		return parquet.BooleanType
	case schemas.Timestamp:
		return parquet.Timestamp(parquet.Microsecond).Type()
	case schemas.Date:
		return parquet.Date().Type()
	default:
		return parquet.String().Type()
	}
}
