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
	address := check.Bracket(real.Addr())
	if exists(dir, address, real.Port()) {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, reverseLimit)
	defer cancel()
	names, err := net.DefaultResolver.LookupAddr(ctx, real.Addr().String())
	if err != nil || len(names) == 0 {
		return false
	}
	name := strings.TrimSuffix(names[0], ".")
	if exists(dir, name, real.Port()) {
		return true
	}
	m := shortName.FindStringSubmatch(name)
	return m != nil && exists(dir, m[1], real.Port())
}

func exists(dir, name string, port uint16) bool {
	for _, file := range []string{fmt.Sprintf("%s:%d", name, port), name} {
		if _, err := os.Stat(filepath.Join(dir, file)); err == nil {
			return true
		}
	}
	return false
}
