package resource

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/netif"
)

// The burst of a detached sender.
const (
	sendRepeat   = 5
	sendInterval = 100 * time.Millisecond
)

// SendARPName is the name by which the heartbeat binary is RunSendARP.
const SendARPName = "send_arp"

// detached announces from a process that outlives the command.
type detached struct {
	tmp     string
	log     logging.Sink
	foreign bool // the address need not be on the interface
}

// Detached announces addresses from processes that outlive the caller. foreign:
// also such that are not on the interface. Their pid files lie in tmp, "" being
// what HA_RSCTMP names, or else DefaultTmp.
func Detached(tmp string, log logging.Sink, foreign bool) Announcer {
	if tmp == "" {
		tmp = tmpOf(os.Getenv)
	}
	return detached{tmp: tmp, log: log, foreign: foreign}
}

func (d detached) pidFile(ip netip.Addr) string {
	return filepath.Join(d.tmp, "send_arp-"+ip.String())
}

// Announce sends the first frames itself and leaves the rest to a new process.
func (d detached) Announce(device string, ip netip.Addr) error {
	d.Withdraw(device, ip)
	if err := netif.BurstForeign(context.Background(), device, ip, 1, 0); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(d.tmp, 0o755); err != nil {
		return err
	}
	pidFile := d.pidFile(ip)
	args := []string{
		"-i", strconv.Itoa(int(sendInterval.Milliseconds())), "-r", strconv.Itoa(sendRepeat - 1),
		"-p", pidFile, device, ip.String(), "auto", "not_used", "not_used",
	}
	if d.foreign {
		args = append([]string{"-f"}, args...)
	}
	d.log.Log(logging.Info, SendARPName+" "+strings.Join(args, " "))
	cmd := &exec.Cmd{
		Path: self,
		Args: append([]string{SendARPName}, args...),
		Env:  os.Environ(),
		Dir:  "/",
		// A session of its own: whoever ends the caller's group leaves it alone.
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s for %s: %w", SendARPName, ip, err)
	}
	// The parent writes the file too, so that a stop that follows at once
	// finds the sender.
	if err := writePid(pidFile, cmd.Process.Pid); err != nil {
		return err
	}
	return cmd.Process.Release()
}

// Withdraw ends a sender that is still running.
func (d detached) Withdraw(_ string, ip netip.Addr) {
	path := d.pidFile(ip)
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	_ = os.Remove(path)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid < 2 || !isSender(pid, ip) {
		return
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		d.log.Log(logging.Warn, "Could not kill previously running send_arp for "+ip.String())
		return
	}
	d.log.Log(logging.Info, "killed previously running send_arp for "+ip.String())
}

// isSender says whether a process is a sender for the address: the number may
// have gone to another process since the file was written.
func isSender(pid int, ip netip.Addr) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return false
	}
	args := strings.Split(string(line), "\x00")
	if baseName(args[0]) != SendARPName {
		return false
	}
	for _, a := range args {
		if a == ip.String() {
			return true
		}
	}
	return false
}

func writePid(path string, pid int) error {
	return os.WriteFile(path, []byte(strconv.Itoa(pid)+"\n"), 0o644)
}

// RunSendARP is the command
//
//	send_arp [-f] [-i interval-ms] [-r repeat] [-p pidfile] device address [mac|auto broadcast netmask]
//
// The last three words are taken as the original takes them: not used. It ends
// early when the address has gone from the device, but with -f.
func RunSendARP(args []string, stderr io.Writer) int {
	interval, repeat, pidFile := sendInterval, sendRepeat, ""
	fail := func(format string, v ...any) int {
		fmt.Fprintf(stderr, SendARPName+": "+format+"\n", v...)
		return 1
	}
	send := netif.Burst
	for len(args) > 1 && strings.HasPrefix(args[0], "-") {
		if args[0] == "-f" {
			send, args = netif.BurstForeign, args[1:]
			continue
		}
		value := args[1]
		n, err := strconv.Atoi(value)
		switch args[0] {
		case "-i":
			interval = time.Duration(n) * time.Millisecond
		case "-r":
			repeat = n
		case "-p":
			pidFile, err = value, nil
		default:
			return fail("unknown option %s", args[0])
		}
		if err != nil || n < 0 {
			return fail("option %s %s: not a number", args[0], value)
		}
		args = args[2:]
	}
	if len(args) != 2 && len(args) != 5 {
		return fail("usage: %s [-f] [-i interval-ms] [-r repeat] [-p pidfile] device address auto broadcast netmask", SendARPName)
	}
	ip, err := netip.ParseAddr(args[1])
	if err != nil {
		return fail("%v", err)
	}
	if pidFile != "" {
		if err := writePid(pidFile, os.Getpid()); err != nil {
			return fail("%v", err)
		}
		defer removeOwn(pidFile)
	}
	if err := send(context.Background(), args[0], ip, repeat, interval); err != nil {
		return fail("%v", err)
	}
	return 0
}

// removeOwn removes a pid file that still names this process.
func removeOwn(path string) {
	text, err := os.ReadFile(path)
	if err == nil && strings.TrimSpace(string(text)) == strconv.Itoa(os.Getpid()) {
		_ = os.Remove(path)
	}
}
