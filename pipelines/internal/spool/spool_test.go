package spool

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/schemas"
)

func groupPage(ids ...int64) *extract.Page {
	var nodes []string
	for _, id := range ids {
		nodes = append(nodes, fmt.Sprintf(`{"id":%d}`, id))
	}
	body := fmt.Sprintf(`{"data":{"variantGroups":{"totalCount":9,"pageInfo":{"hasNextPage":false},"nodes":[%s]}}}`, strings.Join(nodes, ","))
	return &extract.Page{Body: []byte(body), IDs: ids, Nodes: len(ids), TotalCount: 9}
}

func groupQuery() *extract.Query {
	return &extract.Query{
		Connection: &schemas.Connection{Name: "variantGroups", MaxPage: 100},
		Selection:  &schemas.Selection{Type: "VariantGroup", Fields: []*schemas.Field{{Name: "id", Key: "id", Type: "Int"}}},
	}
}

// TestSpoolGoesOnElsewhere: where there is no room, or no folder, the pages move to
// the next place; in none of them is there anything to see.
func TestSpoolGoesOnElsewhere(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	s, err := New(groupQuery(), noneLost, placesIn(filepath.Join(first, "missing"), first, second))
	if err != nil {
		t.Fatal(err)
	}
	one, two := groupPage(1, 2), groupPage(3)
	if err := s.AddPage(one); err != nil {
		t.Fatal(err)
	}
	s.file = noRoom(t, s.file)
	if err := s.AddPage(two); err != nil {
		t.Fatal(err)
	}
	for i, want := range []*extract.Page{one, two} {
		page, err := s.Fetch(t.Context(), s.pages[i].window)
		if err != nil || !bytes.Equal(page.Body, want.Body) {
			t.Errorf("page %d: %v, %v", i, page, err)
		}
	}
	defer func() {
		s.Close()
		for _, dir := range []string{first, second} {
			if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
				t.Errorf("%s holds %v, %v", dir, entries, err)
			}
		}
	}()
	s.file = noRoom(t, s.file)
	if err := s.AddPage(two); err == nil || !strings.Contains(err.Error(), "set TMPDIR to a folder with more room") {
		t.Errorf("without a place left: %v", err)
	}
}

// TestSpoolWithoutAPlace says so.
func TestSpoolWithoutAPlace(t *testing.T) {
	_, err := New(groupQuery(), noneLost, placesIn(filepath.Join(t.TempDir(), "missing")))
	if err == nil || !strings.Contains(err.Error(), "write temporary pages: ") {
		t.Errorf("%v", err)
	}
}

func placesIn(dirs ...string) (places []Place) {
	for _, dir := range dirs {
		places = append(places, In(dir))
	}
	return places
}

// noRoom is a file with the same bytes that takes no more.
func noRoom(t *testing.T, file File) File {
	t.Helper()
	info, err := file.(*os.File).Stat()
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, info.Size())
	if _, err := file.ReadAt(text, 0); err != nil {
		t.Fatal(err)
	}
	full := filepath.Join(t.TempDir(), "full")
	if err := os.WriteFile(full, text, 0o400); err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	opened, err := os.Open(full)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// TestSpoolPutsRecordsInTheirPlace: those that were missed stand where they belong
// by id, or last where the order is the server's own; those that are gone are not
// there.
func TestSpoolPutsRecordsInTheirPlace(t *testing.T) {
	for byID, want := range map[bool]string{true: "1 2 4 5 7 9 11", false: "1 2 5 7 9 4 11"} {
		q := groupQuery()
		q.OrderByID = byID
		s, err := New(q, noneLost, placesIn(t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range []*extract.Page{groupPage(1, 2, 3), groupPage(5, 6), groupPage(7, 9)} {
			if err := s.AddPage(page); err != nil {
				t.Fatal(err)
			}
		}
		s.Remove([]int64{3, 6})
		missed, err := q.ReadPage(extract.Window{Size: 10}, groupPage(4, 5, 11, 8).Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.AddMissed(missed, func(id int64) bool { return id == 5 }); err != nil {
			t.Fatal(err)
		}
		s.Remove([]int64{8}) // it came late, and went
		var got []string
		for _, w := range s.Next() {
			page, err := s.Fetch(t.Context(), w)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range page.IDs {
				got = append(got, fmt.Sprint(id))
			}
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("by id %t: %s, want %s", byID, text, want)
		}
		s.Close()
	}
}

func noneLost(int64) bool { return false }

// TestFlippedBits flips a bit of every byte of the file: no page is returned that differs from the one that was added.
func TestFlippedBits(t *testing.T) {
	s, err := New(groupQuery(), noneLost, placesIn(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, page := range []*extract.Page{groupPage(1, 2, 3), groupPage(5, 6)} {
		if err := s.AddPage(page); err != nil {
			t.Fatal(err)
		}
	}
	whole := make([]byte, s.end)
	if _, err := s.file.ReadAt(whole, 0); err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		damaged := []byte{whole[at] ^ 1<<(at%8)}
		if _, err := s.file.WriteAt(damaged, int64(at)); err != nil {
			t.Fatal(err)
		}
		failed := 0
		for _, p := range s.pages {
			if _, err := s.Fetch(t.Context(), p.window); err != nil {
				if !strings.Contains(err.Error(), "corrupt: checksum mismatch") {
					t.Fatalf("byte %d: %v", at, err)
				}
				failed++
			}
		}
		if failed != 1 {
			t.Fatalf("byte %d: %d pages failed", at, failed)
		}
		if _, err := s.file.WriteAt(whole[at:at+1], int64(at)); err != nil {
			t.Fatal(err)
		}
	}
}
