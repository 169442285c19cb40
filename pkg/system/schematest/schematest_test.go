package schematest_test

import (
	"strings"
	"testing"

	"lvsha/pkg/system/schematest"
)

const schema = `{"type":"object","required":["n"],"properties":{
	"n":{"type":"integer","minimum":1},"s":{"type":["string","null"],"enum":["a",null]},
	"t":{"type":"string","format":"date-time"},"l":{"type":"array","items":{"$ref":"#/$defs/x"}}},
	"$defs":{"x":{"type":"number"}}}`

func TestProblems(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`{"n":1,"s":"a","t":"2026-11-28T00:00:00Z","l":[1,1.5]}`: "",
		`{"n":1,"s":null}`:    "",
		`{}`:                  "no n",
		`{"n":0}`:             "below",
		`{"n":1.5}`:           "document.n: is a number",
		`{"n":1,"s":"b"}`:     "none of",
		`{"n":1,"x":2}`:       "does not name x",
		`{"n":1,"t":"x"}`:     "document.t",
		`{"n":1,"l":[1,"x"]}`: "document.l[1]: is a string",
		`[`:                   "document: ",
	} {
		got := strings.Join(schematest.Problems([]byte(schema), []byte(document)), "; ")
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", document, got, want)
		}
	}
	if got := schematest.Problems([]byte(`{"type":"object","oneOf":[]}`), []byte(`{}`)); len(got) == 0 {
		t.Error("an unknown word of a schema is no problem")
	}
}
