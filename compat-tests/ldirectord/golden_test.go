package ldirectord

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// differences are the steps in which the recording shows a defect of the
// original, with what a replacement has to do instead.
var differences = map[string]struct {
	reason string
	table  string   // instead of the recorded one
	cli    []string // instead of the recorded ones
}{
	"21-reload-syntax-error/03-server-dies-afterwards": {
		reason: "a failed reload does not stop the checks",
		table:  "-A -t 10.9.0.1:80 -s wrr\n-a -t 10.9.0.1:80 -r 10.1.0.12:80 -g -w 1",
	},
	"21-reload-syntax-error/04-reload-command": {
		reason: "a failed reload does not stop the checks",
		table:  "-A -t 10.9.0.1:80 -s wrr\n-a -t 10.9.0.1:80 -r 10.1.0.12:80 -g -w 1",
	},
	"21-reload-syntax-error/05-fixed": {
		reason: "the dead server was out all the time",
		table:  "-A -t 10.9.0.1:80 -s wrr\n-a -t 10.9.0.1:80 -r 10.1.0.12:80 -g -w 1",
	},
	"21-reload-syntax-error/06-stop": {reason: "a failed reload keeps the pid file, so that stop finds the daemon", table: noTable},
}

// noTable stands for an empty table, which is not the same as none given.
const noTable = "(empty)"

// commandsRun is what the commands of a scenario must have written after each
// step; the recording shows the chatter of the original at start and reload.
var commandsRun = map[string]string{
	"03-fallbackcommand/01-start-all-up":       "global stop 10.9.0.1:53 udp, global stop 7 fwm, local stop 10.9.0.1:80 tcp",
	"03-fallbackcommand/02-all-down":           "global start 10.9.0.1:53 udp, global start 7 fwm, local start 10.9.0.1:80 tcp",
	"03-fallbackcommand/03-recover":            "global stop 10.9.0.1:53 udp, global stop 7 fwm, local stop 10.9.0.1:80 tcp",
	"03-fallbackcommand/04-all-down-again":     "global start 10.9.0.1:53 udp, global start 7 fwm, local start 10.9.0.1:80 tcp",
	"03-fallbackcommand/05-reload-while-down":  "",
	"03-fallbackcommand/06-stop-while-down":    "",
	"03-fallbackcommand/07-start-all-down":     "global start 10.9.0.1:53 udp, global start 7 fwm, local start 10.9.0.1:80 tcp",
	"03-fallbackcommand/08-stop":               "",
	"16-autoreload/02-config-changed":          "callback /etc/ha.d/ldirectord.cf",
	"16-autoreload/03-touched-only":            "",
	"16-autoreload/04-autoreload-switched-off": "callback /etc/ha.d/ldirectord.cf",
}

const (
	installedConfig = "/etc/ha.d/ldirectord.cf"
	commandLog      = "/run/ldtest/cmd.log"
	hold            = 1200 * time.Millisecond // more than a check interval of the scenarios
	patience        = 2 * time.Minute         // a bound: in a bad hour the guest is several times slower
)

func (s *scene) playGolden() error {
	if err := s.install("ldirectord.cf"); err != nil {
		return err
	}
	scripts, err := filepath.Glob(filepath.Join(s.dir, "*.sh"))
	if err != nil {
		return err
	}
	for _, script := range scripts {
		if err := copyTo(script, filepath.Join("/run/ldtest", filepath.Base(script)), 0o755); err != nil {
			return err
		}
	}
	steps, err := os.ReadFile(filepath.Join(s.dir, "steps.txt"))
	if err != nil {
		return err
	}
	for _, line := range strings.Split(string(steps), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, verbs, ok := strings.Cut(line, ": ")
		if !ok {
			return fmt.Errorf("bad step %q", line)
		}
		if err := s.step(name, verbs); err != nil {
			return err
		}
	}
	return nil
}

