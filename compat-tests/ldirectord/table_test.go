package ldirectord

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/uml"
)

// TestTable has the tests of the package that reads the kernel's table run on a
// kernel.
func TestTable(t *testing.T) {
	uml.Require(t)
	dir := t.TempDir()
	build := exec.Command("go", "test", "-c", "-trimpath", "-o", filepath.Join(dir, "ipvs.test"), "lvsha/pkg/lvs/ipvs")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v\n%s", err, out)
	}
	const script = "ip link set lo up\nIPVS_TEST_KERNEL=1 exec /run/share/ipvs.test -test.v -test.run TestTheKernelsTable"
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	var console bytes.Buffer
	status, err := uml.Machine{Script: script, Share: dir, Console: &console}.Run(ctx)
	if err != nil || status != 0 || !strings.Contains(console.String(), "--- PASS: TestTheKernelsTable") {
		t.Fatalf("status %d, %v\n%s", status, err, console.String())
	}
}
