// Package spool keeps the pages of an extraction in a temporary file until they are proven complete. It drops records
// that were deleted meanwhile and adds missed ones. It never decodes a record, and leaves no file behind.
package spool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/dustin/go-humanize"
	"github.com/klauspost/compress/s2"
	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/graphql"
)

// Spool is the file of pages, and the walk over them.
type Spool struct {
	query       *extract.Query
	file        File
	places      []Place // to move to if the disk is full
	end         int64
	pages       []page
	byID        bool                // records are in the order of ids
	lost        func(id int64) bool // the server failed to return the record
	removed     map[int64]bool
	rejected    map[int64]bool           // by id
	missed      map[int64]extract.Record // by id
	missedBytes int64
	given       bool
}

const (
	maxBytes       = 64 << 30 // of the compressed pages
	maxMissedBytes = 64 << 20
)

// ErrTooManyChanges says that the missed records exceed the limit of memory.
var ErrTooManyChanges = errors.New("too many records changed during paging to repair the result; run again")

type page struct {
	window  extract.Window
	at, len int64  // of the compressed body
	size    int64  // of the body
	sum     uint64 // of the compressed bytes
	maxID   int64  // of all pages up to this one
	total   int
	rejects []extract.Reject
}

// File is the file of a spool. Close deletes it.
type File interface {
	io.WriterAt
	io.ReaderAt
	io.Closer
	Name() string // of the file, or of its folder
}

// Place makes the file in some folder.
type Place func() (File, error)

// New makes a spool in the first of the places that works.
func New(q *extract.Query, lost func(id int64) bool, places []Place) (*Spool, error) {
	s := &Spool{
		query: q, lost: lost, places: places, byID: q.OrderByID || q.Resolved() == extract.IDs,
		removed: map[int64]bool{}, rejected: map[int64]bool{}, missed: map[int64]extract.Record{},
	}
	var err error
	if s.file, err = s.nextFile(nil); err != nil {
		return nil, err
	}
	return s, nil
}

// nextFile makes a file in the next place; err is the error of the last one.
func (s *Spool) nextFile(err error) (File, error) {
	for len(s.places) > 0 {
		var file File
		file, err = s.places[0]()
		if s.places = s.places[1:]; err == nil {
			return file, nil
		}
	}
	return nil, fmt.Errorf("write temporary pages: %w; set TMPDIR to a folder with more room", err)
}

// append appends to the file. If the disk is full, it moves to the next place.
func (s *Spool) append(packed []byte) error {
	if s.end+int64(len(packed)) > maxBytes {
		return fmt.Errorf("write temporary pages: more than %s compressed; narrow extract.args, or use fewer columns",
			humanize.IBytes(maxBytes))
	}
	_, err := s.file.WriteAt(packed, s.end)
	for err != nil {
		var next File
		if next, err = s.nextFile(err); err != nil {
			return err
		}
		_, err = io.Copy(io.NewOffsetWriter(next, 0), io.NewSectionReader(s.file, 0, s.end))
		if err == nil {
			_, err = next.WriteAt(packed, s.end)
		}
		if err != nil {
			_ = next.Close()
			continue
		}
		_ = s.file.Close()
		s.file = next
	}
	return nil
}

// Close deletes the file.
func (s *Spool) Close() { _ = s.file.Close() }

// AddPage appends a page.
func (s *Spool) AddPage(added *extract.Page) error {
	packed := s2.Encode(nil, added.Body)
	if err := s.append(packed); err != nil {
		return err
	}
	p := page{window: added.Window, at: s.end, len: int64(len(packed)), sum: xxh3.Hash(packed), total: added.TotalCount}
	p.size = int64(len(added.Body))
	for _, r := range added.Rejects {
		if r.ID == 0 || !s.rejected[r.ID] {
			s.rejected[r.ID] = true
			p.rejects = append(p.rejects, r)
		}
	}
	p.window.Index = len(s.pages)
	if len(s.pages) > 0 {
		p.maxID = s.pages[len(s.pages)-1].maxID
	}
	for _, id := range added.IDs {
		p.maxID = max(p.maxID, id)
	}
	s.pages = append(s.pages, p)
	s.end += p.len
	return nil
}

