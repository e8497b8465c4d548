package jsonscan_test

import (
	"testing"

	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

func TestMember(t *testing.T) {
	for object, want := range map[string]string{
		`{"a": 1, "id": {"id": 2}}`: `{"id": 2}`,
		`{"a": {"id": 2}}`:          "",
		`{"id":null}`:               "null",
		`["id", 1]`:                 "",
		``:                          "",
	} {
		if got := string(jsonscan.Member([]byte(object), "id")); got != want {
			t.Errorf("the id of %s is %q, want %q", object, got, want)
		}
	}
}

func TestElements(t *testing.T) {
	got := jsonscan.Elements([]byte(`[1, [2], {"a": [3]}, null]`))
	want := []string{"1", "[2]", `{"a": [3]}`, "null"}
	if len(got) != len(want) {
		t.Fatalf("%d elements", len(got))
	}
	for i := range want {
		if string(got[i]) != want[i] {
			t.Errorf("element %d is %s, want %s", i, got[i], want[i])
		}
	}
	for _, none := range []string{"[]", "{}", "1", ""} {
		if got := jsonscan.Elements([]byte(none)); len(got) > 0 {
			t.Errorf("%q has the elements %q", none, got)
		}
	}
}
