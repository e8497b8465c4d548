package extract

import "testing"

func TestSame(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{`{"id":1,"name":"a"}`, `{"id":1,"name":"b"}`, true},
		{`{"id":1}`, `{"id":2}`, false},
		{`{"name":"a"}`, `{"name":"a"}`, true},
		{`{"name":"a"}`, `{"name":"b"}`, false},
		{`{"name":"\u00e9"}`, `{"name":"é"}`, true}, // a server may escape as it likes
		{`{"a":1,"b":[null]}`, `{ "b": [null], "a": 1 }`, true},
		{`{"a":[1,2]}`, `{"a":[2,1]}`, false},
		{`{"n":9007199254740993}`, `{"n":9007199254740992}`, false},
	} {
		if got := sameNode([]byte(test.a), []byte(test.b)); got != test.want {
			t.Errorf("sameNode(%s, %s) = %v", test.a, test.b, got)
		}
	}
}