// Remove drops records.
func (s *Spool) Remove(ids []int64) {
	for _, id := range ids {
		if missed, found := s.missed[id]; found {
			s.missedBytes -= int64(len(missed.Text))
			delete(s.missed, id)
			continue
		}
		s.removed[id] = true
	}
}

// LimitUnnamed keeps only so many rejects without an id. The others are known by id now, in other rejects.
func (s *Spool) LimitUnnamed(unnamed int) {
	for i := range s.pages {
		s.pages[i].rejects = slices.DeleteFunc(s.pages[i].rejects, func(r extract.Reject) bool {
			if r.ID == 0 {
				unnamed--
			}
			return r.ID == 0 && unnamed < 0
		})
	}
}

// AddMissed adds the records of a page that are not known.
func (s *Spool) AddMissed(page *extract.Page, known func(id int64) bool) error {
	for _, r := range page.Records() {
		if known(r.ID) {
			continue
		}
		s.missed[r.ID] = r
		if s.missedBytes += int64(len(r.Text)); s.missedBytes > maxMissedBytes {
			return ErrTooManyChanges
		}
	}
	last := &s.pages[len(s.pages)-1]
	for _, r := range page.Rejects {
		if r.ID != 0 && !known(r.ID) && !s.rejected[r.ID] {
			s.rejected[r.ID] = true
			last.rejects = append(last.rejects, r)
		}
	}
	return nil
}

// Next returns all windows at once, then none.
func (s *Spool) Next() []extract.Window {
	if s.given {
		return nil
	}
	s.given = true
	windows := make([]extract.Window, len(s.pages))
	for i, p := range s.pages {
		windows[i] = p.window
	}
	return windows
}

// Got does nothing: the walk does not depend on its pages.
func (s *Spool) Got(*extract.Page) error { return nil }

// Fetch reads a page and repairs it. It may be called concurrently.
func (s *Spool) Fetch(ctx context.Context, w extract.Window) (*extract.Page, error) {
	p := s.pages[w.Index]
	if err := graphql.AwaitTurn(ctx, p.size); err != nil {
		return nil, err
	}
	body, err := s.read(p)
	if err != nil {
		return nil, fmt.Errorf("read temporary pages: %w", err)
	}
	fetched := &extract.Page{Window: w, Body: body}
	missed := s.missedOf(w.Index)
	if len(s.removed) > 0 || len(missed) > 0 {
		if fetched, err = s.query.ReadPage(w, body); err != nil {
			return nil, err
		}
		if err := fetched.Amend(func(id int64) bool { return !s.removed[id] }, missed, s.byID); err != nil {
			return nil, err
		}
	}
	fetched.TotalCount = p.total
	for _, r := range p.rejects {
		if r.ID == 0 || s.lost(r.ID) {
			fetched.Rejects = append(fetched.Rejects, r)
		}
	}
	return fetched, nil
}

func (s *Spool) read(p page) ([]byte, error) {
	packed := make([]byte, p.len)
	if _, err := s.file.ReadAt(packed, p.at); err != nil {
		return nil, err
	}
	if xxh3.Hash(packed) != p.sum {
		return nil, fmt.Errorf("temporary file %s is corrupt: checksum mismatch; check the disk, or set TMPDIR",
			s.file.Name())
	}
	return s2.Decode(nil, packed)
}

// missedOf are the missed records that belong into a page, in the order of ids. If the pages are not in this order, all
// belong into the last page.
func (s *Spool) missedOf(index int) []extract.Record {
	var list []extract.Record
	low, last := int64(-1<<62), index == len(s.pages)-1
	if index > 0 {
		low = s.pages[index-1].maxID
	}
	for id, r := range s.missed {
		if last && !s.byID || s.byID && (id > low || index == 0) && (id <= s.pages[index].maxID || last) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b extract.Record) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
