package status_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/uml"
	"lvsha/pkg/lvs/ipvs"
	"lvsha/pkg/lvs/plan"
)

// tableVariable has the test binary read a table of 1,000 servers and say what that
// cost.
const tableVariable = "STATUS_TEST_TABLE"

const (
	tableServices = 100
	tableServers  = 10 // of each
)

// readTables is the process in User-mode Linux.
func readTables() error {
	kernel, err := ipvs.Open()
	if err != nil {
		return err
	}
	for s := range tableServices {
		service := plan.Service{
			Key: plan.Key{Addr: netip.AddrFrom4([4]byte{10, 9, byte(s), 1}), Port: 80}, Scheduler: "wrr", Netmask: plan.FullMask(false),
		}
		if err := kernel.Apply(plan.Op{Action: plan.AddService, Service: service}); err != nil {
			return err
		}
		for d := range tableServers {
			dest := plan.Dest{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(s), byte(d + 1)}), 80), Weight: 1}
			if err := kernel.Apply(plan.Op{Action: plan.AddDest, Service: service, Dest: dest}); err != nil {
				return err
			}
		}
	}
	reader := ipvs.NewReader()
	defer reader.Close()
	usage, err := reader.Usage()
	if err == nil && (len(usage) != tableServices || len(usage[0].Dests) != tableServers) {
		err = fmt.Errorf("%d services", len(usage))
	}
	return err
}

// BenchmarkTable counts what it takes to read a table of 1,000 servers from a real
// kernel, for a status: calls and bytes. Times of User-mode Linux say nothing.
func BenchmarkTable(b *testing.B) {
	uml.Require(b)
	share := b.TempDir()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	if out, err := exec.Command("cp", self, filepath.Join(share, "reader")).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	const script = "export " + tableVariable + "=1\nstrace -f -e trace=sendto,recvmmsg -o /run/share/calls /run/share/reader"
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	var out strings.Builder
	if status, err := (uml.Machine{Script: script, Share: share, Console: &out}).Run(ctx); err != nil || status != 0 {
		b.Fatalf("status %d, %v\n%s", status, err, out.String())
	}
	calls, err := os.ReadFile(filepath.Join(share, "calls"))
	if err != nil {
		b.Fatal(err)
	}
	// The table was made by one socket, and is read by the last.
	sockets := regexp.MustCompile(`(?:sendto|recvmmsg)\((\d+),`).FindAllStringSubmatch(string(calls), -1)
	last := sockets[len(sockets)-1][1]
	var sent, received, bytes int
	size := regexp.MustCompile(`msg_len=(\d+)`)
	for _, call := range regexp.MustCompile(`(sendto|recvmmsg)\((\d+),.* = \d+`).FindAllStringSubmatch(string(calls), -1) {
		switch {
		case call[2] != last:
		case call[1] == "sendto":
			sent++
		default:
			received++
			for _, message := range size.FindAllStringSubmatch(call[0], -1) {
				n, _ := strconv.Atoi(message[1])
				bytes += n
			}
		}
	}
	b.ReportMetric(float64(sent), "requests")
	b.ReportMetric(float64(received), "answers")
	b.ReportMetric(float64(bytes)/1000, "kB")
}
