package spec

import (
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
)

func TestFill(t *testing.T) {
	for _, tt := range []struct{ text, want, fault string }{
		{"plain", "plain", ""},
		{"${N}", "50", ""},
		{"a${N}b${LEVEL}c", "a50bAc", ""},
		{"${NOPE:-}", "", ""},
		{"${NOPE:-a:-b}", "a:-b", ""},
		{"${EMPTY}", "", ""},
		{"${EMPTY:-full}", "full", ""},
		{"${date}", "2026-03-02", ""}, // 23:30 five hours west of Greenwich is the next day
		{"$${N}", "${N}", ""},
		{"$$${N}", "$${N}", ""},
		{"$N and $ and {N}", "$N and $ and {N}", ""},
		{"${BOTH}", "a}b${N}", ""}, // what is put in is not looked at again
		{"${", "", "a ${ is not closed"},
		{"x ${NOPE} ${ALSO}", "", "NOPE is not set"},
		{"${DATE}", "", "DATE is not set"},
		{"${CIVIC_API_KEY}", "", "holds the API key"},
		{"${CIVIC_API_KEY:-x}", "", "holds the API key"},
		{"${a b}", "", "names no environment variable"},
	} {
		s := Settings{Env: testkit.Env, Now: testkit.Now}
		d := &document.Decoder{Language: Language, Env: s.Env, Date: "2026-03-02", KeyVar: defaultKeyEnv}
		got, ok := d.Fill(&document.Node{Text: tt.text})
		if said := d.Faults.Error(); ok != (tt.fault == "") || !strings.Contains(said, tt.fault) {
			t.Errorf("%s: %v, faults %q, want %q", tt.text, ok, said, tt.fault)
		}
		if ok && got != tt.want {
			t.Errorf("%s: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestDateIsTheDayInUTC(t *testing.T) {
	spec, err := Read("x.yaml", []byte(strings.Replace(testkit.SmallSpec, "out/small", "\"out/${date}\"", 1)), Settings{Env: testkit.Env, Now: testkit.Now})
	if err != nil {
		t.Fatal(err)
	}
	if spec.Load.To != "out/2026-03-02" {
		t.Errorf("load.to is %s", spec.Load.To)
	}
}

func TestSet(t *testing.T) {
	for _, tt := range []struct {
		set  string
		what func(*Spec) any
		want any
	}{
		{"load.to=a=b", func(s *Spec) any { return s.Load.To }, "a=b"},
		{"load.to=out/${date}", func(s *Spec) any { return s.Load.To }, "out/2026-03-02"},
		{"source.rate_limit={requests: 5, per: 1s}", func(s *Spec) any { return s.Source.Requests }, 5},
		{"source.concurrency=1", func(s *Spec) any { return s.Source.Concurrency }, 1},
		{"extract.from=diseases", func(s *Spec) any { return s.Extract.From[0].Text }, "diseases"},
		{"columns.name=name", func(s *Spec) any { return s.Tables[0].Columns[1].Path }, "name"},
		{"columns.id={path: name}", func(s *Spec) any { return s.Tables[0].Columns[0].Path }, "name"},
		{"key[0]=id", nil, nil},
		{"key=[id]", func(s *Spec) any { return s.Tables[0].Key[0].Text }, "id"},
		{"checks=[{min_rows: 1}]", func(s *Spec) any { return s.Tables[0].Checks[0].MinRows }, int64(1)},
		{"description=", func(s *Spec) any { return s.Description }, ""},
		{"filter=", nil, nil},
		{`columns."a.b"=name`, func(s *Spec) any { return s.Tables[0].Columns[1].Name + s.Tables[0].Columns[1].Path }, "a.bname"},
		{`columns.'a.b'.path=name`, func(s *Spec) any { return s.Tables[0].Columns[1].Name }, "a.b"},
		{`columns."a=b"=name`, func(s *Spec) any { return s.Tables[0].Columns[1].Name }, "a=b"},
		{`columns."a[0]"=name`, func(s *Spec) any { return s.Tables[0].Columns[1].Name }, "a[0]"},
		{`columns."say ""x"""=name`, func(s *Spec) any { return s.Tables[0].Columns[1].Name }, `say "x"`},
		{`columns.it's=name`, func(s *Spec) any { return s.Tables[0].Columns[1].Name }, "it's"},
		{`columns."id"=name`, func(s *Spec) any { return s.Tables[0].Columns[0].Path }, "name"},
		{`"load".to = x`, func(s *Spec) any { return s.Load.To }, "x"},
		{"small:load.to=x", func(s *Spec) any { return s.Load.To }, "x"},
		{"other:load.to=x", func(s *Spec) any { return s.Load.To }, "out/small"},
		{"load.to=a:b", func(s *Spec) any { return s.Load.To }, "a:b"},
		{`columns."a:b"=name`, func(s *Spec) any { return s.Tables[0].Columns[1].Name }, "a:b"},
		{`columns.""=name`, nil, nil},
		{`columns."a=name`, nil, nil},
		{`columns."a"b=name`, nil, nil},
		{"columns..a=name", nil, nil},
		{"columns.=name", nil, nil},
		{".columns=name", nil, nil},
		{"key=[id]=", nil, nil},
		{`description=""`, func(s *Spec) any { return s.Description }, ""},
	} {
		s := Settings{Env: testkit.Env, Now: testkit.Now}
		s.Set = []string{tt.set}
		spec, err := Read("x.yaml", []byte(testkit.SmallSpec), s)
		if (err == nil) != (tt.what != nil) {
			t.Errorf("%s: %v", tt.set, err)
			continue
		}
		if err == nil && tt.what(spec) != tt.want {
			t.Errorf("%s: %v", tt.set, tt.what(spec))
		}
	}
}
