package lvsha_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"lvsha/pkg/ha/config"
)

// TestEveryDirectiveIsDocumented compares the table of the documents with that
// of the code.
func TestEveryDirectiveIsDocumented(t *testing.T) {
	data, err := os.ReadFile("docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_0-9]+)` \\|").FindAllStringSubmatch(string(data), -1) {
		documented = append(documented, m[1])
	}
	known := append(config.Directives(), "udp") // which the parser replaces
	for _, name := range known {
		if !slices.Contains(documented, name) {
			t.Errorf("docs/configuration.md says nothing of %s", name)
		}
	}
	for _, name := range documented {
		if !slices.Contains(known, name) {
			t.Errorf("docs/configuration.md documents %s, which is no directive", name)
		}
	}
}
