package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// footer hands the bytes of a file on, and holds back those written while hold is set: the page index and the footer.
// parquet-go wants the sorting columns before the first row, when nobody knows whether the rows will be sorted.
type footer struct {
	io.Writer
	hold bool
	held []byte
}

// Write hands p on, or holds it back.
func (f *footer) Write(p []byte) (int, error) {
	if f.hold {
		f.held = append(f.held, p...)
		return len(p), nil
	}
	return f.Writer.Write(p)
}

// footerEnd is the length of the footer, and the magic number.
const footerEnd = 8

// finish adds the sorting columns to the footer, and writes what was held back.
func (f *footer) finish(sorted []int) error {
	if len(sorted) > 0 {
		start, err := f.start()
		if err != nil {
			return err
		}
		protocol := new(thrift.CompactProtocol)
		var meta format.FileMetaData
		if err := thrift.Unmarshal(protocol, f.held[start:len(f.held)-footerEnd], &meta); err != nil {
			return fmt.Errorf("footer: %w", err)
		}
		for i := range meta.RowGroups {
			for _, column := range sorted {
				meta.RowGroups[i].SortingColumns = append(meta.RowGroups[i].SortingColumns,
					format.SortingColumn{ColumnIdx: int32(column)})
			}
		}
		text, err := thrift.Marshal(protocol, &meta)
		if err != nil {
			return fmt.Errorf("footer: %w", err)
		}
		f.held = append(f.held[:start], text...)
		f.held = append(binary.LittleEndian.AppendUint32(f.held, uint32(len(text))), "PAR1"...)
	}
	_, err := f.Writer.Write(f.held)
	return err
}

// start is where the footer begins in the bytes held back.
func (f *footer) start() (int, error) {
	end := len(f.held) - footerEnd
	if end >= 0 {
		if size := int(binary.LittleEndian.Uint32(f.held[end:])); size <= end {
			return end - size, nil
		}
	}
	return 0, errors.New("the footer is incomplete")
}
