package director

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"lvsha/pkg/lvs/check"
)

// missingError is the original's warning about a file that has gone.
type missingError struct {
	pid  int
	path string
}

// Error implements error.
func (e *missingError) Error() string {
	return fmt.Sprintf("Warning [%d]: can not open file %s for checking", e.pid, e.path)
}

// shortName is what a node name must look like for its first label to count,
// ldirectord(8) maintenancedir.
var shortName = regexp.MustCompile(`^([a-z][a-z0-9-]+)\.`)

// reverseLimit bounds the lookup of a server's name.
const reverseLimit = 2 * time.Second

// inMaintenance says whether a file in the directory names the server: by
// address or by name, with or without its port. An empty directory needs no
// lookup of the name.
func inMaintenance(ctx context.Context, dir string, real netip.AddrPort) bool {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return false
	}
	found := false
	eachName(ctx, real, func(name string) bool {
		found = len(naming(dir, name, real.Port())) > 0
		return !found
	})
	return found
}

// MaintenanceFiles returns the files of a directory that take a server out of
// service. Those of its address come first.
func MaintenanceFiles(ctx context.Context, dir string, real netip.AddrPort) []string {
	var out []string
	eachName(ctx, real, func(name string) bool {
		out = append(out, naming(dir, name, real.Port())...)
		return true
	})
	return out
}

// eachName calls visit with the names that a file may have, apart from the port,
// until it returns false: the address, the name and the short name.
func eachName(ctx context.Context, real netip.AddrPort, visit func(name string) bool) {
	if !visit(check.Bracket(real.Addr())) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, reverseLimit)
	defer cancel()
	names, err := net.DefaultResolver.LookupAddr(ctx, real.Addr().String())
	if err != nil || len(names) == 0 {
		return
	}
	name := strings.TrimSuffix(names[0], ".")
	if m := shortName.FindStringSubmatch(name); visit(name) && m != nil {
		visit(m[1])
	}
}

// fileNames are those of a file for a host's name, with the port and without.
func fileNames(name string, port uint16) []string {
	return []string{fmt.Sprintf("%s:%d", name, port), name}
}

// naming returns the files of a directory with a name, with or without the port.
func naming(dir, name string, port uint16) (out []string) {
	for _, file := range fileNames(name, port) {
		path := filepath.Join(dir, file)
		if _, err := os.Stat(path); err == nil {
			out = append(out, path)
		}
	}
	return out
}
