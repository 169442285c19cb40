package netif_test

import (
	"net"
	"os"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"lvsha/pkg/system/netif"
)

// inNamespace gives the test a network namespace of its own: the thread is
// locked and thrown away with the test's goroutine. lo is up; eth0 and its peer
// end are an up veth pair, eth0 with 10.88.0.3/24.
func inNamespace(t *testing.T) *netif.Host {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("root is needed for a network namespace")
		}
		t.Skip("root is needed for a network namespace")
	}
	runtime.LockOSThread() // never unlocked: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatalf("unshare network namespace: %v", err)
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "eth0"
	must(t, netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: "peer0"}))
	h, err := netif.Open()
	must(t, err)
	t.Cleanup(h.Close)
	for _, name := range []string{"lo", "eth0", "peer0"} {
		must(t, h.Up(name))
	}
	must(t, h.Add(netif.Address{Interface: "eth0", Prefix: prefix("10.88.0.3/24"), Broadcast: addr("10.88.0.255")}))
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func setDown(name string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetDown(l)
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func addDefault(name string, metric int) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{
		LinkIndex: l.Attrs().Index, Scope: netlink.SCOPE_LINK, Priority: metric,
		Dst: &net.IPNet{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
	})
}
