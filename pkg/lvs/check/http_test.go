package check_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// httpDifferences are the recorded cases in which we judge or ask differently,
// with the reason.
var httpDifferences = map[string]string{
	"http-timeout-midbody-empty": "a server that stalls is not healthy ([fix], checks 4.1)",
	"http-timeout-midbody-match": "a server that stalls is not healthy ([fix], checks 4.1)",
	"http-slow-drip":             "a server that stalls is not healthy ([fix], checks 4.1)",
}

// requestDifferences are those in which we ask differently and judge the same.
var requestDifferences = map[string]string{
	"redir-noloc":      "without a Location there is nowhere to go; the original asks itself again",
	"http-odd-loc-bad": "with a bad Location there is nowhere to go; the original asks itself again",
	"vh-unquoted":      "blanks behind the virtual host are not sent ([fix], checks 4.1)",
}

// requestOf returns what of a request matters to a server.
func requestOf(text string) string {
	lines := strings.Split(text, "\r\n")
	keep := slices.Clone(lines[:1])
	for _, l := range lines[1:] {
		if strings.HasPrefix(l, "Host:") || strings.HasPrefix(l, "Authorization:") {
			keep = append(keep, l)
		}
	}
	slices.Sort(keep)
	return strings.Join(keep, "\n")
}

func TestRecordedHTTP(t *testing.T) {
	t.Parallel()
	played := 0
	for _, file := range []string{"testdata/check-http.txt", "testdata/check-http_proxy.txt"} {
		for _, c := range readRecorded(t, file) {
			if c.verdict != "up" && c.verdict != "down" || strings.Contains(c.config, "service=pop") {
				continue // the daemon died; these are config errors of ours
			}
			overTLS := false
			for _, x := range c.exchanges {
				overTLS = overTLS || x.tls || strings.HasPrefix(x.server, "(")
			}
			if overTLS {
				continue // played by tests of their own
			}
			played++
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				result, s := c.play(t, func(request []byte) bool { return bytes.HasSuffix(request, []byte("\r\n\r\n")) })
				reason := httpDifferences[c.name]
				if same := result.Up == (c.verdict == "up"); same != (reason == "") {
					t.Errorf("up is %v (%q, %v), the original says %s; exception: %q", result.Up, result.Text, result.Err, c.verdict, reason)
				}
				if reason == "" && result.Up && result.Text != strings.TrimPrefix(c.log, "-") {
					t.Errorf("text %q, the original's %q", result.Text, c.log)
				}
				if result.Up == (result.Err != nil) {
					t.Errorf("up is %v with the reason %v", result.Up, result.Err)
				}
				if requestDifferences[c.name] != "" {
					return
				}
				// Some recordings show the second round of the original too.
				if s.used != len(c.exchanges) && (s.used == 0 || len(c.exchanges)%s.used != 0 || c.exchanges[s.used].client != c.exchanges[0].client) {
					t.Errorf("%d connections, the original made %d", s.used, len(c.exchanges))
				}
				for i, seen := range s.seen {
					if got, want := requestOf(seen), requestOf(c.exchanges[i].client); got != want {
						t.Errorf("request %d:\n%q\nthe original's:\n%q", i+1, got, want)
					}
				}
			})
		}
	}
	if played < 90 {
		t.Errorf("only %d cases were played", played)
	}
}
