package load

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/format"
	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/schemas"
)

// TestCheckNoticesDamage changes single bytes of a file between writing and
// re-reading. Whatever byte it is, nothing is published.
func TestCheckNoticesDamage(t *testing.T) {
	for _, f := range everyFormat() {
		shape := shapeFor(f)
		t.Run(f.Name+" "+f.Compression+f.Null, func(t *testing.T) {
			damaged := 0
			for at := int64(0); ; at += 97*int64(step(3)) + at/8 {
				dir := filepath.Join(fastDir(t), "out")
				fs := &damagedFS{at: at}
				out, err := Create(Options{Target: dir, Tables: []*schemas.Table{shape}, Formats: []format.Format{f}, FS: fs})
				if err != nil {
					t.Fatal(err)
				}
				if err := out.Write(context.Background(), 0, nasty(shape, 0, 50)); err != nil {
					t.Fatal(err)
				}
				_, err = out.Close(context.Background())
				if !fs.done {
					break
				}
				damaged++
				if !errors.Is(err, digest.ErrDiffers) {
					t.Errorf("byte %d is another one, and the check says: %v", at, err)
				}
				if out.Publish(&manifest.Manifest{RunID: "x"}) == nil {
					t.Errorf("byte %d: published", at)
				}
				out.Abort()
			}
			if damaged < 5 {
				t.Errorf("only %d bytes were tried", damaged)
			}
		})
	}
}

// damagedFS flips a bit of the byte at some place of the table's file.
type damagedFS struct {
	disk.OS
	at   int64
	done bool
}

func (d *damagedFS) Create(name string) (disk.File, error) {
	f, err := d.OS.Create(name)
	return &damagedFile{File: f, fs: d}, err
}

type damagedFile struct {
	disk.File
	fs  *damagedFS
	pos int64
}

func (f *damagedFile) Write(p []byte) (int, error) {
	if i := f.fs.at - f.pos; i >= 0 && i < int64(len(p)) {
		p = append([]byte(nil), p...)
		p[i] ^= 0x10
		f.fs.done = true
	}
	n, err := f.File.Write(p)
	f.pos += int64(n)
	return n, err
}

// TestCheckNoticesWrongWriters re-reads sound files that hold something other
// than what was meant: a value, a null, a list's ends, a row, a column.
func TestCheckNoticesWrongWriters(t *testing.T) {
	for _, f := range everyFormat() {
		checkWrongWriters(t, f)
	}
}

func checkWrongWriters(t *testing.T, f format.Format) {
	shape := shapeFor(f)
	meant := nasty(shape, 0, 40)
	wrong := map[string]func() (arrow.RecordBatch, *schemas.Table){
		"other values": func() (arrow.RecordBatch, *schemas.Table) { return nasty(shape, 1, 40), shape },
		"a row less":   func() (arrow.RecordBatch, *schemas.Table) { return nasty(shape, 0, 39), shape },
		"a row more":   func() (arrow.RecordBatch, *schemas.Table) { return nasty(shape, 0, 41), shape },
		"a column renamed": func() (arrow.RecordBatch, *schemas.Table) {
			other := shapeFor(f)
			other.Columns[3].Name = "renamed"
			return nasty(other, 0, 40), other
		},
		"columns swapped": func() (arrow.RecordBatch, *schemas.Table) {
			other := shapeFor(f)
			other.Columns[1], other.Columns[6] = other.Columns[6], other.Columns[1]
			return nasty(other, 0, 40), other
		},
	}
	for what, make := range wrong {
		batch, other := make()
		err := checkWritten(t, f, shape, meant, other, batch)
		if !errors.Is(err, digest.ErrDiffers) {
			t.Errorf("%s %s: %s goes unnoticed: %v", f.Name, f.Compression, what, err)
		}
	}
	if err := checkWritten(t, f, shape, meant, shape, meant); err != nil {
		t.Errorf("%s %s: %v", f.Name, f.Compression, err)
	}
}

// checkWritten writes batch as one table, and checks it against what was meant.
func checkWritten(t *testing.T, f format.Format, shape *schemas.Table, meant arrow.RecordBatch, wrote *schemas.Table, batch arrow.RecordBatch) error {
	t.Helper()
	e, err := newEncoder(&limited{n: 1 << 30}, f, shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Write(context.Background(), meant), e.Close(context.Background())); err != nil {
		t.Fatal(err)
	}
	var sorted []int
	if e, ok := e.(interface{ Sorted() []int }); ok {
		sorted = e.Sorted()
	}
	name := filepath.Join(fastDir(t), "file")
	s, err := disk.NewSink(disk.OS{}, name)
	if err != nil {
		t.Fatal(err)
	}
	writeTo(t, s, f, wrote, batch)
	if err := s.Finish(); err != nil {
		t.Fatal(err)
	}
	return check(context.Background(), disk.OS{}, outputFile{
		layout: &layout{format: f, columns: shape.Columns}, staged: name, sums: e.Sums(), sorted: sorted, hash: s.Hash(),
		File: manifest.File{Path: "file", Format: f.Name, Rows: meant.NumRows(), Bytes: s.Size, SHA256: s.SHA256()},
	}, 2)
}

// TestCheckSaysWhere: a failed check names file and column.
func TestCheckSaysWhere(t *testing.T) {
	shape := everyKind()
	other := everyKind()
	other.Columns[3].Name = "renamed"
	err := checkWritten(t, format.Format{Name: "tsv"}, shape, nasty(shape, 0, 4), other, nasty(other, 0, 4))
	if err == nil || !strings.Contains(err.Error(), "re-read file: header: \"renamed\" where k5_list belongs") {
		t.Error(err)
	}
}
