package extract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
)

const (
	nestedPage = 100 // nodes of a nested connection requested at once; every connection gives as many
	maxBatch   = 10  // nested pages in one request

	maxTogether = 50 // pages of one list that are requested before the answer to the first is read
	maxUnproven = 20 // lists of one extraction that are given up
)

// partial is a connection inside a record whose first page does not hold all its nodes.
type partial struct {
	trail  []*place        // from the record to the object that has the connection
	branch *schemas.Branch // of the connection
	connection
}

// place is an object on the way to a nested connection.
type place struct {
	branch *schemas.Branch // its field; nil for the record
	index  int             // in the field's list or nodes, or of the record in its page; -1 if it is the only value
	id     []byte          // as JSON; nil if not selected
}

// String names the connection for the user: variants.evidenceItems of record 12.
func (p *partial) String() string {
	var names []string
	for _, at := range p.trail[1:] {
		names = append(names, at.branch.Field.Name)
	}
	record := string(p.trail[0].id)
	if record == "" {
		record = fmt.Sprintf("%d of the page", p.trail[0].index+1)
	}
	return fmt.Sprintf("%s of record %s", strings.Join(append(names, p.branch.Field.Name), "."), record)
}

// key tells the connection apart from others of the page, also after the page was edited.
func (p *partial) key() string {
	var b strings.Builder
	for _, at := range p.trail {
		if at.branch != nil {
			b.WriteString(at.branch.Field.Key)
		}
		fmt.Fprintf(&b, "[%d].", at.index)
	}
	return b.String() + p.branch.Field.Key
}

func (p *partial) unproven(nodes, total int) Unproven {
	id, _ := strconv.ParseInt(string(p.trail[0].id), 10, 64) // 0 if unknown
	return Unproven{id, fmt.Sprintf("%s: received %d different nodes, and the API counts %d", p, nodes, total)}
}

// nestedError is a failure to read a connection nested in one record of a page.
type nestedError struct {
	row int
	error
}

func (e *nestedError) Unwrap() error { return e.error }

// Unproven is a list nested in a record that could not be proven complete.
type Unproven struct {
	Record int64 // its id; 0 if unknown
	What   string
}

// fetchNested reads the nested connections of a page's records to their ends, proves each complete, and replaces
// their nodes. These may have unfinished connections too, so it repeats until there are none.
func (s *Source) fetchNested(ctx context.Context, page *Page) error {
	givenUp := map[string]bool{}
	for {
		lists := page.outermost(givenUp)
		if len(lists) == 0 {
			return nil
		}
		if err := s.readNested(ctx, page.Window, lists); err != nil {
			return err
		}
		var edits []edit
		for _, l := range lists {
			if l.state == gaveUp {
				if s.progress.unproven.Add(1) > maxUnproven {
					return fmt.Errorf("%w: %s, and %d others", ErrUnproven, l, maxUnproven)
				}
				givenUp[l.key()] = true
				page.Unproven = append(page.Unproven, l.unproven(len(l.nodes), l.expected))
			}
			edits = append(edits, l.edits()...)
		}
		if err := s.rewrite(page, edits); err != nil {
			return err
		}
	}
}

// outermost gives the unfinished lists that are in no other one, without some.
func (p *Page) outermost(givenUp map[string]bool) (lists []*nestedList) {
	slices.SortFunc(p.unfinished, func(a, b *partial) int { return cmp.Compare(a.nodes.from, b.nodes.from) })
	end := 0
	for _, at := range p.unfinished {
		if at.nodes.from >= end && !givenUp[at.key()] {
			lists = append(lists, newNestedList(at, p.Body))
			end = at.nodes.to
		}
	}
	return lists
}

// readNested reads the lists again and again until each is proven or given up.
func (s *Source) readNested(ctx context.Context, w Window, lists []*nestedList) error {
	for open := slices.Clone(lists); len(open) > 0; {
		if err := s.readOnce(ctx, w, open); err != nil {
			return err
		}
		for _, l := range open {
			l.digest()
		}
		open = slices.DeleteFunc(open, func(l *nestedList) bool { return l.state >= proven })
	}
	return nil
}

// nestedJob is a page of a list to request.
type nestedJob struct {
	list *nestedList
	from int  // nodes before it
	last bool // of the pages that are requested together
	page nestedNodes
}

// readOnce reads each list once, from its first page to its last: the pages that the total needs, several in one
// request, then those that the server says follow.
func (s *Source) readOnce(ctx context.Context, w Window, lists []*nestedList) error {
	var jobs []*nestedJob
	for _, l := range lists {
		jobs = append(jobs, l.jobs(len(l.reading.nodes))...)
	}
	for len(jobs) > 0 {
		if err := s.fetchJobs(ctx, w, jobs); err != nil {
			return err
		}
		var more []*nestedJob
		for _, j := range jobs {
			more = append(more, j.list.take(j)...)
		}
		var size int64
		for _, l := range lists {
			size += l.bytes + l.reading.bytes
		}
		if size > s.client.MaxBody() {
			return lists[0].fail(errors.New("the nodes are larger than one answer may be; select fewer columns, " +
				"or ask for smaller pages (extract.page_size)"))
		}
		jobs = more
	}
	return nil
}

// fetchJobs requests pages, several at once. After a failure it requests them one by one.
func (s *Source) fetchJobs(ctx context.Context, w Window, jobs []*nestedJob) error {
	for len(jobs) > 0 {
		n, size := 1, jobs[0].list.pageBytes()
		for n < min(len(jobs), maxBatch) && size+jobs[n].list.pageBytes() < s.client.MaxBody()/8 {
			size += jobs[n].list.pageBytes()
			n++
		}
		if n > 1 && s.withFewTries(1).fetchBatch(ctx, w, jobs[:n]) != nil && ctx.Err() == nil {
			n = 1
		}
		if n == 1 {
			if err := s.fetchBatch(ctx, w, jobs[:1]); err != nil {
				return jobs[0].list.fail(err)
			}
		}
		jobs = jobs[n:]
	}
	return nil
}

// fetchBatch requests pages in one request. Their answers never come from an earlier run: they prove that a list is
// complete now.
func (s *Source) fetchBatch(ctx context.Context, w Window, batch []*nestedJob) error {
	text, ways := s.followUps(w, batch)
	read := func(a *graphql.Answer) error {
		if len(a.Damage) > 0 {
			return &damageError{a.Damage[0]}
		}
		for i, j := range batch {
			if err := j.page.read(a.Body, ways[i], j.from); err != nil {
				return err
			}
		}
		return nil
	}
	_, err := s.client.Ask(ctx, &graphql.Request{
		Query: text, Fresh: true, FewTries: s.fewTries, Records: true, Damaged: true, Accept: read,
	})
	if err == nil && slices.ContainsFunc(batch, func(j *nestedJob) bool { return !j.page.found }) {
		return ErrChanged
	}
	return err
}
