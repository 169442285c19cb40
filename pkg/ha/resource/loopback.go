package resource

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/netif"
)

// DefaultTmp is where agents keep what must outlive them; HA_RSCTMP in the
// environment names another place. It is the directory of current
// resource-agents, so that a loopback address which those have removed is
// restored by ours.
const DefaultTmp = "/var/run/resource-agents"

func (a *Agents) tmp() string {
	if a.Tmp == "" {
		return DefaultTmp
	}
	return a.Tmp
}

// removeLoopback takes the address off the loopback interfaces, where a director
// that is also a real server has it, and remembers it. With it there the kernel
// would not answer for the address on the wire as it should.
func (j job) removeLoopback(addrs []netif.Address) {
	host := netip.PrefixFrom(j.wish.ip, 32)
	for _, a := range addrs {
		if a.Prefix != host || !strings.HasPrefix(a.Interface, "lo") {
			continue
		}
		j.logf(logging.Info, "Removing conflicting loopback %s.", a.Interface)
		if err := remember(j.tmp(), a); err != nil {
			j.logf(logging.Error, "Could not save conflicting loopback %s. it will not be restored: %v", a.Interface, err)
		}
		if err := j.Host.Delete(a); err != nil && !errors.Is(err, netif.ErrAbsent) {
			j.logf(logging.Error, "%v", err)
		}
		if err := j.Host.DeleteRoute(a.Interface, host); err != nil && !errors.Is(err, netif.ErrAbsent) {
			j.logf(logging.Error, "%v", err)
		}
	}
}

// restoreLoopback puts a remembered address back.
func (j job) restoreLoopback() {
	path := filepath.Join(j.tmp(), j.wish.ip.String())
	text, err := os.ReadFile(path)
	if err != nil {
		return // nothing was remembered
	}
	a, err := parseRemembered(string(text))
	if err != nil {
		j.logf(logging.Error, "loopback address in %s: %v", path, err)
		return
	}
	j.logf(logging.Info, "Restoring loopback IP Address  %s.", strings.TrimSpace(string(text)))
	if err := j.Host.Add(a); err != nil && !errors.Is(err, netif.ErrExists) {
		j.logf(logging.Error, "%v", err)
		return
	}
	if err := os.Remove(path); err != nil {
		j.logf(logging.Warn, "%v", err)
	}
}

// remember writes the file in the form of the original, "address bits broadcast
// interface", and adds the label. Either side can restore from it.
func remember(dir string, a netif.Address) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	broadcast := "none"
	if a.Broadcast.IsValid() {
		broadcast = a.Broadcast.String()
	}
	text := fmt.Sprintf("%s %d %s %s", a.Prefix.Addr(), a.Prefix.Bits(), broadcast, a.Interface)
	if a.Label != "" && a.Label != a.Interface {
		text += " " + a.Label
	}
	return os.WriteFile(filepath.Join(dir, a.Prefix.Addr().String()), []byte(text+"\n"), 0o644)
}

func parseRemembered(text string) (netif.Address, error) {
	f := strings.Fields(text)
	if len(f) != 4 && len(f) != 5 {
		return netif.Address{}, fmt.Errorf("%q is not an address, a length, a broadcast address and an interface", text)
	}
	p, err := netip.ParsePrefix(f[0] + "/" + f[1])
	if err != nil {
		return netif.Address{}, err
	}
	a := netif.Address{Interface: f[3], Prefix: p}
	if f[2] != "none" {
		if a.Broadcast, err = netip.ParseAddr(f[2]); err != nil {
			return netif.Address{}, err
		}
	}
	if len(f) == 5 {
		a.Label = f[4]
	}
	return a, nil
}
