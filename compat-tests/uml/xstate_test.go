package uml

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestNeedsWholeState(t *testing.T) {
	for _, test := range []struct {
		name, cpuinfo string
		want          bool
	}{
		{"no AMX", "processor\t: 0\nflags\t\t: fpu avx512f pku\n", false},
		{"AMX", "processor\t: 0\nflags\t\t: fpu avx512f amx_bf16 amx_tile amx_int8\nprocessor\t: 1\n", true},
		{"only named in another line", "model name\t: amx_tile\nflags\t\t: fpu\n", false},
		{"another architecture", "Features\t: fp asimd\n", false},
	} {
		if got := needsWholeState(test.cpuinfo); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// TestGuestKeepsItsRegisters boots with the registers completed: programs of
// the guest that compute with them side by side come to the right sum.
func TestGuestKeepsItsRegisters(t *testing.T) {
	t.Parallel()
	Require(t)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	var out strings.Builder
	m := Machine{wholeState: true, Console: &out, Script: `
sum() { awk 'BEGIN { for (i = 1; i <= 300000; i++) s += 1 / (i * (i + 1)); printf "%.9f\n", s }'; }
sum & sum & sum & wait`}
	status, err := m.Run(ctx)
	if err != nil || status != 0 {
		t.Fatalf("status %d, %v", status, err)
	}
	if want := strings.Repeat("0.999996667\n", 3); out.String() != want {
		t.Errorf("the guest's sums:\n%swant:\n%s", out.String(), want)
	}
}
