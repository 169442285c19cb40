package ipvs

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
)

func TestOptionsAreLaidOutAsTheKernelsAre(t *testing.T) {
	t.Parallel()
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("sizes of 64 bits")
	}
	for name, sizes := range map[string][2]uintptr{
		"ip_vs_getinfo":       {unsafe.Sizeof(infoOption{}), 12},
		"ip_vs_get_services":  {unsafe.Sizeof(servicesHead{}), 8},
		"ip_vs_service_entry": {unsafe.Sizeof(serviceOption{}), 104},
		"ip_vs_get_dests":     {unsafe.Sizeof(destsHead{}), 24},
		"ip_vs_dest_entry":    {unsafe.Sizeof(destOption{}), 96},
	} {
		if sizes[0] != sizes[1] {
			t.Errorf("%s has %d bytes, want %d", name, sizes[0], sizes[1])
		}
	}
}

// kernelVariable has TestTheKernelsTable change the table of the kernel that it runs
// on. It is set in User-mode Linux, by TestTable of compat-tests/ldirectord.
const kernelVariable = "IPVS_TEST_KERNEL"

// made is a table with everything that a service and a server can have.
func made() plan.Table {
	tcp := func(addr string, port uint16) plan.Key { return plan.Key{Addr: netip.MustParseAddr(addr), Port: port} }
	table := make(plan.Table)
	add := func(s plan.Service, dests ...plan.Dest) {
		if s.Netmask == 0 {
			s.Netmask = plan.FullMask(s.IPv6)
		}
		table[s.Key] = plan.Entry{Service: s, Dests: plan.DestsOf(dests)}
	}
	server := func(addr string, forward config.Forward, weight, upper, lower int) plan.Dest {
		return plan.Dest{Addr: netip.MustParseAddrPort(addr), Forward: forward, Weight: weight, Upper: upper, Lower: lower}
	}
	web := server("10.1.0.1:80", config.Gate, 1, 0, 0)
	add(plan.Service{Key: tcp("10.9.0.1", 80), Scheduler: "rr"})
	add(plan.Service{Key: tcp("10.9.0.2", 80), Scheduler: "wlc"}, web,
		server("10.1.0.2:80", config.IPIP, 65535, 70000, 5), server("10.1.0.3:80", config.Gate, 0, 0, 0))
	add(plan.Service{Key: tcp("10.9.0.3", 8080), Scheduler: "wrr"},
		server("10.1.0.1:80", config.Masq, 2, 0, 0), server("10.1.0.1:8081", config.Masq, 3, 0, 0))
	udp := tcp("10.9.0.2", 80)
	udp.Protocol = config.UDP
	add(plan.Service{Key: udp, Scheduler: "rr", OnePacket: true}, web)
	add(plan.Service{Key: tcp("10.9.0.4", 0), Scheduler: "rr", Persistent: 300, Netmask: 0xffffff00},
		server("10.1.0.1:0", config.Gate, 1, 0, 0))
	add(plan.Service{Key: plan.Key{Protocol: config.FWM, Mark: 1}, Scheduler: "rr"}, server("10.1.0.1:0", config.Gate, 7, 0, 0))
	add(plan.Service{Key: plan.Key{Protocol: config.FWM, Mark: 1, IPv6: true}, Scheduler: "rr"},
		server("[2001:db8::1]:0", config.Gate, 8, 0, 0))
	six := tcp("2001:db8::9", 80)
	six.IPv6 = true
	add(plan.Service{Key: six, Scheduler: "rr"}, server("[2001:db8::1]:80", config.Gate, 1, 0, 0))
	var many []plan.Dest
	for i := range 600 {
		many = append(many, server(fmt.Sprintf("10.2.%d.%d:80", i/200, i%200+1), config.Gate, i, 0, 0))
	}
	add(plan.Service{Key: tcp("10.9.0.5", 80), Scheduler: "rr"}, many...)
	// Servers of the other family, through a tunnel.
	add(plan.Service{Key: tcp("10.9.0.6", 80), Scheduler: "rr"},
		server("10.1.0.1:80", config.IPIP, 1, 0, 0), server("[2001:db8::1]:80", config.IPIP, 1, 0, 0))
	return table
}

