package howto

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sort"
	"strconv"
	"strings"
)

// Memory is what all processes of one daemon on one director use, in KiB.
type Memory struct {
	Daemon    string
	Processes int
	RSS       int // sum of VmRSS: what the processes share is counted for each
	PSS       int // sum of Pss: what processes share is counted in parts
}

// memory weighs the daemons of a director: the processes of its pid namespace.
func (h *host) memory() ([]Memory, error) {
	space, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", h.keeper))
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	sums := make(map[string]*Memory)
	for _, e := range entries {
		dir := "/proc/" + e.Name()
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		if at, err := os.Readlink(dir + "/ns/pid"); err != nil || at != space {
			continue
		}
		cmdline, _ := os.ReadFile(dir + "/cmdline")
		name := daemon(string(cmdline))
		if name == "" {
			continue
		}
		rss, err1 := kilobytes(dir+"/status", "VmRSS:")
		pss, err2 := kilobytes(dir+"/smaps_rollup", "Pss:")
		if err := errors.Join(err1, err2); errors.Is(err, fs.ErrNotExist) {
			continue // it has just ended
		} else if err != nil {
			return nil, err
		}
		if sums[name] == nil {
			sums[name] = &Memory{Daemon: name}
		}
		sums[name].Processes++
		sums[name].RSS += rss
		sums[name].PSS += pss
	}
	var list []Memory
	for _, m := range sums {
		list = append(list, *m)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Daemon < list[j].Daemon })
	if len(list) == 0 {
		return nil, fmt.Errorf("no daemon runs on %s", h.name)
	}
	return list, nil
}

// kilobytes reads a line such as "VmRSS:   1234 kB".
func kilobytes(file, key string) (int, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) > 1 && words[0] == key {
			return strconv.Atoi(words[1])
		}
	}
	return 0, fmt.Errorf("%s: no %s", file, key)
}
