package check_test

import (
	"strings"
	"testing"
)

func TestRecordedLDAP(t *testing.T) {
	t.Parallel()
	conversation{file: "testdata/check-ldap.txt", same: func(got, recorded string) bool {
		return recorded == "" && strings.HasPrefix(got, "0") // a silent server did not read
	}}.run(t)
	conversation{file: "testdata/check-ldaps.txt"}.run(t)
}