func TestTheKernelsTable(t *testing.T) {
	if os.Getenv(kernelVariable) == "" {
		t.Skip("changes the kernel's table")
	}
	k, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	want := made()
	for _, key := range want.Keys() {
		e := want[key]
		ops := []plan.Op{{Action: plan.AddService, Service: e.Service}}
		for _, d := range e.Dests {
			ops = append(ops, plan.Op{Action: plan.AddDest, Service: e.Service, Dest: d})
		}
		// What one way has set up the other one says is there already.
		for i, op := range ops {
			if err := k.Apply(op); err != nil {
				t.Fatal(err)
			}
			ops[i].Before = op.Dest
		}
		errs := k.ApplyAll(append(ops, ops[0]))
		for i := range len(ops) + 1 {
			if errs == nil || !errors.Is(errs[i], syscall.EEXIST) {
				t.Fatalf("%s of %s again: %v", ops[i%len(ops)].Action, key, errs)
			}
		}
		var off []plan.Op
		for _, op := range ops[1:] {
			op.Action = plan.DeleteDest
			off = append(off, op)
		}
		off = append(off, plan.Op{Action: plan.DeleteService, Service: e.Service})
		if errs := k.ApplyAll(off); errs != nil {
			t.Fatalf("delete %s: %v", key, errs)
		}
		// In the middle of what it takes is what it refuses.
		refused := plan.Op{Action: plan.EditDest, Service: e.Service, Dest: plan.Dest{Addr: netip.MustParseAddrPort("10.99.0.1:80")}}
		if key.IPv6 {
			refused.Dest.Addr = netip.MustParseAddrPort("[2001:db8:99::1]:80")
		}
		at := len(ops) / 2
		mixed := slices.Insert(slices.Clone(ops), at+1, refused)
		errs = k.ApplyAll(mixed)
		for i := range mixed {
			if want := i == at+1; errs == nil || (errs[i] != nil) != want || want && !errors.Is(errs[i], syscall.ENOENT) {
				t.Fatalf("%d of %d operations on %s: %v", i, len(mixed), key, errs)
			}
		}
	}
	got, err := k.Table()
	if err != nil {
		t.Fatal(err)
	}
	sizes, all := k.options.sizes()
	for key, e := range want {
		all -= sizes[key]
		if got[key].Service != e.Service || !slices.Equal(got[key].Dests, e.Dests) {
			t.Errorf("%s is read as %v, want %v", key, got[key], e)
		}
		listed, err := k.raw.dests(nil, e.Service)
		if err != nil || !slices.Equal(plan.DestsOf(listed), e.Dests) {
			t.Errorf("%s is listed as %v, %v, want %v", key, listed, err, e.Dests)
		}
		n, ok := sizes[key]
		if ok == key.IPv6 || ok && n != len(e.Dests) {
			t.Errorf("%s has %d servers, %t, want %d", key, n, ok, len(e.Dests))
		}
		if key.IPv6 {
			continue
		}
		mixed := key.Addr == netip.MustParseAddr("10.9.0.6")
		if counted, err := k.options.dests(nil, key, n); errors.Is(err, errNotAsCounted) != mixed || !mixed && !slices.Equal(plan.DestsOf(counted), e.Dests) {
			t.Errorf("%s is counted as %v, %v, want %v", key, counted, err, e.Dests)
		}
		// A server that came or went after they were counted.
		for _, other := range []int{n - 1, n + 1} {
			if _, err := k.options.dests(nil, key, max(0, other)); other >= 0 && !mixed && !errors.Is(err, errNotAsCounted) {
				t.Errorf("%d servers of %s are found where %d are: %v", other, key, n, err)
			}
		}
	}
	if all != 0 {
		t.Errorf("%d servers of no service", all)
	}
	gone := plan.Key{Addr: netip.MustParseAddr("10.9.0.99"), Port: 80}
	if _, err := k.options.dests(nil, gone, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("servers of a service that is not there: %v", err)
	}
}
