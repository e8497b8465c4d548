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
)

// Spool keeps the pages of an extraction until it is proven that they are
// complete: records that are gone by then are taken out, those that were missed
// are put in. It is a file without a name, so that nothing is left of it
// whatever ends the run. It is the walk over its pages too.
type Spool struct {
	query    *extract.Query
	file     File
	places   []Place // to go on in if there is no room
	end      int64
	pages    []spooledPage
	byID     bool                // rows are in the order of ids
	lost     func(id int64) bool // the server could not give the record
	gone     map[int64]bool
	rejected map[int64]bool           // by id
	missed   map[int64]extract.Record // by id
	bytes    int64                    // of them
	given    bool
}

// Bounds, in bytes.
const (
	spoolMost  = 64 << 30 // of the pages, packed
	missedMost = 64 << 20 // of the records that are put in
)

var ErrTooManyChanges = errors.New("the pages do not hold together: more fell between them than can be put back; run again")

type spooledPage struct {
	window  extract.Window
	at, len int64
	sum     uint64 // of the packed bytes
	max     int64  // the highest id up to its end
	total   int
	rejects []extract.Reject
}

// File is the file of a spool, which is gone once it is closed. Tests put one
// in its place that fails.
type File interface {
	io.WriterAt
	io.ReaderAt
	io.Closer
	Name() string // or that of its folder
}

// Place makes the file in some folder.
type Place func() (File, error)

// New makes a spool in the first of some places where that goes.
func New(q *extract.Query, lost func(id int64) bool, places []Place) (*Spool, error) {
	s := &Spool{query: q, lost: lost, gone: map[int64]bool{}, rejected: map[int64]bool{}, missed: map[int64]extract.Record{},
		byID: q.OrderByID || q.Resolved() == extract.IDs, places: places}
	if err := s.open(nil); err != nil {
		return nil, err
	}
	return s, nil
}

// open makes the file in the next place, or says why there is none.
func (s *Spool) open(why error) error {
	for len(s.places) > 0 {
		file, err := s.places[0]()
		if s.places = s.places[1:]; err == nil {
			s.file = file
			return nil
		}
		why = err
	}
	return fmt.Errorf("keep pages: %w; set TMPDIR to a folder with more room", why)
}

// append writes behind what is there, in another place if there is no room.
func (s *Spool) append(packed []byte) error {
	if s.end+int64(len(packed)) > spoolMost {
		return fmt.Errorf("keep pages: more than %s, packed; ask for less with extract.args or fewer columns", humanize.IBytes(spoolMost))
	}
	_, err := s.file.WriteAt(packed, s.end)
	for err != nil {
		full := s.file
		if err = s.open(err); err != nil {
			return err
		}
		if _, err = io.Copy(io.NewOffsetWriter(s.file, 0), io.NewSectionReader(full, 0, s.end)); err == nil {
			_, err = s.file.WriteAt(packed, s.end)
		}
		if err == nil {
			full, s.file = s.file, full
		}
		_ = s.file.Close()
		s.file = full
	}
	return nil
}

func (s *Spool) Close() { _ = s.file.Close() } // only this run reads it

// AddPage appends a page.
func (s *Spool) AddPage(page *extract.Page) error {
	packed := s2.Encode(nil, page.Body)
	if err := s.append(packed); err != nil {
		return err
	}
	p := spooledPage{window: page.Window, at: s.end, len: int64(len(packed)), sum: xxh3.Hash(packed), total: page.TotalCount}
	for _, r := range page.Rejects {
		if r.ID == 0 || !s.rejected[r.ID] {
			s.rejected[r.ID] = true
			p.rejects = append(p.rejects, r)
		}
	}
	p.window.Index = len(s.pages)
	if len(s.pages) > 0 {
		p.max = s.pages[len(s.pages)-1].max
	}
	for _, id := range page.IDs {
		p.max = max(p.max, id)
	}
	s.pages = append(s.pages, p)
	s.end += p.len
	return nil
}

// Remove takes out records.
func (s *Spool) Remove(ids []int64) {
	for _, id := range ids {
		if _, put := s.missed[id]; put {
			s.bytes -= int64(len(s.missed[id].Text))
			delete(s.missed, id)
			continue
		}
		s.gone[id] = true
	}
}

// LimitUnnamed keeps only so many rejects without an id: those of the others have one
// by now, in other rejects.
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

// AddMissed adds the records of a page that had not arrived.
func (s *Spool) AddMissed(page *extract.Page, known func(id int64) bool) error {
	for _, r := range page.Records() {
		if known(r.ID) {
			continue
		}
		s.missed[r.ID] = r
		if s.bytes += int64(len(r.Text)); s.bytes > missedMost {
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

// Next gives all windows at once, then none.
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

// Got has nothing to learn from a page.
func (s *Spool) Got(*extract.Page) error { return nil }

// Fetch gives a page with what was changed in it since it was kept. It may be
// called concurrently.
func (s *Spool) Fetch(_ context.Context, w extract.Window) (*extract.Page, error) {
	p := s.pages[w.Index]
	packed := make([]byte, p.len)
	if _, err := s.file.ReadAt(packed, p.at); err != nil {
		return nil, fmt.Errorf("read pages kept: %w", err)
	}
	if xxh3.Hash(packed) != p.sum {
		return nil, fmt.Errorf("read pages kept: what was written to %s came back changed: check the disk, or set TMPDIR to a folder on another", s.file.Name())
	}
	body, err := s2.Decode(nil, packed)
	if err != nil {
		return nil, fmt.Errorf("read pages kept: %w", err)
	}
	page := &extract.Page{Window: w, Body: body, TotalCount: p.total}
	for _, r := range p.rejects {
		if r.ID == 0 || s.lost(r.ID) {
			page.Rejects = append(page.Rejects, r)
		}
	}
	more := s.missedOf(w.Index)
	if len(s.gone) == 0 && len(more) == 0 {
		return page, nil
	}
	rejects := page.Rejects
	if page, err = s.query.ReadPage(w, body); err != nil {
		return nil, err
	}
	page.Rejects = rejects
	return page, page.Amend(func(id int64) bool { return !s.gone[id] }, more, s.byID)
}

// missedOf are the missed records that belong into a page, in the order of their
// ids: by these, or all into the last one.
func (s *Spool) missedOf(index int) []extract.Record {
	var list []extract.Record
	low, last := int64(-1<<62), index == len(s.pages)-1
	if index > 0 {
		low = s.pages[index-1].max
	}
	for id, r := range s.missed {
		if last && !s.byID || s.byID && (id > low || index == 0) && (id <= s.pages[index].max || last) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b extract.Record) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
