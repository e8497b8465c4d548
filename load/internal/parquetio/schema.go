package parquetio

import (
	"github.com/parquet-go/parquet-go"

	"github.com/civic-etl/civic-etl/schemas"
)

// message is the root of a Parquet schema. It keeps the order of the columns:
// parquet.Group is a map and sorts them by name.
type message struct {
	parquet.Group
	fields []parquet.Field
}

// Fields lists the columns in order.
func (m message) Fields() []parquet.Field { return m.fields }

// node is a column in the schema: three-level lists, timestamps in UTC microseconds, and
// only logical types that Spark, DuckDB and pyarrow share.
func node(c *column) parquet.Node {
	t := c.typ
	n := parquet.Encoded(parquet.Leaf(plainType(t.Kind)), &parquet.Plain)
	if c.dict != nil {
		n = parquet.Encoded(parquet.Leaf(c.dict), &parquet.RLEDictionary)
	}
	if c.ahead != nil {
		n = parquet.Compressed(n, c.ahead)
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

// plainType is the type of a column's plain pages.
func plainType(k schemas.Kind) parquet.Type {
	typ := lazyType{leaf(k)}
	if typ.Kind() == parquet.ByteArray {
		return boundedText{typ}
	}
	return typ
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
