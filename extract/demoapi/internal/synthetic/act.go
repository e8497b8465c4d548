package synthetic

import (
	"fmt"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// act is one action of a curator: an activity of the API, and the one event that it consists of.
type act struct {
	entry
	action       *action
	origin       entity        // the comment, flag, revision … it made or changed; may be nil
	organization *organization // may be nil
	automated    bool
}

// TypeName is the type of the activity.
func (a *act) TypeName(string) string { return a.action.object }

var actFields = fieldsOf(map[string]func(*act) any{
	"organization":     func(a *act) any { return optional(a.organization) },
	"note":             func(a *act) any { return when(a.id%5 == 4, "A synthetic note,\twith a tab.") },
	"parsedNote":       func(*act) any { return segment("A synthetic note.") },
	"verbiage":         func(a *act) any { return a.action.verb },
	"events":           func(a *act) any { return []record.Record{event{a}} },
	"automated":        func(a *act) any { return a.automated },
	"activityType":     func(a *act) any { return a.action.code },
	"subjectId":        func(a *act) any { return a.subject().id },
	"assertion":        func(a *act) any { return only[*assertion](a.about) },
	"approval":         func(a *act) any { return only[*approval](a.origin) },
	"comment":          func(a *act) any { return only[*comment](a.origin) },
	"flag":             func(a *act) any { return only[*flag](a.origin) },
	"revisionSet":      func(a *act) any { return only[*revisionSet](a.origin) },
	"sourceSuggestion": func(a *act) any { return only[*suggestion](a.origin) },
	"molecularProfile": func(a *act) any {
		if v, ok := a.about.(*variant); ok {
			return v.single
		}
		return record.Unknown{}
	},
	"revisions": func(a *act) any {
		switch r := a.origin.(type) {
		case *revision:
			return []record.Record{r}
		case *revisionSet:
			return record.List(r.revisions)
		}
		return record.Unknown{}
	},
}, entryFields)

// only returns an entity if it is of the type, else Unknown.
func only[T entity](r entity) any {
	if r, ok := r.(T); ok {
		return r
	}
	return record.Unknown{}
}

// event is an act as an event.
type event struct{ act *act }

// Field implements record.Record.
func (e event) Field(name string) any {
	if generate := eventFields[name]; generate != nil {
		return generate(e.act)
	}
	return e.act.Field(name)
}

var eventFields = record.NewFields(map[string]func(*act) any{
	"id":              func(a *act) any { return 1000 + 2*a.id },
	"name link":       func(a *act) any { return fmt.Sprintf("event %d", a.id) },
	"action":          func(a *act) any { return a.action.name },
	"originatingUser": func(a *act) any { return a.user },
	"originatingObject": func(a *act) any {
		switch a.origin.(type) {
		case nil, *revisionSet, *approval:
			return nil
		}
		return a.origin
	},
})