// step carries out the verbs of a step and compares what follows.
func (s *scene) step(name, verbs string) error {
	begun := time.Now()
	content, err := os.ReadFile(filepath.Join(s.dir, "expected-"+name+".txt"))
	if err != nil {
		return err
	}
	expected := sections(string(content))
	o := outcome{Scene: s.name, Step: name}
	s.cli = nil
	_ = os.Remove(commandLog)
	for _, verb := range strings.Split(verbs, "; ") {
		if err := s.do(verb); err != nil {
			o.Problems = append(o.Problems, err.Error())
		}
	}
	key := s.name + "/" + name
	want := normal(expected["ipvsadm -Sn"])
	difference, differs := differences[key]
	if differs {
		want = strings.TrimSuffix(difference.table, noTable)
	}
	got, ok := untilTable(want, hold, patience)
	if !ok {
		o.Problems = append(o.Problems, fmt.Sprintf("the table is\n%s\nwant\n%s", got, want))
	}
	if listing := expected["ipvsadm -Ln"]; !differs && ok && normal(listing) != ipvsadm("-Ln") {
		o.Problems = append(o.Problems, fmt.Sprintf("the listing is\n%s\nwant\n%s", ipvsadm("-Ln"), normal(listing)))
	}
	if listing, given := expected["ipvsadm -Ln --thresholds"]; given && normal(listing) != ipvsadm("-Ln", "--thresholds") {
		o.Problems = append(o.Problems, fmt.Sprintf("the thresholds are\n%s\nwant\n%s", ipvsadm("-Ln", "--thresholds"), normal(listing)))
	}
	o.Problems = append(o.Problems, s.compareCLI(expected["cli"])...)
	o.Problems = append(o.Problems, compareCommands(key)...)
	if len(o.Problems) > 0 {
		log, _ := os.ReadFile("/var/log/ldirectord.log")
		o.Problems = append(o.Problems, fmt.Sprintf("log:\n%s", log))
	}
	o.Seconds = time.Since(begun).Seconds()
	s.outcomes = append(s.outcomes, o)
	return nil
}

// sections takes an expected-*.txt apart.
func sections(content string) map[string]string {
	parts := make(map[string]string)
	name := ""
	for _, line := range strings.Split(content, "\n") {
		if after, ok := strings.CutPrefix(line, "== "); ok {
			name = after
			parts[name] = ""
			continue
		}
		parts[name] += line + "\n"
	}
	return parts
}

// compareCLI compares the exit statuses of the step's commands.
func (s *scene) compareCLI(recorded string) []string {
	var want []string
	for _, line := range strings.Split(recorded, "\n") {
		if strings.Contains(line, " -> exit ") {
			want = append(want, line)
		}
	}
	if got := strings.Join(s.cli, "\n"); got != strings.Join(want, "\n") {
		return []string{fmt.Sprintf("commands:\n%s\nwant\n%s", got, strings.Join(want, "\n"))}
	}
	return nil
}

// compareCommands waits for what callbacks and fallback commands write.
func compareCommands(key string) []string {
	want, given := commandsRun[key]
	if !given {
		return nil
	}
	got, ok := until(want, 0, patience, func() string {
		content, _ := os.ReadFile(commandLog)
		lines := strings.Split(strings.ReplaceAll(strings.TrimSpace(string(content)), "fbcmd ", ""), "\n")
		slices.Sort(lines)
		return strings.Join(lines, ", ")
	})
	if !ok {
		return []string{fmt.Sprintf("commands run:\n%s\nwant\n%s", got, want)}
	}
	return nil
}

// do carries out one verb of the recording.
func (s *scene) do(verb string) error {
	word, rest, _ := strings.Cut(verb, " ")
	words := strings.Fields(rest)
	switch word {
	case "start", "stop", "restart", "try-restart", "reload":
		s.ldirectord(word)
	case "down", "up":
		return s.mark(word == "down", words)
	case "config":
		return s.install(rest)
	case "backends":
		return s.startBackends(words)
	case "ipvsadm":
		return run("/usr/sbin/ipvsadm", words...)
	case "touch":
		return run("touch", words...)
	case "rm":
		return run("rm", words...)
	case "sh":
		if strings.HasPrefix(rest, "pkill") {
			return nil // a child process, of which ours has none
		}
		return run("/bin/sh", "-c", rest)
	case "wait", "quiet", "smtpsink":
		// Times of the recorder; mail is tested elsewhere.
	default:
		return fmt.Errorf("unknown verb %q", verb)
	}
	return nil
}

// ldirectord runs a command of the daemon and keeps its exit status.
func (s *scene) ldirectord(command string) {
	cmd := exec.Command("ldirectord", "ldirectord.cf", command)
	_, err := cmd.CombinedOutput()
	status := cmd.ProcessState.ExitCode()
	if err != nil && status < 0 {
		status = -1
	}
	s.cli = append(s.cli, fmt.Sprintf("ldirectord ldirectord.cf %s -> exit %d", command, status))
}

// install puts a file of the scenario in place of the configuration.
func (s *scene) install(name string) error {
	return copyTo(filepath.Join(s.dir, name), installedConfig, 0o644)
}

func copyTo(from, to string, mode os.FileMode) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, mode)
}

// mark makes real servers fail, or answer again.
func (s *scene) mark(down bool, servers []string) error {
	for _, server := range servers {
		file := filepath.Join("/run/ldtest/down", server)
		if b := s.backends[server]; b != nil {
			if err := b.set(!down); err != nil {
				return err
			}
		}
		var err error
		if down {
			err = os.WriteFile(file, nil, 0o644)
		} else {
			err = os.Remove(file)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func run(program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %v: %w\n%s", program, args, err, out)
	}
	return nil
}
