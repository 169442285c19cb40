package api_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
	"lvsha/pkg/ha/client"
	"lvsha/pkg/ha/message"
)

// hearsName is the name under which the test binary is a client of the daemon.
const hearsName = "hears"

// hears runs this process as a client that writes down what it hears, if it was
// started as one, and does not return then. Its arguments are a name, a filter and
// the file for what it hears.
func hears() {
	if filepath.Base(os.Args[0]) != hearsName {
		return
	}
	c, err := client.Dial("/run/heartbeat/register", os.Args[1], time.Now().Add(5*time.Second))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	mask, err := strconv.ParseUint(os.Args[2], 16, 64)
	if err != nil {
		os.Exit(1)
	}
	if err := c.Filter(mask); err != nil {
		fmt.Println("setfilter:", err)
		os.Exit(1)
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		os.Exit(1)
	}
	out, err := os.OpenFile(os.Args[3], os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		os.Exit(1)
	}
	for {
		m, err := c.Receive()
		if err != nil {
			os.Exit(0)
		}
		fmt.Fprintln(out, told(m))
	}
}

// told are the fields of a message: the values that are the same in every run, and
// the names of the others.
func told(m *message.Message) string {
	same := []string{"t", "src", "node", "ifname", "st", "info", "rsc_hold", "result", "from_id", "to_id", "reqtype", "dest", "subt"}
	var words []string
	for _, f := range m.Fields {
		if slices.Contains(same, f.Name) {
			words = append(words, f.Name+"="+string(f.Value))
		} else {
			words = append(words, f.Name)
		}
	}
	return strings.Join(words, " ")
}

// TestFilters has clients listen with every filter while a ping node goes and comes
// back and the other node dies and comes back: what they hear of the original they
// hear of ours, and those who watch what is not for them see the same kinds of it.
func TestFilters(t *testing.T) {
	t.Parallel()
	masks := []string{"1", "2", "4", "8", "10", "20"}
	var heard [2]map[string][]string
	for _, program := range []pair.Program{pair.Original, pair.Ours} {
		p := newPair(t, pair.Options{
			Programs: [2]pair.Program{program, program}, Second: true,
			// Ours acknowledge each other's messages once for a hundred.
			Keepalive: 100 * time.Millisecond,
			Media:     []string{"bcast eth0 eth1", "ping ROUTER"},
			Extra:     []string{"apiauth default uid=root"},
		})
		self, err := os.Executable()
		must(t, err)
		etc := filepath.Join(p.Master.Dir, "etc")
		must(t, run("cp", self, filepath.Join(etc, hearsName)))
		start(t, p)
		ctx, cancel := context.WithTimeout(context.Background(), 2*limit)
		defer cancel()
		lines := func(mask string) []string {
			text, err := os.ReadFile(filepath.Join(etc, "heard"+mask))
			if err != nil {
				return nil
			}
			return strings.Split(string(text), "\n")
		}
		wait := func(mask, line string) {
			t.Helper()
			for !slices.ContainsFunc(lines(mask), func(l string) bool { return strings.HasPrefix(l, line) }) {
				if ctx.Err() != nil {
					t.Fatalf("%s: filter %s never shows %q:\n%s", program, mask, line, strings.Join(lines(mask), "\n"))
				}
				_, _, err := p.Master.Run("/bin/sleep", "0.1")
				must(t, err)
			}
		}
		for _, m := range masks {
			must(t, p.Master.Sh("/etc/ha.d/hears hears"+m+" "+m+" /etc/ha.d/heard"+m+" >/dev/null 2>&1 &"))
			wait(m, "t=hbapi-clstat")
		}
		must(t, p.Master.CutLink())
		wait("1", "t=ifstat node="+pair.Router+" ifname="+pair.Router+" st=dead")
		wait("1", "t=ifstat node=standby ifname=eth0 st=dead")
		must(t, p.Master.HealLink())
		wait("1", "t=NS_st")
		wait("1", "t=ifstat node=standby ifname=eth0 st=up")
		wait("2", "t=NS_st")
		must(t, p.Standby.Kill())
		wait("1", "t=ifstat node=standby ifname=eth1 st=dead")
		must(t, p.Standby.Start())
		active := "t=status st=active dt protocol " + map[pair.Program]string{pair.Ours: "impl haresources "}[program] + "src=standby"
		wait("1", active)
		wait("2", active)
		wait("4", "t=NS_ackmsg")
		_, _, err = p.Master.Run("/usr/bin/cl_status", "rscstatus")
		must(t, err)
		wait("10", "t=hbapi-req reqtype=signoff")
		heard[program] = make(map[string][]string)
		for _, m := range masks {
			heard[program][m] = lines(m)
		}
		p.Close()
	}
	old, ours := heard[pair.Original], heard[pair.Ours]
	// News of each node in its order; how resources are settled is another matter.
	for _, who := range []string{"standby", pair.Router} {
		want, got := news(old["1"], who), news(ours["1"], who)
		if !slices.Equal(want, got) {
			t.Errorf("of %s clients hear\n%s\nof ours\n%s", who, strings.Join(want, "\n"), strings.Join(got, "\n"))
		}
	}
	for _, m := range []string{"2", "10", "20"} {
		if want, got := kinds(old[m]), kinds(ours[m]); !slices.Equal(want, got) {
			t.Errorf("filter %s shows\n%s\nof ours\n%s", m, strings.Join(want, "\n"), strings.Join(got, "\n"))
		}
	}
	// What else comes once more or is dropped depends on when it comes.
	for m, always := range map[string]string{"4": "NS_ackmsg src=master", "8": "status src=standby"} {
		want, got := kinds(old[m]), kinds(ours[m])
		if !slices.Contains(want, always) || !slices.Contains(got, always) {
			t.Errorf("filter %s shows\n%s\nof ours\n%s\nwithout %s", m, strings.Join(want, "\n"), strings.Join(got, "\n"), always)
		}
	}
}

// news are the lines about a node that are no part of the resource protocol. On
// which link a node that starts is heard first is left to chance.
func news(lines []string, who string) []string {
	var out []string
	for _, l := range lines {
		l = strings.NewReplacer(" impl", "", " haresources", "").Replace(l)
		of := strings.Contains(l, "node="+who+" ") || strings.Contains(l, "src="+who+" ")
		of = of && !(strings.HasPrefix(l, "t=ifstat node=standby ifname=eth") && strings.HasSuffix(l, " st=up"))
		if kind, _, _ := strings.Cut(l, " "); of && slices.Contains([]string{"t=status", "t=NS_st", "t=ifstat", "t=stonith"}, kind) {
			out = append(out, l)
		}
	}
	return out
}

// kinds are the types of messages, of requests with what is asked, and who sent
// them; each once.
func kinds(lines []string) []string {
	var out []string
	for _, l := range lines {
		var kind, src string
		for _, w := range strings.Fields(l) {
			switch name, value, _ := strings.Cut(w, "="); name {
			case "t", "reqtype":
				kind += value + " "
			case "src":
				src = "src=" + value
			}
		}
		if kind != "" {
			out = append(out, kind+src)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func run(argv ...string) error {
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%v: %w: %s", argv, err, out)
	}
	return nil
}
