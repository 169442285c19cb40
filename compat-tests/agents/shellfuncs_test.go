package agents_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// site is a site's script that uses what shellfuncs has to offer.
const site = `cd "$1"
printf 'keepalive 500ms # x\nudpport   694\n' >ha.cf
. "$2"
ha_log "info: hello  world"
ha_log "ERROR: bad"
ha_log "WARN: odd"
ha_debug "debug: detail"
HA_debug=0
ha_debug "debug: not asked for"
echo "parameters: $(ha_parameter keepalive), $(ha_parameter UDPPORT), $(ha_parameter nosuch)"
printf 't=x\ny=z\n' | ha_clustermsg
cat fifo
for action in status monitor start status monitor stop status print restart; do
	ha_pseudo_resource thing $action
	echo "$action $?"
done
Echo plain words
have_binary sh; echo "sh: $?"
have_binary nosuch-program; echo "nosuch: $?"
check_binary sh; echo "checked"
echo "$HA_DIR $HA_RCDIR $HA_RESOURCEDIR $HA_BIN $HA_VARRUN $HA_VARLOCK $HA_NOARCHBIN $HA_SBIN_DIR $HA_DOCDIR"
env | grep -c '^HA_LOGFILE=\|^HA_DEBUGLOG=\|^HA_FIFO=\|^HA_RCDIR='
cat log debug
(check_binary nosuch-program) >/dev/null 2>&1; echo "missing: $?"
`

// changing is what two runs do not share.
var changing = regexp.MustCompile(`\d{4}/\d\d/\d\d_\d\d:\d\d:\d\d|\[\d+\]|/tmp/\S*`)

// TestShellfuncs: a site's script finds the same functions and variables, with the
// resource agents installed and without.
func TestShellfuncs(t *testing.T) {
	if err := missing(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	ours, err := filepath.Abs("../../packaging/ha.d/shellfuncs")
	if err != nil {
		t.Fatal(err)
	}
	run := func(shell, funcs, root string) string {
		dir := t.TempDir()
		cmd := exec.Command(shell, "-c", site, "site", dir, funcs)
		cmd.Env = []string{
			"PATH=/usr/bin:/bin", "HA_debug=1", "HA_DATEFMT=%Y/%m/%d_%T\t", "OCF_ROOT=" + root,
			"HA_CF=" + dir + "/ha.cf", "HA_FIFO=" + dir + "/fifo", "HA_LOGFILE=" + dir + "/log", "HA_DEBUGLOG=" + dir + "/debug", "HA_RSCTMP=" + dir,
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", shell, funcs, err, out)
		}
		return changing.ReplaceAllString(string(out), "…")
	}
	want := run("/bin/sh", "/etc/ha.d/shellfuncs", "/usr/lib/ocf")
	for _, shell := range []string{"/bin/sh", "/bin/bash"} {
		for _, root := range []string{"/usr/lib/ocf", t.TempDir()} {
			if got := run(shell, ours, root); got != want {
				t.Errorf("%s, agents in %s: got\n%s\nwant\n%s", shell, root, got, want)
			}
		}
	}
}
