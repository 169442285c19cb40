package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lvsha/pkg/system/logging"
)

// umountTries bounds how often a busy file system is unmounted; those that use it
// are asked to end before the first half of them and killed before the others.
const umountTries = 6

// fileSystem is Filesystem: the OCF agent where it is installed, which knows
// clustered file systems, file system checks and quotas, else mount and umount.
func (c *call) fileSystem(action string) int {
	path := filepath.Join(ocfRoot(), "resource.d", "heartbeat", c.name)
	if i, err := os.Stat(path); err == nil && i.Mode()&0o111 != 0 {
		return c.agent(action)
	}
	dir := filepath.Clean(c.values["directory"])
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	mounted, err := mountsBelow(dir)
	if err != nil {
		c.refuse("%v", err)
		return failed
	}
	up := slices.Contains(mounted, dir)
	switch action {
	case "start":
		if up {
			c.logf(logging.Info, "Filesystem %s is already mounted.", dir)
			return success
		}
		return c.mount(dir)
	case "stop":
		for i := len(mounted) - 1; i >= 0; i-- {
			if err := c.unmount(mounted[i]); err != nil {
				c.refuse("%v", err)
				return failed
			}
		}
		return success
	}
	if up {
		return success
	}
	return notRunning
}

func (c *call) mount(dir string) int {
	device, kind, options := c.values["device"], c.values["fstype"], c.values["options"]
	if err := os.MkdirAll(dir, 0o755); err != nil {
		c.refuse("Couldn't create directory [%s] to use as a mount point: %v", dir, err)
		return notInstalled
	}
	// A path that is to be a device must be one; there are other ways to name what
	// is mounted.
	if strings.HasPrefix(device, "/") && !strings.Contains(","+options+",", ",bind,") && kind != "none" {
		if _, err := os.Stat(device); err != nil {
			c.refuse("Couldn't find device [%s]. Expected /dev/??? to exist", device)
			return notInstalled
		}
	}
	var args []string
	if kind != "" {
		args = append(args, "-t", kind)
	}
	if options != "" {
		args = append(args, "-o", options)
	}
	if _, err := c.tool("mount", append(args, device, dir)...); err != nil {
		c.refuse("Couldn't mount device [%s] as %s: %v", device, dir, err)
		return failed
	}
	return success
}

// unmount takes a file system off its directory; who still uses it is ended.
func (c *call) unmount(dir string) error {
	var err error
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for try := range umountTries {
		c.logf(logging.Info, "Trying to unmount %s", dir)
		if _, err = c.tool("umount", dir); err == nil {
			c.logf(logging.Info, "unmounted %s successfully", dir)
			return nil
		}
		c.logf(logging.Error, "Couldn't unmount %s, giving processes time to end: %v", dir, err)
		signal := syscall.SIGTERM
		if try >= umountTries/2 {
			signal = syscall.SIGKILL
		}
		for _, pid := range users(dir) {
			c.logf(logging.Warn, "sending signal %s to process %d, which uses %s", signal, pid, dir)
			_ = syscall.Kill(pid, signal)
		}
		select {
		case <-tick.C:
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
	}
	return fmt.Errorf("Couldn't unmount %s: %w", dir, err) //lint:ignore ST1005 legacy log text
}

// mountsBelow lists where something is mounted at a directory or below it, in the
// order of mounting.
func mountsBelow(dir string) ([]string, error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, line := range strings.Split(string(text), "\n") {
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		if at := unescape(f[4]); at == dir || strings.HasPrefix(at, strings.TrimSuffix(dir, "/")+"/") {
			out = append(out, at)
		}
	}
	return out, nil
}

// unescape reads the octal escapes of mountinfo.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// users are the processes, other than this one, that have something below dir open,
// run or stand in. They are found by path: a bind mount has the device number of
// the file system that it shows a part of.
func users(dir string) []int {
	var pids []int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid < 2 || pid == os.Getpid() {
			continue
		}
		if uses(filepath.Join("/proc", e.Name()), dir) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func uses(proc, dir string) bool {
	links := []string{"cwd", "root", "exe"}
	for _, d := range []string{"fd", "map_files"} {
		entries, _ := os.ReadDir(filepath.Join(proc, d)) // none if it has ended
		for _, e := range entries {
			links = append(links, filepath.Join(d, e.Name()))
		}
	}
	for _, l := range links {
		to, err := os.Readlink(filepath.Join(proc, l))
		if err == nil && (to == dir || strings.HasPrefix(to, dir+"/")) {
			return true
		}
	}
	return false
}
