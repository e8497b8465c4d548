package extract

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// damageError says that a text or a key inside a record is damaged: half a surrogate pair, a byte that is not UTF-8, a
// raw control character, or a key twice. The records around it can be read.
type damageError struct{ fault jsonscan.Fault }

func (e *damageError) Error() string {
	return "the answer is damaged: JSON " + graphql.Printable(e.fault.What)
}

// damagedRecord is a record of a page that cannot be read.
type damagedRecord struct {
	index int   // in the page
	id    int64 // 0 if unknown
	fault jsonscan.Fault
}

// damage gives the error of an answer with damaged parts; nil if there are none. It is a *damageError if records can be
// set aside.
func (r *pageReader) damage(faults []jsonscan.Fault) error {
	switch {
	case len(faults) == 0:
		return nil
	case len(faults) > r.inRecords:
		return errors.New((&damageError{faults[0]}).Error() + ", outside the records")
	}
	return &damageError{r.page.damaged[0].fault}
}

// rows gives the number of records that the server counts in the page.
func (p *Page) rows() int { return p.Nodes + len(p.Rejects) }

// setAside makes rejects of the damaged records. The page begins with the row after offset.
func (p *Page) setAside(offset int) error {
	var sound [][]byte
	var rejects []Reject
	damaged := p.damaged
	for i, at := range p.records {
		if len(damaged) == 0 || damaged[0].index != i {
			sound = append(sound, p.part(at))
			continue
		}
		rejects = append(rejects, p.damageReject(damaged[0], offset))
		damaged = damaged[1:]
	}
	if len(sound) == 0 && len(rejects) >= firstRejects {
		return fmt.Errorf("all %d records of a page are damaged: %s", len(rejects), rejects[0].Reason)
	}
	if err := p.rewrite([]edit{{p.connection.nodes, bytes.Join(sound, []byte{','})}}); err != nil {
		return err
	}
	p.Rejects = append(p.Rejects, rejects...)
	return nil
}

func (p *Page) damageReject(d damagedRecord, offset int) Reject {
	at := p.records[d.index]
	reject := Reject{
		ID: d.id, Reason: "the API sends a damaged record: JSON " + graphql.Printable(d.fault.What),
		Path: graphql.PathText(jsonscan.PathAt(p.part(at), d.fault.Offset-at.from)),
	}
	switch {
	case d.id != 0:
		reject.Record = fmt.Appendf(nil, `{"id":%d}`, d.id)
	case p.Window.IDs:
		reject.Record = fmt.Appendf(nil, `{"page":%q}`, p.Window.String())
	default:
		reject.Record = fmt.Appendf(nil, `{"row":%d}`, offset+d.index+1)
	}
	return reject
}

// setAside makes rejects of the damaged records of a page, within the bounds of one extraction.
func (s *Source) setAside(page *Page, offset int, cause error) error {
	if s.progress.rejects.Add(int64(len(page.damaged))) > maxRejects {
		return fmt.Errorf("more than %d records fail: %w", maxRejects, cause)
	}
	return page.setAside(offset)
}
